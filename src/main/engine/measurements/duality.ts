import { abs, add, dispose, exp, max, mul, sub, type Tensor } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import { dataShape } from '../../../contract/models';
import { parse } from '../../../contract/parse';
import { dual, inOrder, madeConditioner, reversed } from '../../../ml/bijectors/autoregressive';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { constructionOf, sizeOf } from '../../../ml/models/flows/flow-model';
import { maf } from '../../../ml/models/flows/maf';
import { createNoise } from '../../../ml/random/noise';
import { readValues } from '../../../ml/read';
import { need, noiseOf, rowsOf, whole } from '../answers/examples';
import type { Measuring } from './measurement';

/**
 * `dualityError`: an inverse autoregressive flow with mu' = -mu exp(-alpha), alpha' = -alpha of the nets of a masked autoregressive flow samples, x exp(alpha') + mu', what that one
 * encodes, (x - mu) exp(-alpha); by how much they differ at most.
 */
export const duality: Measuring<'duality'> = function* (session, { split, seed }, count): Generator<Progress, Measure[]> {
  const { experiment, dataset } = session.run;
  if (experiment.model !== maf.id) refuse('bad-request', `The model "${experiment.model}" is no masked autoregressive flow.`, { where: 'measure' });
  const stages = need(session, 'stages');
  const settings = parse(maf.settings, experiment.settings, 'settings', 'bad-experiment');
  const size = sizeOf(dataShape(dataset, experiment.binarisation));
  const construction = constructionOf(createNoise(0));
  const nets = Array.from({ length: settings.layers }, (_, i) => madeConditioner(construction, `layer-${i}`, size, { ...settings, order: i % 2 === 0 ? inOrder(size) : reversed(size) }));
  for (const [name, variable] of Object.entries(construction.parameters)) variable.assign(session.model.parameters[name] ?? variable);
  const errors = readValues(() => {
    const all = stages(rowsOf(session.shown(split).data, 0, count), noiseOf(whole(seed)));
    return Object.fromEntries(
      nets.map((net, i): [string, Tensor] => {
        const at = all.findIndex(({ name }) => name === `autoregressive ${i + 1}`);
        const [x, encoded] = [all[at - 1]?.values, all[at]?.values];
        if (!x || !encoded) throw new Error(`The flow has no layer autoregressive ${i + 1}.`);
        const { mean, logScale } = dual(net)(x);
        return [`${i}`, max(abs(sub(add(mul(x, exp(logScale)), mean), encoded)))];
      }),
    );
  });
  dispose(Object.values(construction.parameters));
  yield { done: count, total: count };
  const worst = Math.max(...Object.values(errors).map(([error]) => error ?? NaN));
  return [{ metric: 'dualityError', value: worst, standardError: null, unit: "the data's", estimator: `largest difference of x exp(alpha') + mu' from (x - mu) exp(-alpha), of ${nets.length} layers`, k: null, n: count }];
};
