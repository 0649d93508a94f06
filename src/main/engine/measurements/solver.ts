import { dispose, type Scalar } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import { dataShape } from '../../../contract/models';
import { parse } from '../../../contract/parse';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { Sample } from '../../../ml/metrics/sample';
import { findModel } from '../../../ml/models/registry';
import { createNoise } from '../../../ml/random/noise';
import { chunks, need, noiseOf, rowsOf, whole } from '../answers/examples';
import { askModel } from '../ask';
import type { Session } from '../session';
import type { Measuring } from './measurement';

const rowsAtOnce = 500;

/** `solverGapNats`: |mean log p(x) at the solver's steps - the same at `factor` times as many|, the parameters being the same. A field that cheats its solver shows here. */
export const solver: Measuring<'solver'> = function* (session, { factor, split, seed }, count): Generator<Progress, Measure[]> {
  const { data } = session.shown(split);
  const finer = refined(session, factor);
  const means: Sample[] = [];
  let done = 0;
  for (const [k, of] of [session, finer].entries()) {
    const logProb = need(of, 'logProb');
    const sample = (means[k] = new Sample());
    for (const [first, rows] of chunks(0, count, rowsAtOnce)) {
      sample.add(askModel(of, 'log p(x)', [rowsOf(data, first, rows), whole(seed)], (x, drawn: Scalar) => ({ log: logProb(x, noiseOf(drawn)) })).log);
      yield { done: (done += rows), total: 2 * count };
    }
  }
  dispose(Object.values(finer.model.parameters));
  const [own, fine] = means.map((mean) => mean.summary());
  if (!own || !fine) return [];
  const measure = { unit: 'nats', k: null, n: count };
  return [
    { ...measure, metric: 'finerNllNats', value: -fine.value, standardError: fine.standardError, estimator: `-log p(x) with ${factor} times as many solver steps` },
    { ...measure, metric: 'solverGapNats', value: Math.abs(own.value - fine.value), standardError: null, estimator: `|difference of the mean log p(x) with ${factor} times as many solver steps|` },
  ];
};

/** The same model with more solver steps. */
function refined(session: Session, factor: number): Session {
  const { experiment, dataset } = session.run;
  const definition = findModel(experiment.model);
  const { solverSteps } = parse(definition.settings, experiment.settings, 'settings', 'bad-experiment') as { solverSteps?: number };
  if (solverSteps === undefined) return refuse('bad-request', `The model "${experiment.model}" has no solver.`, { where: 'measure' });
  const settings = parse(definition.settings, { ...experiment.settings, solverSteps: solverSteps * factor }, 'settings', 'bad-request');
  const model = definition.build({ settings, data: dataShape(dataset, experiment.binarisation), noise: createNoise(0) });
  for (const [name, variable] of Object.entries(model.parameters)) variable.assign(session.model.parameters[name] ?? variable);
  return { ...session, model };
}
