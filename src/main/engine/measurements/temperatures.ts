import { mean, moments, scalar, sqrt, type Scalar } from '@tensorflow/tfjs-core';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { need, noiseOf, whole } from '../answers/examples';
import { askModel } from '../ask';
import type { Measuring } from './measurement';

/** `sampleSpread` at each temperature: how far samples are from their mean, the root of the mean variance of a value. */
export const temperatures: Measuring<'temperatures'> = function* (session, { temperatures: list, samples, seed }): Generator<Progress, Measure[]> {
  const sample = need(session, 'sample');
  const measures: Measure[] = [];
  for (const temperature of list) {
    const { spread } = askModel(session, `spread of ${samples}`, [scalar(temperature), whole(seed)], (heat: Scalar, drawn: Scalar) => ({
      spread: sqrt(mean(moments(sample({ count: samples, temperature: heat, noise: noiseOf(drawn) }), 0).variance)),
    }));
    measures.push({ metric: 'sampleSpread', value: spread[0] ?? NaN, standardError: null, unit: "the data's", estimator: `root of the mean variance of a value among samples at temperature ${temperature}`, k: null, n: samples });
    yield { done: measures.length, total: list.length };
  }
  return measures;
};
