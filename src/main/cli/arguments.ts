import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DatasetInfo } from '../../contract/datasets';
import { refuse } from '../../contract/errors';
import { experimentSchema, trainingSchema, type CompileMode, type Experiment, type ExperimentInput } from '../../contract/experiment';
import { binarisationFor } from '../../contract/models';
import { parse } from '../../contract/parse';
import { cutShort, describeSettings, inForce, type SettingField } from '../../contract/settings';
import { findModel, findPreset, modelInfo } from '../../ml/models/registry';
import { readJson } from '../core/recipes';

export interface TrainOptions {
  data?: string;
  set: string[];
  seed?: number;
  steps?: number;
  compile?: CompileMode;
  name?: string;
}

/**
 * The experiment that a command line asks for.
 * @param what an experiment file, a model's id, or a preset's
 * @returns with a note for every choice that was made for the person
 * @throws Refusal
 */
export function experimentFrom(what: string, options: TrainOptions, datasets: DatasetInfo[]): { experiment: Experiment; notes: string[] } {
  const isFile = what.endsWith('.json') || (what.includes('/') && existsSync(what));
  const written = isFile ? fromFile(resolve(what)) : { ...named(what), data: options.data ?? refuse('bad-request', 'No data set is named.', { where: '--data', repair: 'Add --data ID; "elbo data list" has the ids.' }) };
  const given = override(written, options);
  const experiment = parse(experimentSchema, given, isFile ? what : 'command line', isFile ? 'bad-experiment' : 'bad-request');
  const dataset = datasets.find(({ id }) => id === experiment.data);
  const model = modelInfo(findModel(experiment.model));
  const binarisation = dataset && binarisationFor(model, experiment.settings, dataset);
  const ramps = inForce(model.settings, experiment.settings).flatMap((field) => cutShort(field, experiment.settings[field.key] ?? field.default, experiment.training.steps) ?? []);
  if (given.binarisation !== undefined || binarisation !== 'dynamic') return { experiment, notes: ramps };
  return {
    experiment: { ...experiment, binarisation },
    notes: [...ramps, `"${experiment.data}" is grey and the model's likelihood is one of zeros and ones: pixels are drawn anew at each step (dynamic binarisation). Say --set binarisation=… for another way.`],
  };
}

/** A model by its id, or by a preset's with that one's settings and training. */
function named(id: string): Pick<ExperimentInput, 'model' | 'settings' | 'training'> {
  const found = findPreset(id);
  return found ? { model: found.definition.id, settings: found.preset.settings as Experiment['settings'], training: found.preset.training } : { model: id };
}

function fromFile(path: string): ExperimentInput {
  const written = readJson(path);
  // The rest of the rules are looked at when the command line's own wishes are in.
  if (typeof written !== 'object' || written === null || Array.isArray(written)) refuse('bad-experiment', 'An experiment is an object: { "model": …, "data": …, … }.', { where: path });
  return written as ExperimentInput;
}

/** `--set` names a setting of the model, a field of `training`, or `binarisation`; one that is both is named as in an experiment file, `settings.KEY` or `training.KEY`. */
function override(written: ExperimentInput, { data, set, seed, steps, compile, name }: TrainOptions): ExperimentInput {
  const settings: Record<string, unknown> = { ...written.settings };
  const training: Record<string, unknown> = { ...written.training };
  const top: Record<string, unknown> = { ...(data !== undefined && { data }), ...(seed !== undefined && { seed }), ...(name !== undefined && { name }) };
  const own = set.length > 0 && typeof written.model === 'string' ? describeSettings(findModel(written.model).settings) : [];
  for (const pair of set) {
    const [, part, key, value] = /^(?:(settings|training)\.)?([^=]+)=(.*)$/s.exec(pair) ?? refuse('bad-request', `"${pair}" is not of the form key=value.`, { where: '--set' });
    if (key === undefined || value === undefined) continue;
    const ofTraining = Object.hasOwn(trainingSchema.shape, key);
    if (!part && ofTraining && own.some((setting) => setting.key === key))
      refuse('bad-request', `"${key}" is a setting of ${written.model} and one of its training.`, { where: '--set', repair: `Say settings.${key}=… or training.${key}=….` });
    if (!part && key === 'binarisation') top[key] = value;
    else if (part ? part === 'training' : ofTraining) training[key] = valueOf(value);
    else settings[key] = listIfListed(own, key, valueOf(value));
  }
  if (steps !== undefined) training['steps'] = steps;
  if (compile !== undefined) training['compile'] = compile;
  return { ...written, ...top, settings, training } as ExperimentInput;
}

/** JSON, or numbers with commas between them, or else the text itself. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const numbers = text.split(',').map(Number);
    return text.includes(',') && numbers.every(Number.isFinite) ? numbers : text;
  }
}

/** A list of one number needs no comma. */
const listIfListed = (fields: SettingField[], key: string, value: unknown): unknown => (typeof value === 'number' && fields.some((field) => field.key === key && field.kind === 'integers') ? [value] : value);
