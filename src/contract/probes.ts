import { z } from 'zod';
import { splits, type Pictures } from './datasets';

const range = { split: z.enum(splits), offset: z.int().min(0), count: z.int().min(1).max(100_000) };

/** A question to a model, at whatever step it stands. Answered between two training steps. */
export const probeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('encode'), ...range }),
  /** codes: `count` x latent size, row-major. */
  z.strictObject({ kind: z.literal('decode'), count: z.int().min(1).max(10_000), codes: z.instanceof(Float32Array) }),
  z.strictObject({ kind: z.literal('reconstruct'), ...range }),
  z.strictObject({ kind: z.literal('sample'), count: z.int().min(1).max(1024), temperature: z.number().min(0).max(2), seed: z.int().min(0).max(2 ** 31 - 1) }),
]);
export type Probe = z.output<typeof probeSchema>;
export type ProbeKind = Probe['kind'];

export interface ProbeAnswers {
  /** Posterior means (or the codes themselves, where there is no posterior), `count` x latentSize, with labels where there are any. */
  encode: { latentSize: number; means: Float32Array; standardDeviations: Float32Array | null; labels: Uint16Array | null };
  /** The decoder's mean. */
  decode: { pictures: Pictures };
  /** `keptClass[i]` is 1 when the classifier gives the output the label of the input; null without labels. */
  reconstruct: { inputs: Pictures; outputs: Pictures; labels: Uint16Array | null; keptClass: Uint8Array | null; classifier: string | null };
  sample: { pictures: Pictures };
}

/** `step` is the step the answer belongs to; `milliseconds` what it cost the engine. */
export type ProbeAnswer<K extends ProbeKind = ProbeKind> = { kind: K; step: number; milliseconds: number } & ProbeAnswers[K];
