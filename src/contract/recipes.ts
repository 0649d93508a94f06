import { z } from 'zod';
import { binarisations, experimentSchema, type Experiment } from './experiment';
import { splits } from './datasets';
import { measurementSchema, type Measurement } from './measurements';
import type { CheckResult, RunSummary } from './runs';
import { termTitle, unitOf, variantInWords, withMinus } from './terms';

/** `variant`: of whose runs; not said where the recipe has no variants. `k` and `estimator` where there are several numbers of that metric: draws, and whole words that its estimator's sentence holds. */
const measure = z.strictObject({ variant: z.string().optional(), metric: z.string().min(1), split: z.enum(splits), k: z.int().optional(), estimator: z.string().optional() });
export type MeasureOf = z.output<typeof measure>;
const bounds = { atLeast: z.number().optional(), atMost: z.number().optional() };
const title = z.string().min(1);
/** Of a recipe with a full size: the only one of its sizes that this is of. */
const size = z.enum(['default', 'full']).optional();
const named = { title, size };

/** A check is a predicate over the evaluations of runs, each the mean over a variant's seeds; recipes and rubrics use the same ones. */
export const checkSchema = z.discriminatedUnion('check', [
  z.strictObject({ check: z.literal('within'), ...named, of: measure, ...bounds }),
  z.strictObject({ check: z.literal('ratio'), ...named, of: measure, to: measure, ...bounds }),
  /** `of` minus `from`. */
  z.strictObject({ check: z.literal('difference'), ...named, of: measure, from: measure, ...bounds }),
  /** From each to the next by at least `by`; a negative one lets it go the other way by that much. */
  z.strictObject({ check: z.literal('rises'), ...named, of: z.array(measure).min(2), by: z.number().default(0) }),
  z.strictObject({ check: z.literal('falls'), ...named, of: z.array(measure).min(2), by: z.number().default(0) }),
]);
export type Check = z.output<typeof checkSchema>;

/** What a variant has otherwise than the experiment; together they must be an experiment. */
const changesSchema = z.strictObject({
  model: z.string(),
  data: z.string(),
  binarisation: z.enum(binarisations),
  seed: z.int(),
  /** Laid over the experiment's; of another model they stand alone. */
  settings: z.record(z.string(), z.json()),
  training: z.record(z.string(), z.json()),
}).partial();
type Changes = z.output<typeof changesSchema>;

export const recipeSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9-]+$/),
    title,
    /** Which lectures show it, by number. */
    lectures: z.array(z.string()).min(1),
    /** What the lecture claims, in one sentence. */
    claim: z.string().min(1),
    /** What to look at, in one or two sentences. */
    lookAt: z.string().min(1),
    /** Measured on two cores. */
    minutes: z.number().positive(),
    experiment: experimentSchema,
    /** The runs to be compared, by what they are called; without them the experiment is the only run. */
    variants: z.record(z.string().min(1).max(60), changesSchema).optional(),
    /** Every variant is run with each; without them with the experiment's own. */
    seeds: z.array(z.int().min(0)).min(1).optional(),
    /** Larger, for a GPU; laid over the experiment and all variants, and over each that it names what it has for that one. */
    full: changesSchema.extend({ variants: z.record(z.string(), changesSchema).optional() }).optional(),
    /** Why there is no larger size. */
    oneSize: z.string().min(1).optional(),
    /** What is measured when a run is done, beside what every run is; without `variants`, of all. */
    measurements: z.array(z.strictObject({ variants: z.array(z.string()).min(1).optional(), size, measurement: measurementSchema })).default([]),
    checks: z.array(checkSchema).min(1),
  })
  .superRefine(({ experiment, variants, full, oneSize, measurements, checks }, context) => {
    const wrong = (path: PropertyKey[], message: string): void => context.addIssue({ code: 'custom', path, message });
    const asked = variants ? Object.entries(variants) : [['', {}] as const];
    for (const [name, own] of asked)
      for (const isFull of full ? [false, true] : [false])
        for (const issue of experimentSchema.safeParse(laidOver(experiment, own, ...(isFull ? fullOf(full, name) : []))).error?.issues ?? []) wrong([...(isFull ? ['full'] : []), ...(variants ? ['variants', name] : []), ...issue.path], issue.message);
    const names = variants && Object.keys(variants);
    const known = (name: string | undefined, path: (string | number)[]): void => {
      if (names ? name === undefined || !names.includes(name) : name !== undefined) wrong(path, names ? `Name one of the variants ${names.join(', ')}.` : 'This recipe has no variants.');
    };
    Object.keys(full?.variants ?? {}).forEach((name) => known(name, ['full', 'variants', name]));
    measurements.forEach((each, i) => each.variants?.forEach((name, j) => known(name, ['measurements', i, 'variants', j])));
    checks.forEach((check, i) => measuresOf(check).forEach(({ variant }) => known(variant, ['checks', i])));
    if (full && oneSize !== undefined) wrong(['oneSize'], 'It has a full size.');
    if (!full && [...measurements, ...checks].some((each) => each.size)) wrong(['full'], 'Of one size alone can something be where there are two.');
    if (full && [true, false].some((isFull) => !checks.some(ofSize(isFull)))) wrong(['checks'], 'Each size needs one.');
  });
/** `theme`: what the recipes beside it are about; in a listing. */
export type Recipe = z.output<typeof recipeSchema> & { theme?: string };

