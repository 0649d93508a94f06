import { create } from 'zustand';
import { experimentSchema, trainingSchema, type Experiment } from '../../../contract/experiment';
import type { DatasetInfo } from '../../../contract/datasets';
import type { ElboError } from '../../../contract/errors';
import { binarisationFor, type ModelInfo, type PresetInfo } from '../../../contract/models';
import { parse } from '../../../contract/parse';
import { runsOf, type Recipe } from '../../../contract/recipes';
import type { SettingField, SettingValue } from '../../../contract/settings';

/** Where a draft came from: told in the page's head, and by which choice stays pressed. */
export type Start = { kind: 'scratch' } | { kind: 'recipe'; recipe: Recipe } | { kind: 'run'; name: string } | { kind: 'file' };

export interface DraftState {
  /** What the form shows, whole; null until the lists of models and data are there. */
  draft: Experiment | null;
  start: Start;
  /** One run is started with each; the first is the draft's. */
  seeds: readonly number[];
  /** What the core refused, by the path of the field: `settings.latentSize`. */
  errors: Readonly<Record<string, string>>;
  /** A refusal that belongs to no field. */
  refusal: ElboError | null;
}

/** The experiment being written: it stays while one looks at something else. */
export const useDraft = create<DraftState>(() => ({ draft: null, start: { kind: 'scratch' }, seeds: [0], errors: {}, refusal: null }));

/** Model settings in whole: the given ones that the model knows, the others at their defaults. */
export function wholeSettings(model: ModelInfo, given: Record<string, SettingValue>): Record<string, SettingValue> {
  return Object.fromEntries(model.settings.map((field) => [field.key, fits(field, given[field.key]) ? (given[field.key] as SettingValue) : field.default]));
}

