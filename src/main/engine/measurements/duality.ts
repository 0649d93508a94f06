import { abs, add, dispose, exp, max, mul, stack, sub, type Tensor } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import { dataShape } from '../../../contract/models';
import { parse } from '../../../contract/parse';
import { dual, inOrder, inverseAutoregressive, madeConditioner, reversed, type Conditioner } from '../../../ml/bijectors/autoregressive';
import { chain, invert, type Bijector } from '../../../ml/bijectors/bijector';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import type { Stage } from '../../../ml/model';
import { constructionOf, sizeOf } from '../../../ml/models/flows/flow-model';
import { maf } from '../../../ml/models/flows/maf';
import { createNoise } from '../../../ml/random/noise';
import { readValues } from '../../../ml/read';
import { need, noiseOf, rowsOf, whole } from '../answers/examples';
import type { Measuring } from './measurement';

/**
 * The nets of a masked autoregressive flow read as an inverse one with mu' = -mu exp(-alpha), alpha' = -alpha. `dualityError`: how far what a layer of that samples, x exp(alpha') + mu', is from what
 * the masked layer encodes, (x - mu) exp(-alpha). `dualitySampleError`: the same of the whole flows, samples of the one in one pass against codes of the other. `dualityInverseError`: the
 * codes led back by the inverse flow's way to a density against the masked flow's own samples of them, both value by value. Each the largest of any value.
 */
export const duality: Measuring<'duality'> = function* (session, { split, seed }, count): Generator<Progress, Measure[]> {
  const { experiment, dataset } = session.run;
  if (experiment.model !== maf.id) refuse('bad-request', `The model "${experiment.model}" is no masked autoregressive flow.`, { where: 'measure' });
  const stages = need(session, 'stages');
  const settings = parse(maf.settings, experiment.settings, 'settings', 'bad-experiment');
  const size = sizeOf(dataShape(dataset, experiment.binarisation));
  const construction = constructionOf(createNoise(0));
  const nets = Array.from({ length: settings.layers }, (_, i) => madeConditioner(construction, `layer-${i}`, size, { ...settings, order: i % 2 === 0 ? inOrder(size) : reversed(size) }).conditioner);
  for (const [name, variable] of Object.entries(construction.parameters)) variable.assign(session.model.parameters[name] ?? variable);
  const { layer = [], sampled = [], inverted = [] } = readValues(() => {
    const [data, ...all] = stages(rowsOf(session.shown(split).data, 0, count), noiseOf(whole(seed)));
    const [x, codes] = [data?.values as Tensor, all.at(-1)?.values as Tensor];
    const masked = all.map(({ name, layer }) => layer ?? refuse('bad-request', `The layer ${name} has no map.`, { where: 'measure' }));
    const netOf = ({ name }: Stage): Conditioner | undefined => nets[Number(/^autoregressive (\d+)$/.exec(name)?.[1]) - 1];
    // Normalisations and the layer of mixtures are the same in both.
    const inverse = all.map((stage, i) => {
      const net = netOf(stage);
      return net ? invert(inverseAutoregressive(dual(net))) : (masked[i] as Bijector);
    });
    const each = all.flatMap((stage, i) => {
      const net = netOf(stage);
      const x = (all[i - 1] ?? data)?.values;
      if (!net || !x) return [];
      const { mean, logScale } = dual(net)(x);
      return [largest(sub(add(mul(x, exp(logScale)), mean), stage.values))];
    });
    return { layer: max(stack(each)), sampled: largest(sub(chain(inverse).forward(x).y, codes)), inverted: largest(sub(chain(inverse).inverse(codes).x, chain(masked).inverse(codes).x)) };
  });
  dispose(Object.values(construction.parameters));
  yield { done: count, total: count };
  const one = { standardError: null, unit: "the data's", k: null, n: count };
  return [
    { ...one, metric: 'dualityError', value: layer[0] ?? NaN, estimator: `largest difference of x exp(alpha') + mu' from (x - mu) exp(-alpha), of ${nets.length} layers` },
    { ...one, metric: 'dualitySampleError', value: sampled[0] ?? NaN, estimator: `largest difference of the whole inverse autoregressive flow's samples from the masked one's codes, ${nets.length} layers` },
    { ...one, metric: 'dualityInverseError', value: inverted[0] ?? NaN, estimator: `largest difference of the inverse autoregressive flow's way back from the masked one's, ${nets.length} layers` },
  ];
};

const largest = (differences: Tensor): Tensor => max(abs(differences));
