import { z } from 'zod';
import { binarisations, experimentSchema, type Experiment } from './experiment';
import { splits } from './datasets';
import { measurementSchema, type Measurement } from './measurements';
import type { CheckResult, RunSummary } from './runs';
import { termTitle, unitOf, variantInWords, withMinus } from './terms';

/** `variant`: of whose runs; not said where the recipe has no variants. `k` and `estimator` where there are several numbers of that metric: draws, and words that its estimator's sentence holds. */
const measure = z.strictObject({ variant: z.string().optional(), metric: z.string().min(1), split: z.enum(splits), k: z.int().optional(), estimator: z.string().optional() });
export type MeasureOf = z.output<typeof measure>;
const bounds = { atLeast: z.number().optional(), atMost: z.number().optional() };
const title = z.string().min(1);

/** A check is a predicate over the evaluations of runs, each the mean over a variant's seeds; recipes and rubrics use the same ones. */
export const checkSchema = z.discriminatedUnion('check', [
  z.strictObject({ check: z.literal('within'), title, of: measure, ...bounds }),
  z.strictObject({ check: z.literal('ratio'), title, of: measure, to: measure, ...bounds }),
  /** `of` minus `from`. */
  z.strictObject({ check: z.literal('difference'), title, of: measure, from: measure, ...bounds }),
  /** From each to the next by at least `by`; a negative one lets it go the other way by that much. */
  z.strictObject({ check: z.literal('rises'), title, of: z.array(measure).min(2), by: z.number().default(0) }),
  z.strictObject({ check: z.literal('falls'), title, of: z.array(measure).min(2), by: z.number().default(0) }),
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
    /** Larger, for a GPU; laid over the experiment and all variants. */
    full: changesSchema.optional(),
    /** What is measured when a run is done, beside what every run is; without `variants`, of all. */
    measurements: z.array(z.strictObject({ variants: z.array(z.string()).min(1).optional(), measurement: measurementSchema })).default([]),
    checks: z.array(checkSchema).min(1),
  })
  .superRefine(({ experiment, variants, full, measurements, checks }, context) => {
    for (const [name, own] of Object.entries(variants ?? {}))
      for (const layers of [[own], [own, full ?? {}]]) {
        const { error } = experimentSchema.safeParse(laidOver(experiment, ...layers));
        for (const issue of error?.issues ?? []) context.addIssue({ code: 'custom', path: ['variants', name, ...issue.path], message: issue.message });
      }
    const names = variants && Object.keys(variants);
    const known = (name: string | undefined, path: (string | number)[]): void => {
      if (names ? name === undefined || !names.includes(name) : name !== undefined)
        context.addIssue({ code: 'custom', path, message: names ? `Name one of the variants ${names.join(', ')}.` : 'This recipe has no variants.' });
    };
    measurements.forEach((each, i) => each.variants?.forEach((name, j) => known(name, ['measurements', i, 'variants', j])));
    checks.forEach((check, i) => measuresOf(check).forEach(({ variant }) => known(variant, ['checks', i])));
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

/** All runs of a recipe: each variant with each seed. `seed`: that one alone. */
export function runsOf(recipe: Recipe, { seed, full = false }: { seed?: number; full?: boolean } = {}): RecipeRun[] {
  const variants: [string | null, Changes][] = recipe.variants ? Object.entries(recipe.variants) : [[null, {}]];
  return variants.flatMap(([variant, own]) => {
    const varied = experimentSchema.parse(laidOver(recipe.experiment, own, (full && recipe.full) || {}));
    const seeds = seed !== undefined ? [seed] : (recipe.seeds ?? [varied.seed]);
    return seeds.map((each) => ({
      variant,
      experiment: { ...varied, name: [recipe.experiment.name ?? recipe.title, ...(variant === null ? [] : [variant]), ...(seeds.length > 1 ? [`seed ${each}`] : [])].join(', ').slice(0, 120), seed: each },
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

/** What is measured of a run of that variant. */
export const measurementsOf = (recipe: Recipe, variant: string | null): Measurement[] =>
  recipe.measurements.flatMap(({ variants, measurement }) => (!variants || (variant !== null && variants.includes(variant)) ? [measurement] : []));

/** `likelihood (estimator iwae, k 100, split test)` */
export const measurementInWords = ({ measure, ...options }: Measurement): string =>
  `${measure} (${Object.entries(options).map(([key, value]) => `${key} ${Array.isArray(value) ? value.join(' ') : String(value)}`).join(', ')})`;

/** A recipe that was started: its runs, and what came out. */
export interface Execution {
  id: string;
  recipe: string;
  /** training → measuring → done. `ended`: a run did not come to its end, or what was to be measured was not. */
  state: 'training' | 'measuring' | 'done' | 'ended';
  runs: RunSummary[];
  /** What kept a measurement from being made. */
  problems: string[];
  /** Empty before all is measured. */
  checks: CheckResult[];
}
