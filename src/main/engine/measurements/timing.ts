import { scalar, type Scalar } from '@tensorflow/tfjs-core';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { noiseOf, rowsOf, whole } from '../answers/examples';
import { askModel } from '../ask';
import type { Measuring } from './measurement';

const repeats = 9;

/** What the model takes for as many examples as are measured, once it is compiled: `sampleMilliseconds` to draw them, `scoreMilliseconds` for the log-probabilities (or their bounds) of given ones. */
export const timing: Measuring<'timing'> = function* (session, { split, seed }, count): Generator<Progress, Measure[]> {
  const { sample, logProb, elbo } = session.model.abilities;
  const { data } = session.shown(split);
  const score = logProb ?? (elbo && ((x, noise) => elbo(x, noise).elbo));
  const questions: { metric: string; what: string; ask: () => void }[] = [
    ...(sample ? [{ metric: 'sampleMilliseconds', what: 'samples', ask: () => void askModel(session, `timed samples ${count}`, [scalar(1), whole(seed)], (heat: Scalar, drawn: Scalar) => ({ x: sample({ count, temperature: heat, noise: noiseOf(drawn) }) })) }] : []),
    ...(score ? [{ metric: 'scoreMilliseconds', what: 'log-probabilities', ask: () => void askModel(session, 'timed scores', [rowsOf(data, 0, count), whole(seed)], (x, drawn: Scalar) => ({ log: score(x, noiseOf(drawn)) })) }] : []),
  ];
  const measures: Measure[] = [];
  let done = 0;
  for (const { metric, what, ask } of questions) {
    const times: number[] = [];
    // The first two are the recording and the loading of the graph.
    for (let repeat = -2; repeat < repeats; repeat++) {
      const before = performance.now();
      ask();
      if (repeat >= 0) times.push(performance.now() - before);
      yield { done: ++done, total: questions.length * (repeats + 2) };
    }
    // The least: whatever else the machine does only adds to it.
    measures.push({ metric, value: Math.min(...times), standardError: null, unit: 'ms', estimator: `least of ${repeats} times for ${count} ${what} at once`, k: null, n: count });
  }
  return measures;
};
