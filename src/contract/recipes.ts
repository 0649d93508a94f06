import { z } from 'zod';
import { experimentSchema } from './experiment';
import { splits } from './datasets';

const measure = z.strictObject({ metric: z.string().min(1), split: z.enum(splits) });
const bounds = { atLeast: z.number().optional(), atMost: z.number().optional() };

/** A check is a predicate over a run's evaluations; recipes and rubrics use the same ones. */
export const checkSchema = z.discriminatedUnion('check', [
  z.strictObject({ check: z.literal('within'), title: z.string().min(1), of: measure, ...bounds }),
  z.strictObject({ check: z.literal('ratio'), title: z.string().min(1), of: measure, to: measure, ...bounds }),
]);
export type Check = z.output<typeof checkSchema>;

export const recipeSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]+$/),
  title: z.string().min(1),
  /** Which lectures show it, by number. */
  lectures: z.array(z.string()).min(1),
  /** What the lecture claims, in one sentence. */
  claim: z.string().min(1),
  /** What to look at, in one or two sentences. */
  lookAt: z.string().min(1),
  minutes: z.number().positive(),
  experiment: experimentSchema,
  checks: z.array(checkSchema).min(1),
});
export type Recipe = z.output<typeof recipeSchema>;
