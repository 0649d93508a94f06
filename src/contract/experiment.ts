import { z } from 'zod';
import { described } from './settings';

/** How grey values become what the model sees. Likelihoods under different protocols never compare. */
export const binarisations = ['none', 'dynamic', 'static', 'threshold'] as const;
export type Binarisation = (typeof binarisations)[number];

/** What each protocol is called wherever a number is shown. */
export const protocolNames: Record<Binarisation, string> = {
  none: 'grey',
  dynamic: 'dynamic binarisation',
  static: 'static binarisation, own draw',
  threshold: 'thresholded at 0.5',
};

/**
 * The protocol of an experiment on a data set: only pictures in grey are binarised. "Static binarisation" alone is that of somebody's files, as Larochelle and Murray's (2011),
 * by which published numbers compare; an own draw by seed 0 is another, and pictures that were made of two values are neither.
 */
export function protocolOf(binarisation: Binarisation, data: { kind: 'pictures' | 'table'; binary: boolean; builtIn: boolean } | null): string {
  if (data?.kind === 'table') return 'table';
  if (data?.binary) return data.builtIn ? 'binary data' : 'static binarisation';
  return protocolNames[binarisation];
}

/** How a training step is run; `auto` keeps the faster of the graph and XLA. */
export const compileModes = ['graph', 'xla', 'auto', 'off'] as const;
export type CompileMode = (typeof compileModes)[number];

/** How the learning rate goes down over the run's steps. */
export const schedules = ['constant', 'linear', 'cosine'] as const;
export type Schedule = (typeof schedules)[number];

export const trainingSchema = z.strictObject({
  steps: described(z.int().min(1).max(100_000_000).default(10_000), { title: 'Length', unit: 'steps', help: 'Runs are compared at equal steps.' }),
  batch: described(z.int().min(1).max(65_536).default(100), { title: 'Batch', unit: 'examples', help: 'Examples per step. The last, smaller batch of an epoch is left out.' }),
  learningRate: described(z.number().positive().max(10).default(1e-3), { title: 'Learning rate', unit: 'Adam', help: 'Step size of Adam (beta1 0.9, beta2 0.999, epsilon 1e-8).' }),
  schedule: described(z.enum(schedules).default('constant'), { title: 'Schedule', help: 'Of the learning rate: constant, or down to nearly nothing at the last step, by a line or by half a cosine wave.' }),
  warmUp: described(z.int().min(0).max(1_000_000).default(0), { title: 'Warm-up', unit: 'steps', help: 'The learning rate rises in a line from nearly nothing over so many first steps.' }),
  clipNorm: described(z.number().min(0).default(0), { title: 'Clip gradient', unit: 'norm', help: 'A gradient whose norm, over all parameters, is larger is scaled down to it. 0: never.' }),
  skipNorm: described(z.number().min(0).default(0), { title: 'Skip step', unit: 'norm', help: 'A step whose gradient has a larger norm changes no parameter. 0: none is skipped.' }),
  weightDecay: described(z.number().min(0).max(1).default(0), { title: 'Weight decay', unit: 'L2', help: 'So many times every parameter is added to its gradient, after clipping: the loss is then larger by half of that times the squared norm of all parameters. Not the decoupled decay of AdamW. 0: none.' }),
  averaging: described(z.number().min(0).max(0.999999).default(0), { title: 'Averaging', unit: 'decay', help: 'Keeps an exponential moving average of the parameters; what is measured, shown and exported is the average. 0: the parameters themselves.' }),
  keepBest: described(z.boolean().default(false), { title: 'Keep the best', help: 'After training the parameters are those of the evaluation with the smallest loss on the validation split (up to 10,000 examples, any weights in the loss as they are at the end); they are what is measured, shown and exported.' }),
  patience: described(z.int().min(0).max(1_000_000).default(0), { title: 'Patience', unit: 'evaluations', help: 'Of a run that keeps the best: after so many evaluations without a smaller loss it ends. 0: it never ends before its length.' }),
  compile: described(z.enum(compileModes).default('graph'), { title: 'Compile', help: 'A step as one native call: the plain graph; XLA, which takes longer to start; auto, which times both; or off, op by op. On WebAssembly always off.' }),
  evaluateEvery: described(z.int().min(1).max(1_000_000).default(100), { title: 'Evaluate every', unit: 'steps', help: 'How often the held-out curve gets a point.' }),
});
export type Training = z.output<typeof trainingSchema>;

/** One training run, whole: the file the command line takes, what the form makes, what the store keeps. */
export const experimentSchema = z.strictObject({
  name: z.string().trim().min(1).max(120).optional(),
  model: z.string().min(1).max(64),
  data: z.string().min(1).max(64),
  binarisation: z.enum(binarisations).default('none'),
  /** The model's own settings; parsed again by the model's schema. */
  settings: z.record(z.string().max(64), z.union([z.number(), z.string().max(200), z.boolean(), z.array(z.number()).max(64)])).default({}),
  training: trainingSchema.prefault({}),
  seed: z.int().min(0).max(2 ** 31 - 1).default(0),
});
/** As a person may write it: everything with a default may be left out. */
export type ExperimentInput = z.input<typeof experimentSchema>;
/** With every default filled in. */
export type Experiment = z.output<typeof experimentSchema>;
