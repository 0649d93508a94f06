import { scalar, tensor4d, type Scalar, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { dataShape, type DataShape } from '../../../contract/models';
import type { Cost } from '../../../contract/probes';
import { parse } from '../../../contract/parse';
import type { Abilities, Model } from '../../../ml/model';
import { findModel } from '../../../ml/models/registry';
import { createNoise } from '../../../ml/random/noise';
import { askModel, forget } from '../ask';
import type { Session } from '../session';
import type { Answerer } from './answer';
import { noiseOf, whole } from './examples';

const examples = 16;
const columns = [8, 16, 32, 64];
const sides = [4, 8, 16, 32];
const repeats = 15;
/** All calls of one kind and size; at least one counts. */
const budgetMs = 1000;
/** Where a call takes longer, nothing larger is tried. */
const patienceMs = 3000;

interface Timed {
  call(number: number): unknown;
  /** Of the calls that count, milliseconds. */
  times: number[];
}

/**
 * How long density and samples of an example take, by the number D of its values: the run's model with its settings, rebuilt for other sizes
 * with parameters as they are first made. Each is asked as any question is: once to compile, once to warm up, then in rounds over all
 * sizes, so that whatever else the machine does meanwhile slows all of them alike.
 */
export const cost: Answerer<'cost'> = (session) => {
  const { dataset, experiment } = session.run;
  const definition = findModel(experiment.model);
  const settings = parse(definition.settings, experiment.settings, 'settings', 'bad-experiment');
  const shape = dataShape(dataset, experiment.binarisation);
  const shapes = shape.kind === 'table' ? columns.map((channels): DataShape => ({ ...shape, channels })) : sides.map((side): DataShape => ({ ...shape, height: side, width: side }));
  const models: Model[] = [];
  const sizes: { size: number; density: Timed | null; sampling: Timed | null }[] = [];
  try {
    for (const data of shapes) {
      if (definition.refuses(data, settings) !== null) continue;
      const model = definition.build({ settings, data, noise: createNoise(experiment.seed) });
      models.push(model);
      const calls = callsOf({ model, compute: session.compute }, data);
      sizes.push(calls);
      const warm = [calls.density, calls.sampling].map((timed) => {
        timed?.call(0);
        return timed ? duration(timed, 1) : 0;
      });
      if (Math.max(...warm) > patienceMs) break;
    }
    for (let round = 0; round < repeats; round++)
      for (const { density, sampling } of sizes)
        for (const timed of [density, sampling]) if (timed && timed.times.reduce((sum, ms) => sum + ms, 0) < budgetMs) timed.times.push(duration(timed, 2 + round));
    const { library, device } = session.compute;
    const points = sizes.map(({ size, density, sampling }): Cost => ({ size, density: density && median(density.times) / examples, sampling: sampling && median(sampling.times) / examples }));
    return { points, examples, repeats, density: session.model.abilities.logProb ? 'log p(x)' : 'ELBO', compute: `${library} on ${device}` };
  } finally {
    models.forEach(forget);
    models.forEach(dispose);
  }
};

function callsOf(asked: Pick<Session, 'model' | 'compute'>, { kind, height, width, channels, binary }: DataShape): { size: number; density: Timed | null; sampling: Timed | null } {
  const { logProb, elbo, sample } = asked.model.abilities;
  const size = height * width * channels;
  // Values as the data's: zeros and ones, shares of the greatest level, or numbers of either sign.
  const values = Float32Array.from({ length: examples * size }, (_, i) => (binary ? i % 2 : kind === 'table' ? Math.sin(i) : (i % 256) / 255));
  const density: Abilities['logProb'] = logProb ?? (elbo && ((x, noise) => elbo(x, noise).elbo));
  return {
    size,
    density: density ? { times: [], call: (seed) => askModel(asked, `density ${size}`, [tensor4d(values, [examples, height, width, channels]), whole(seed)], (x, drawn: Scalar): Record<string, Tensor> => ({ log: density(x, noiseOf(drawn)) })) } : null,
    sampling: sample ? { times: [], call: (seed) => askModel(asked, `sampling ${size}`, [scalar(1), whole(seed)], (temperature: Scalar, drawn: Scalar): Record<string, Tensor> => ({ x: sample({ count: examples, temperature, noise: noiseOf(drawn) }) })) } : null,
  };
}

function duration({ call }: Timed, number: number): number {
  const began = performance.now();
  call(number);
  return performance.now() - began;
}

const median = (times: readonly number[]): number => [...times].sort((a, b) => a - b)[times.length >> 1] ?? NaN;

const dispose = (model: Model): void => {
  const variables: Record<string, Variable> = { ...model.parameters, ...('state' in model ? model.state : {}) };
  Object.values(variables).forEach((variable) => variable.dispose());
};
