import { z } from 'zod';
import { described } from '../../../contract/settings';
import { actnorm } from '../../bijectors/actnorm';
import { splineCoupling } from '../../bijectors/spline';
import { defineModel } from '../../model';
import { constructionOf, flowModel, layerCount, marginSetting, netSettings, refuseSingle, sizeOf } from './flow-model';
import { evenFirst } from './nice';

export const splineFlow = defineModel({
  id: 'spline-flow',
  title: 'Spline flow',
  family: 'flows',
  summary: 'Couplings that bend each value by a monotone spline in place of a straight line: the modern reference.',
  source: 'Durkan, Bekasov, Murray and Papamakarios 2019.',
  objective: '-log N(z; 0, I) - sum of the splines\' log-slopes, mean over x',
  page: {
    idea: 'Rational quadratic pieces join smoothly, are undone by solving a quadratic equation, and take far more shapes than a scale and a shift: a few layers do what affine ones need many for.',
    formulas: [
      String.raw`y_b = g_{\theta(x_a)}(x_b), \qquad \log\Bigl|\det \frac{\partial y}{\partial x}\Bigr| = \sum_j \log g'_{\theta_j(x_a)}(x_{b,j})`,
    ],
    symbols: 'θ are widths, heights and slopes of the pieces that a net makes of the other half; outside of their box g is the identity.',
    lookAt: 'Density of a checkerboard: corners that affine couplings blur. Flow stages: what one layer does.',
  },
  settings: z.strictObject({
    layers: layerCount(6),
    ...netSettings,
    bins: described(z.int().min(2).max(64).default(8), { title: 'Bins', help: 'Pieces of each spline.' }),
    bound: described(z.number().min(0.5).max(20).default(3), { title: 'Bound', help: 'The splines bend within this distance of zero and are the identity outside.' }),
    margin: marginSetting(0.05),
  }),
  abilities: ['encode', 'decode', 'sample', 'reconstruct', 'logProb', 'stages'],
  trainedBy: 'gradient',
  accepts: 'tables of two columns or more, and pictures as rows of values',
  refuses: refuseSingle,
  build({ settings, data, noise }) {
    const construction = constructionOf(noise);
    const size = sizeOf(data);
    const layers = Array.from({ length: settings.layers }, (_, i) => [
      { name: `normalisation ${i + 1}`, bijector: actnorm(construction, `layer-${i}/actnorm`, size) },
      { name: `spline coupling ${i + 1}`, bijector: splineCoupling(construction, `layer-${i}`, size, { ...settings, flip: i % 2 === 1 }) },
    ]);
    return flowModel({ data, construction, margin: settings.margin, layers: [...evenFirst(data), ...layers.flat()] });
  },
});
