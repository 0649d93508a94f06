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
const repeats = 5;
/** What takes longer a call is measured once; beyond twice that, nothing larger is tried. */
const patienceMs = 2000;

/**
 * How long density and samples of an example take, by the number D of its values: the run's model with its settings, rebuilt for other sizes
 * with parameters as they are first made. Each is asked as any question is: once to compile, once to warm up, then the median of five.
 */
export const cost: Answerer<'cost'> = (session) => {
  const { dataset, experiment } = session.run;
  const definition = findModel(experiment.model);
  const settings = parse(definition.settings, experiment.settings, 'settings', 'bad-experiment');
  const shape = dataShape(dataset, experiment.binarisation);
  const shapes = shape.kind === 'table' ? columns.map((channels): DataShape => ({ ...shape, channels })) : sides.map((side): DataShape => ({ ...shape, height: side, width: side }));
  const points: Cost[] = [];
  for (const data of shapes) {
    if (definition.refuses(data, settings) !== null) continue;
    const model = definition.build({ settings, data, noise: createNoise(experiment.seed) });
    try {
      points.push(costOf({ model, compute: session.compute }, data));
    } finally {
      forget(model);
      dispose(model);
    }
    const { density, sampling } = points.at(-1) ?? {};
    if (Math.max(density ?? 0, sampling ?? 0) * examples > 2 * patienceMs) break;
  }
  const { library, device } = session.compute;
  return { points, examples, repeats, density: session.model.abilities.logProb ? 'log p(x)' : 'ELBO', compute: `${library} on ${device}` };
};

function costOf(asked: Pick<Session, 'model' | 'compute'>, { kind, height, width, channels, binary }: DataShape): Cost {
  const { logProb, elbo, sample } = asked.model.abilities;
  const size = height * width * channels;
  // Values as the data's: zeros and ones, shares of the greatest level, or numbers of either sign.
  const values = Float32Array.from({ length: examples * size }, (_, i) => (binary ? i % 2 : kind === 'table' ? Math.sin(i) : (i % 256) / 255));
  const density: Abilities['logProb'] = logProb ?? (elbo && ((x, noise) => elbo(x, noise).elbo));
  return {
    size,
    density: density ? medianMs(() => askModel(asked, `density ${size}`, [tensor4d(values, [examples, height, width, channels]), whole(0)], (x, seed: Scalar): Record<string, Tensor> => ({ log: density(x, noiseOf(seed)) }))) : null,
    sampling: sample ? medianMs((call) => askModel(asked, `sampling ${size}`, [scalar(1), whole(call)], (temperature: Scalar, seed: Scalar): Record<string, Tensor> => ({ x: sample({ count: examples, temperature, noise: noiseOf(seed) }) }))) : null,
  };
}

/** Of an example, after two calls that do not count. */
function medianMs(call: (number: number) => unknown): number {
  const times: number[] = [];
  for (let number = 0; number < 2 + repeats; number++) {
    const began = performance.now();
    call(number);
    times.push(performance.now() - began);
    if (number >= 2 && (times.at(-1) ?? 0) > patienceMs) break;
  }
  const counted = times.slice(2).sort((a, b) => a - b);
  return (counted[Math.floor(counted.length / 2)] ?? NaN) / examples;
}

const dispose = (model: Model): void => {
  const variables: Record<string, Variable> = { ...model.parameters, ...('state' in model ? model.state : {}) };
  Object.values(variables).forEach((variable) => variable.dispose());
};