/** Every measure that a check looks at. */
export function measuresOf(check: Check): MeasureOf[] {
  switch (check.check) {
    case 'within': return [check.of];
    case 'ratio': return [check.of, check.to];
    case 'difference': return [check.of, check.from];
    case 'rises':
    case 'falls': return check.of;
  }
}

const quantityOf = ({ metric, split, k, estimator }: MeasureOf): string =>
  `${[termTitle(metric), estimator, k === undefined ? undefined : `K = ${k}`].filter(Boolean).join(', ')} on ${split}`;

/** `Kept class share on test: at least 0.6`; of several variants the quantity stands first: `KL on test: β 1 > β 2 > β 4, each by at least 0.1 nats`. */
export function checkInWords(check: Check): string {
  const measures = measuresOf(check);
  const [first = { metric: '', split: 'test' } as const] = measures;
  const unit = measures.every(({ metric }) => metric === first.metric) ? unitOf(first.metric) : '';
  const isShared = measures.length > 1 && measures.every((each) => each.variant !== undefined && quantityOf(each) === quantityOf(first));
  const lead = isShared ? `${quantityOf(first)}: ` : '';
  const names = measures.map(({ variant, ...measure }) => [...(variant === undefined ? [] : [variantInWords(variant)]), ...(isShared ? [] : [quantityOf(measure)])].join(': '));
  if (check.check === 'rises' || check.check === 'falls') {
    const by = check.by === 0 ? '' : check.by > 0 ? `, ${names.length > 2 ? 'each ' : ''}by at least ${check.by}${unit}` : `, or the other way by at most ${-check.by}${unit}`;
    return `${lead}${names.join(check.check === 'rises' ? ' < ' : ' > ')}${by}`;
  }
  const of = check.check === 'ratio' ? '' : unit;
  const bounds = [check.atLeast !== undefined && `at least ${withMinus(String(check.atLeast))}${of}`, check.atMost !== undefined && `at most ${withMinus(String(check.atMost))}${of}`].filter(Boolean);
  return `${lead}${names.join(check.check === 'ratio' ? ' over ' : ' less ')}${isShared ? ', ' : ': '}${bounds.join(' and ') || 'a finite number'}`;
}

/** A run that a recipe asks for. */
export interface RecipeRun {
  /** Null where the recipe has no variants. */
  variant: string | null;
  experiment: Experiment;
}

/** What is laid over a variant for the full size, in this order. */
function fullOf(full: z.output<typeof recipeSchema>['full'], variant: string | null): Changes[] {
  const { variants, ...ofAll } = full ?? {};
  return [ofAll, (variant !== null && variants?.[variant]) || {}];
}

/** Whether a check or a measurement is one of that size. */
export const ofSize = (full: boolean) => ({ size: only }: { size?: 'default' | 'full' | undefined }): boolean => only === undefined || (only === 'full') === full;

/** All runs of a recipe: each variant with each seed. `seed`: that one alone. */
export function runsOf(recipe: Recipe, { seed, full = false }: { seed?: number; full?: boolean } = {}): RecipeRun[] {
  const variants: [string | null, Changes][] = recipe.variants ? Object.entries(recipe.variants) : [[null, {}]];
  return variants.flatMap(([variant, own]) => {
    const varied = experimentSchema.parse(laidOver(recipe.experiment, own, ...(full ? fullOf(recipe.full, variant) : [])));
    const seeds = seed !== undefined ? [seed] : (recipe.seeds ?? [varied.seed]);
    return seeds.map((each) => ({
      variant,
      experiment: { ...varied, name: [recipe.experiment.name ?? recipe.title, ...(variant === null ? [] : [variant]), ...(full ? ['full size'] : []), ...(seeds.length > 1 ? [`seed ${each}`] : [])].join(', ').slice(0, 120), seed: each },
    }));
  });
}

function laidOver(experiment: Experiment, ...layers: Changes[]): unknown {
  return layers.reduce<Changes & { model: string }>((under, { settings, training, model = under.model, ...rest }) => {
    const kept = model === under.model ? under.settings : {};
    return { ...under, ...rest, model, settings: { ...kept, ...settings }, training: { ...under.training, ...training } };
  }, { ...experiment, settings: jsonOf(experiment.settings), training: jsonOf(experiment.training) });
}

const jsonOf = (values: Experiment['settings'] | Experiment['training']): NonNullable<Changes['settings']> => ({ ...values });

/** What is measured of a run of that variant in that size. */
export const measurementsOf = (recipe: Recipe, variant: string | null, full: boolean): Measurement[] =>
  recipe.measurements.filter(ofSize(full)).flatMap(({ variants, measurement }) => (!variants || (variant !== null && variants.includes(variant)) ? [measurement] : []));

/** `likelihood (estimator iwae, k 100, split test)` */
export const measurementInWords = ({ measure, ...options }: Measurement): string =>
  `${measure} (${Object.entries(options).map(([key, value]) => `${key} ${Array.isArray(value) ? value.join(' ') : String(value)}`).join(', ')})`;

/** A recipe that was started: its runs, and what came out. */
export interface Execution {
  id: string;
  recipe: string;
  /** Whether in the size for a GPU. */
  full: boolean;
  /** training → measuring → done. `ended`: a run did not come to its end, or what was to be measured was not. */
  state: 'training' | 'measuring' | 'done' | 'ended';
  runs: RunSummary[];
  /** What kept a measurement from being made. */
  problems: string[];
  /** Empty before all is measured. */
  checks: CheckResult[];
}
