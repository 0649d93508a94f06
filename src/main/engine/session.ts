import { dirname } from 'node:path';
import { tensor, tensor4d, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Split } from '../../contract/datasets';
import type { FromEngine, OpenRun } from '../../contract/engine';
import { refuse } from '../../contract/errors';
import { protocolOf } from '../../contract/experiment';
import { dataShape, type Ability } from '../../contract/models';
import { parse } from '../../contract/parse';
import type { ComputeInfo } from '../../contract/runs';
import { binariseOnce } from '../../ml/data/binarise';
import { findGenerated } from '../../ml/data/generated';
import type { Model } from '../../ml/model';
import { findModel } from '../../ml/models/registry';
import { asked } from '../../ml/optimizers/state-names';
import { createNoise, under } from '../../ml/random/noise';
import { readSplit } from '../formats/dataset-folder';
import { ensureGenerated } from '../formats/generated';
import { loadBackend } from './backends/load';
import { readNewestCheckpoint, type Checkpoint } from './checkpoint';

export interface SplitData {
  /** `[count, height, width, channels]`, resident on the device: grey values of pictures in [0, 1], a table's numbers as they are. */
  data: Tensor4D;
  labels: Uint16Array | null;
  /** They stand in the order that is dealt, so that any first ones stand for all. */
  mixed?: true;
}

/** A run's model and data on the device, its parameters as they were first made. */
export interface Session {
  run: OpenRun;
  /** The lowering is known once the training step is made. */
  compute: ComputeInfo;
  model: Model;
  /** How the model's data came about, as numbers are labelled with. */
  protocol: string;
  /** A split as the objective takes it: grey under dynamic binarisation, which draws anew each time. Loaded once. */
  split(name: Split): SplitData;
  /** A split as probes show it and give it to the model: under dynamic binarisation one draw, always the same. */
  shown(name: Split): SplitData;
}

/**
 * Loads the compute library, builds the model, and reads data when they are asked for.
 * @param onProgress how far a generated data set is that has to be made first
 * @throws Refusal
 */
export async function openSession(run: OpenRun, onProgress: (done: number, total: number) => void): Promise<Session> {
  const { experiment, dataset, datasetFolder } = run;
  const { backend, device, library } = await loadBackend(run.purpose === 'train' ? run.compute?.backend : undefined);
  const compute: ComputeInfo = { backend, device, library, lowering: 'eager' };
  if (run.purpose === 'train' && run.compute) refuseOtherCompute(run.compute, { ...compute, lowering: run.compute.lowering });

  const definition = findModel(experiment.model);
  const settings = parse(definition.settings, experiment.settings, 'settings', 'bad-experiment');
  const { height, width, channels } = dataset;
  const shape = dataShape(dataset, experiment.binarisation);
  const unfit = definition.refuses(shape, settings);
  if (unfit) refuse('bad-experiment', unfit, { where: `${experiment.model} on ${experiment.data}` });
  const model = definition.build({ settings, data: shape, noise: under('initialise', createNoise(experiment.seed)) });

  const generated = dataset.builtIn ? findGenerated(dataset.id) : undefined;
  if (generated) await ensureGenerated(generated, dirname(datasetFolder), onProgress);
  const load = (name: Split, protocol: typeof experiment.binarisation): SplitData => {
    const { values, labels } = readSplit(datasetFolder, dataset, name);
    const data = tensor4d(values instanceof Float32Array ? values : greyValues(values, dataset.maximum), [dataset.counts[name], height, width, channels]);
    return { data: dataset.kind === 'table' ? data : binariseOnce(data, protocol, name), labels };
  };
  const split = once((name) => load(name, experiment.binarisation));
  return {
    run,
    compute,
    model,
    protocol: protocolOf(experiment.binarisation, dataset),
    split,
    shown: experiment.binarisation === 'dynamic' ? once((name) => load(name, 'static')) : split,
  };
}

/** k / maximum. */
function greyValues(pixels: Uint8Array, maximum: number): Float32Array {
  const grey = new Float32Array(pixels.length);
  for (let i = 0; i < grey.length; i += 1) grey[i] = (pixels[i] ?? 0) / maximum;
  return grey;
}

function once(load: (name: Split) => SplitData): (name: Split) => SplitData {
  const loaded: Partial<Record<Split, SplitData>> = {};
  return (name) => (loaded[name] ??= load(name));
}

const describe = ({ library, device }: ComputeInfo): string => `${library} on ${device}`;

/** The last bits of every number differ between libraries and devices: a run keeps the ones it began with. */
function refuseOtherCompute(before: ComputeInfo, now: ComputeInfo): void {
  if (before.backend === now.backend && before.device === now.device && before.library === now.library) return;
  refuse('conflict', `This run was begun with ${describe(before)}, and there is ${describe(now)} here: it would not continue bit for bit.`, {
    where: 'compute',
    repair: `Resume it where there is ${describe(before)}, or start a new run of the same experiment.`,
  });
}

/** What the core is told of a model that stands at `step`. */
export const opened = ({ compute, model }: Session, step: number): FromEngine => ({
  type: 'opened',
  step,
  compute,
  abilities: Object.keys(model.abilities) as Ability[],
  parameterCount: Object.values(model.parameters).reduce((sum, { size }) => sum + size, 0),
  latentSize: model.latentSize,
});

/** The checkpoint to go on from, or null for a run that has none. @throws Refusal `damaged-checkpoint` when there were some and none can be read */
export function lastCheckpoint({ run }: Session): Checkpoint | null {
  const { checkpoint, skipped } = readNewestCheckpoint(run.folder);
  for (const { message, where } of skipped) console.error(`Checkpoint passed over: ${message} ${where ?? ''}`);
  const [damaged] = skipped;
  if (!checkpoint && damaged)
    refuse('damaged-checkpoint', `No checkpoint of this run can be read. ${damaged.message}`, {
      ...(damaged.where && { where: damaged.where }),
      repair: 'Restore the folder from a copy, or start a new run of the same experiment.',
    });
  if (checkpoint && (checkpoint.model !== run.experiment.model || checkpoint.seed !== run.experiment.seed))
    refuse('damaged-checkpoint', `The checkpoint of step ${checkpoint.step} belongs to another run: ${checkpoint.model}, seed ${checkpoint.seed}.`, { where: run.folder });
  return checkpoint;
}

/** Gives the model the parameters of a checkpoint (the best or their averages, where it has them) and its state, which abilities may depend on. @throws Refusal `damaged-checkpoint` when one is missing or has another shape */
export function restoreParameters(model: Model, state: Checkpoint['state']): void {
  const values = asked(state);
  for (const [name, variable] of Object.entries({ ...model.parameters, ...('state' in model ? model.state : {}) })) {
    const saved = values[name];
    if (saved?.shape.join() !== variable.shape.join())
      refuse('damaged-checkpoint', `The checkpoint has ${saved ? `[${saved.shape.join(', ')}]` : 'nothing'} where the model has [${variable.shape.join(', ')}].`, { where: name });
    const value = tensor(saved.values, saved.shape);
    variable.assign(value);
    value.dispose();
  }
}
