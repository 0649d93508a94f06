import { z } from 'zod';
import { fetchSchema, importSchema, splits, type DatasetInfo, type DatasetPage, type ImportPreview, type PublicSet } from './datasets';
import { experimentSchema } from './experiment';
import type { ElboError } from './errors';
import { measurementSchema } from './measurements';
import type { ModelInfo } from './models';
import { probeSchema, type ProbeAnswer } from './probes';
import type { Execution, Recipe } from './recipes';
import type { Curve, Evaluation, RunDetail, RunSummary } from './runs';
import type { Doctor, Preferences, SystemInfo } from './system';

const none = z.strictObject({});
const id = z.string().min(1).max(64);
const run = z.strictObject({ id });

/** Everything a person can do, once: the parameters of every request. The window, a browser tab and the command line call these. */
export const requests = {
  'system.info': none,
  'system.doctor': none,
  'preferences.get': none,
  'preferences.set': z.strictObject({
    theme: z.enum(['system', 'light', 'dark']).optional(),
    onClose: z.enum(['ask', 'keep-training', 'stop-and-quit']).optional(),
  }),
  'models.list': none,
  'recipes.list': none,
  /** Why files of recipes are not in the list. */
  'recipes.problems': none,
  /** Queues every run of a recipe, and measures each when it is done; `execution` events tell how far it is. `seed`: with that one alone. `full`: in the size for a GPU. */
  'recipes.start': z.strictObject({ id, seed: z.int().min(0).max(2 ** 31 - 1).optional(), full: z.boolean().default(false) }),
  'recipes.execution': z.strictObject({ execution: id }),
  /** Stops its runs and its measuring. */
  'recipes.stop': z.strictObject({ execution: id }),
  /** Measures all its runs once more. */
  'recipes.measure': z.strictObject({ execution: id }),
  'datasets.list': none,
  'datasets.page': z.strictObject({ id, split: z.enum(splits), offset: z.int().min(0), count: z.int().min(1).max(1000) }),
  'datasets.preview': importSchema,
  'datasets.import': importSchema,
  /** The public sets that can be fetched. */
  'datasets.sources': none,
  /** Downloads a public set and imports it; `progress` events of `fetch ID` count bytes. `datasets.cancelImport` ends it. */
  'datasets.fetch': fetchSchema,
  /** Ends the import of that id, which is then refused with `cancelled` and leaves nothing behind. */
  'datasets.cancelImport': z.strictObject({ id }),
  'datasets.remove': z.strictObject({ id }),
  'runs.list': none,
  'runs.get': run,
  'runs.create': z.strictObject({ experiment: experimentSchema }),
  /** Is refused as `runs.create` would be, and creates nothing. */
  'runs.check': z.strictObject({ experiment: experimentSchema }),
  'runs.pause': run,
  'runs.continue': run,
  'runs.stop': run,
  'runs.resume': run,
  'runs.rename': z.strictObject({ id, name: z.string().trim().min(1).max(120) }),
  'runs.remove': run,
  /** `points`: how many points the drawing can show; from and to are steps, inclusive. */
  'runs.curves': z.strictObject({ id, points: z.int().min(2).max(100_000), from: z.int().min(0).optional(), to: z.int().min(0).optional() }),
  /** `data`: another data set of the same form to ask about, in place of the run's own. */
  'runs.probe': z.strictObject({ id, probe: probeSchema, data: id.optional() }),
  /** Measures a run's newest checkpoint; `progress` events of `measure ID` tell how far it is. One at a time of each run. */
  'runs.measure': z.strictObject({ id, measurement: measurementSchema }),
  /** Ends it; it is then refused with `cancelled`, and nothing is stored. */
  'runs.cancelMeasure': run,
  'runs.log': run,
} as const;

export type Method = keyof typeof requests;
export type Params<M extends Method> = z.input<(typeof requests)[M]>;
export type ParsedParams<M extends Method> = z.output<(typeof requests)[M]>;

/** The answer to every request. */
export interface Answers {
  'system.info': SystemInfo;
  'system.doctor': Doctor;
  'preferences.get': Preferences;
  'preferences.set': Preferences;
  'models.list': ModelInfo[];
  'recipes.list': Recipe[];
  'recipes.problems': ElboError[];
  'recipes.start': Execution;
  'recipes.execution': Execution;
  'recipes.stop': Execution;
  'recipes.measure': Execution;
  'datasets.list': DatasetInfo[];
  'datasets.page': DatasetPage;
  'datasets.preview': ImportPreview;
  'datasets.import': DatasetInfo;
  'datasets.sources': PublicSet[];
  'datasets.fetch': DatasetInfo;
  'datasets.cancelImport': null;
  'datasets.remove': null;
  'runs.list': RunSummary[];
  'runs.get': RunDetail;
  'runs.create': RunSummary;
  'runs.check': null;
  'runs.pause': RunSummary;
  'runs.continue': RunSummary;
  'runs.stop': RunSummary;
  'runs.resume': RunSummary;
  'runs.rename': RunSummary;
  'runs.remove': null;
  'runs.curves': Curve[];
  'runs.probe': ProbeAnswer;
  /** What was measured, as stored with the run. */
  'runs.measure': Evaluation[];
  'runs.cancelMeasure': null;
  'runs.log': string;
}

/** Published to every client after it is stored, never before. */
export type CoreEvent =
  | { type: 'run'; run: RunSummary }
  | { type: 'run-removed'; id: string }
  | { type: 'execution'; execution: Execution }
  | { type: 'datasets' }
  | { type: 'progress'; what: string; done: number; total: number };

/** Answers requests by name; what a host (window, browser, command line) is given. */
export interface Core {
  call<M extends Method>(method: M, params: Params<M>): Promise<Answers[M]>;
  /** Returns the function that ends the subscription. */
  subscribe(listener: (event: CoreEvent) => void): () => void;
  /** Stops every run with a checkpoint, then closes the store. */
  close(): Promise<void>;
}

/** Over a port or a socket. */
export type ToCore = { id: number; method: string; params: unknown };
export type FromCore = { id: number; value: unknown } | { id: number; error: ElboError } | { event: CoreEvent };