function fits(field: SettingField, value: SettingValue | undefined): boolean {
  switch (field.kind) {
    case 'choice':
      return typeof value === 'string' && (field.choices ?? []).includes(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'integers':
      return Array.isArray(value);
    default:
      return typeof value === 'number';
  }
}

/** What a first experiment is of, where the person asks for nothing else. */
const first = { model: 'vae', data: 'mnist-1000' };

/** A first experiment. Of a model or a preset of one, and on a data set, where they are asked for; what is not is chosen so that the two go together. */
export function scratch(models: readonly ModelInfo[], datasets: readonly DatasetInfo[], asked: { model?: string | undefined; data?: string | undefined } = {}): Experiment {
  const takes = (of: Pick<ModelInfo, 'refusals'> | undefined, data: DatasetInfo | undefined): boolean => !data || !of?.refusals?.[data.id];
  const askedData = datasets.find(({ id }) => id === asked.data);
  const able = models.filter((model) => takes(model, askedData));
  const chosen = able.find(({ id }) => id === first.model) ?? able.find(({ trainedBy, abilities }) => trainedBy === 'gradient' && abilities.includes('logProb')) ?? able[0] ?? models[0];
  const model = asked.model === undefined ? chosen : models.find(({ id, presets }) => id === asked.model || presets.some((preset) => preset.id === asked.model));
  const preset = model?.presets.find(({ id }) => id === asked.model);
  const taken = datasets.filter((data) => takes(preset ?? model, data));
  const data = asked.data === undefined ? (taken.find(({ id }) => id === first.data) ?? taken[0] ?? datasets[0]) : askedData;
  const experiment = parse(experimentSchema, { model: model?.id ?? asked.model ?? first.model, data: data?.id ?? asked.data ?? first.data }, 'draft');
  if (!model) return experiment;
  return binarised(preset ? withPreset(experiment, model, preset) : { ...experiment, settings: wholeSettings(model, {}) }, model, data);
}

/** The experiment with the binarisation that its model, likelihood and data ask for; to be made so whenever one of the three changes. */
export const binarised = (experiment: Experiment, model: ModelInfo | undefined, data: DatasetInfo | undefined): Experiment =>
  model && data ? { ...experiment, binarisation: binarisationFor(model, experiment.settings, data, experiment.binarisation) } : experiment;

/** The experiment with the settings of a preset, the others at their defaults, and what of its training goes with them. */
export const withPreset = (experiment: Experiment, model: ModelInfo, { settings, training }: PresetInfo): Experiment => ({
  ...experiment,
  settings: wholeSettings(model, settings),
  training: { ...experiment.training, ...training },
});

/** The preset whose settings these are. */
export const presetOf = (model: ModelInfo, settings: Experiment['settings']): PresetInfo | undefined =>
  model.presets.find((preset) => Object.entries(wholeSettings(model, preset.settings)).every(([key, value]) => String(settings[key]) === String(value)));

/** Takes over an experiment from elsewhere; its unknown parts are left for the core to judge. */
export function startFrom(experiment: Experiment, start: Start, models: readonly ModelInfo[]): void {
  const model = models.find((each) => each.id === experiment.model);
  useDraft.setState({ draft: model ? { ...experiment, settings: wholeSettings(model, experiment.settings) } : experiment, start, seeds: [experiment.seed], errors: {}, refusal: null });
}

/** The draft's experiment with each of the seeds; several have theirs in their names, as the runs of a recipe have. */
export function seeded(draft: Experiment, seeds: readonly number[]): Experiment[] {
  if (seeds.length < 2) return [draft];
  const name = (draft.name ?? suggestedName(draft)).slice(0, 100);
  return seeds.map((seed) => ({ ...draft, name: `${name}, seed ${seed}`, seed }));
}

/** The same experiment under another name; an empty one leaves the naming to the core. */
export function named(experiment: Experiment, name: string): Experiment {
  const copy = { ...experiment };
  if (name) copy.name = name;
  else delete copy.name;
  return copy;
}

/** Changes the draft and forgets what was refused about the changed fields. */
export function edit(part: Partial<Experiment>, ...paths: string[]): void {
  useDraft.setState(({ draft, errors }) => ({
    draft: draft && (part.name === '' ? named({ ...draft, ...part }, '') : { ...draft, ...part }),
    errors: Object.fromEntries(Object.entries(errors).filter(([path]) => !paths.includes(path))),
    refusal: null,
  }));
}

/**
 * The field a refusal speaks of: `request runs.create, experiment.training.steps` → `training.steps`,
 * `experiment.settings, widths.1` → `settings.widths`, `pca on mnist` → `data`. Undefined when it names none that the form has.
 */
export function refusedField(error: ElboError, draft: Experiment, model: ModelInfo | undefined): string | undefined {
  if (error.where === `${draft.model} on ${draft.data}`) return 'data';
  const known = ['name', 'model', 'data', 'binarisation', 'seed', ...Object.keys(trainingSchema.shape).map((key) => `training.${key}`), ...(model?.settings ?? []).map((field) => `settings.${field.key}`)];
  const place = `.${(error.where ?? '').replace(/,\s*/g, '.').split(/\s/).at(-1) ?? ''}.`;
  return known.find((path) => place.includes(`.${path}.`));
}

/** Only what the person sees as one file: no key without a value. */
export const fileOf = (draft: Experiment): string => JSON.stringify(draft, null, 2).replace(/\[\s+([\d\s,.e+-]+?)\s+\]/g, (_, inner: string) => `[${inner.replace(/\s+/g, ' ')}]`);

/** A name for the file and the run: `vae-mnist`. */
export const suggestedName = (draft: Experiment): string => `${draft.data}-${draft.model}`;

/** True while the draft is still the recipe's own experiment, and that is all it runs: then its checks are evaluated at the end. */
export function isStill(recipe: Recipe, draft: Experiment, model: ModelInfo | undefined): boolean {
  if (runsOf(recipe).length > 1) return false;
  const whole = model ? { ...recipe.experiment, settings: wholeSettings(model, recipe.experiment.settings) } : recipe.experiment;
  const stable = (value: unknown): string => JSON.stringify(value, (_, part: unknown) => (part && typeof part === 'object' && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => a.localeCompare(b))) : part));
  return stable(named(draft, '')) === stable(named(whole, ''));
}
