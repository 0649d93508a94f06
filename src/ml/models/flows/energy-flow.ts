import { abs, add, cast, div, exp, log1p, mean, minimum, mul, neg, relu, sigmoid, sin, slice, sqrt, square, squeeze, sub, sum, type Scalar, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { described } from '../../../contract/settings';
import { chain, invert } from '../../bijectors/bijector';
import { logNormalDensity } from '../../bijectors/normal';
import { planar } from '../../bijectors/planar';
import { radial } from '../../bijectors/radial';
import { energies, energyBox, wallWidth, walledLogNormaliser } from '../../data/energies';
import { defineModel } from '../../model';
import { constructionOf, flowModel, layerCount, normalBase, sizeOf, type FlowLayer } from './flow-model';

const ids = ['u1', 'u2', 'u3', 'u4'] as const;

export const energyFlow = defineModel({
  id: 'energy-flow',
  title: 'Flow fitted to an energy',
  family: 'flows',
  summary: 'Draws of N(0, I) are led through planar or radial layers until they are as likely as an energy says, by the reverse divergence: no examples are looked at.',
  source: 'Rezende and Mohamed 2015, section 6.1 and table 1.',
  objective: 'E[log q(x) + b U(x)] + log Z, x = f(z), z ~ N(0, I), log q(x) = log N(z; 0, I) - sum of log|det|: KL(q || p) from where b has risen to 1',
  page: {
    idea: 'No examples, only a density up to a constant: the flow’s own draws are moved until they are as likely as the energy says, which is what a posterior flow does inside of a VAE. It pays for draws where the target has nothing, and not for modes that it never visits.',
    formulas: [
      String.raw`\mathrm{KL}(q\,\Vert\,p) = \mathbb E_{z \sim \mathcal N(0, I)}\Bigl[\log \mathcal N(z;\ 0, I) - \log\Bigl|\det \frac{\partial f}{\partial z}\Bigr| + U\bigl(f(z)\bigr)\Bigr] + \log Z`,
    ],
    symbols: 'U is the energy, p = exp(-U) / Z within a box, f the layers.',
    lookAt: 'Loss curves: the divergence itself, which cannot be below zero. Density beside the data set of the energy’s name, with 2, 8 and 32 layers: what two planar layers can bend.',
  },
  settings: z.strictObject({
    energy: described(z.enum(ids).default('u1'), { title: 'Energy', help: 'The target is exp(-U) within a box. Choose the data set of the same name to see the two side by side.' }),
    kind: described(z.enum(['planar', 'radial']).default('planar'), { title: 'Kind of layer', help: 'Planar layers press along a direction, radial ones around a point.' }),
    layers: layerCount(8),
    tempering: described(z.int().min(0).max(1_000_000).default(1000), { title: 'Tempering', unit: 'steps', help: 'In which the exponent of the target rises from 0.01 to 1: without it one of two modes is easily left out.' }),
  }),
  abilities: ['encode', 'decode', 'sample', 'reconstruct', 'logProb', 'stages'],
  trainedBy: 'gradient',
  accepts: 'tables of two columns or more, which it is only compared with; the target of columns after the second is N(0, 1)',
  refuses: ({ kind, channels }) => (kind === 'table' && channels >= 2 ? null : 'An energy is a function of two numbers: choose a table of two columns, best that of the energy\'s name.'),
  build({ settings, data, noise }) {
    const construction = constructionOf(noise);
    const size = sizeOf(data);
    const layer = settings.kind === 'planar' ? planar : radial;
    // Layers are read from the base to the data, which needs no inverse in training.
    const layers: FlowLayer[] = Array.from({ length: settings.layers }, (_, i) => ({ name: `${settings.kind} ${i + 1}`, bijector: invert(layer(construction, `layer-${i}`, size)) }));
    const whole = chain(layers.map(({ bijector }) => bijector));
    const target = energies.find(({ id }) => id === settings.energy) as (typeof energies)[number];
    const logNormaliser = walledLogNormaliser(target);
    return {
      ...flowModel({ data, construction, layers }),
      objective(batch, { noise: sampling, step }) {
        const start = normalBase.sample([batch.shape[0], size], sampling, 'draws');
        const { x, logDet } = whole.inverse(start);
        const negativeEntropyNats = mean<Scalar>(sub(normalBase.logProb(start), logDet));
        const energy = walledEnergy(settings.energy, x as Tensor2D);
        const withOthers = mean<Scalar>(size === 2 ? energy : sub(energy, sum(logNormalDensity(slice(x as Tensor2D, [0, 2])), 1)));
        const energyNats = add<Scalar>(withOthers, logNormaliser);
        // E[log q + b U] with an exponent b: the divergence and (b - 1) E[U] (Rezende and Mohamed 2015, equation 20).
        const exponent = minimum<Scalar>(1, add(mul(cast(step, 'float32'), 0.99 / Math.max(settings.tempering, 1)), 0.01));
        const temperingNats = mul<Scalar>(sub(exponent, 1), withOthers);
        const lossNats = add<Scalar>(add(negativeEntropyNats, energyNats), temperingNats);
        return { loss: lossNats, terms: { lossNats, negativeEntropyNats, energyNats, temperingNats } };
      },
    };
  },
});

/** U with walls, `[batch]`, of the first two columns of `x`: `data/energies.ts` in tensors. */
export function walledEnergy(id: (typeof ids)[number], x: Tensor2D): Tensor1D {
  const [z1, z2] = [0, 1].map((column) => squeeze<Tensor1D>(slice(x, [0, column], [-1, 1]), [1])) as [Tensor1D, Tensor1D];
  const half = (value: Tensor, scale: number): Tensor => mul(square(div(value, scale)), 0.5);
  /** -ln(e^-a + e^-b) */
  const either = (a: Tensor, b: Tensor): Tensor => sub(minimum(a, b), log1p(exp(neg(abs(sub(a, b))))));
  const fromWave = sub(z2, sin(mul(z1, Math.PI / 2)));
  const energy = {
    u1: () => add(half(sub(sqrt(add(add(square(z1), square(z2)), 1e-12)), 2), 0.4), either(half(sub(z1, 2), 0.6), half(add(z1, 2), 0.6))),
    u2: () => half(fromWave, 0.4),
    u3: () => either(half(fromWave, 0.35), half(add(fromWave, mul(exp(neg(half(sub(z1, 1), 0.6))), 3)), 0.35)),
    u4: () => either(half(fromWave, 0.4), half(add(fromWave, mul(sigmoid(div(sub(z1, 1), 0.3)), 3)), 0.35)),
  }[id]();
  const beyond = (value: Tensor): Tensor => half(relu(sub(abs(value), energyBox)), wallWidth);
  return add(energy, add(beyond(z1), beyond(z2)));
}
