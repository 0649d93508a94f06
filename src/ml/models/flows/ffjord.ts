import { add, cast, greaterEqual, mean, mul, neg, reshape, sub, type Scalar, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { described } from '../../../contract/settings';
import { actnorm } from '../../bijectors/actnorm';
import { concatsquash, continuous, flowField, through } from '../../bijectors/continuous';
import { defineModel } from '../../model';
import { constructionOf, flowModel, normalBase, sizeOf } from './flow-model';

const most = 64;

export const ffjord = defineModel({
  id: 'ffjord',
  title: 'FFJORD',
  family: 'flows',
  summary: 'The data move along a learned velocity field for a time; the density changes by the integral of its divergence.',
  source: 'Grathwohl et al. 2019; the solver\'s steps are differentiated, and kept honest by a kinetic penalty (Finlay et al. 2020).',
  objective: '-log N(z(1); 0, I) - integral of tr df/dz + lambda integral of |f|^2, mean over x',
  page: {
    idea: 'No structure is asked of the net, as any smooth field can be followed back; only its trace is needed, never a determinant. The price is the solver, whose errors a careless optimiser learns to exploit.',
    formulas: [
      String.raw`\frac{dz}{dt} = f_\theta(z, t), \qquad \log p(x) = \log \mathcal N(z(1);\ 0, I) + \int_0^1 \operatorname{tr} \frac{\partial f_\theta}{\partial z}\, dt`,
      String.raw`\operatorname{tr} \frac{\partial f}{\partial z} = \mathbb E_\varepsilon\Bigl[\varepsilon^\top \frac{\partial f}{\partial z}\, \varepsilon\Bigr]`,
    ],
    symbols: 'x is at time 0. Hutchinson’s ε has unit variance and stays the same during one solve.',
    lookAt: 'Flow stages: paths that do not cross. The same density with four times the solver’s steps: if it changes, it was not one. Kinetic penalty at 0.',
  },
  settings: z.strictObject({
    layers: described(z.int().min(1).max(16).default(4), { title: 'Stages', help: 'Pieces of equal length that the time from 0 to 1 is shown in.' }),
    solverSteps: described(z.int().min(1).max(64).default(4), { title: 'Solver steps', help: 'Of the Runge-Kutta method of order 4, in each stage. Too few, and the numbers are not those of a density.' }),
    widths: described(z.array(z.int().min(1).max(1024)).max(6).default([64, 64, 64]), { title: 'Hidden layers', unit: 'units', help: 'Of the net that gives the velocity.' }),
    trace: described(z.enum(['exact', 'hutchinson']).default('exact'), { title: 'Trace', help: 'In training: a product with the Jacobian for each column, or an unbiased estimate by one. Evaluations are exact.' }),
    kinetic: described(z.number().min(0).max(10).default(0.01), { title: 'Kinetic penalty', help: 'Weight of the integral of the squared speed: without it the field learns to cheat the solver.' }),
  }),
  abilities: ['encode', 'decode', 'sample', 'reconstruct', 'logProb', 'stages'],
  trainedBy: 'gradient',
  accepts: `tables of up to ${most} columns`,
  refuses(data) {
    if (data.kind === 'pictures') return 'The continuous flow here is for tables, since its divergence takes a product with the Jacobian for each value: choose Glow or RealNVP for pictures.';
    return sizeOf(data) > most ? `The divergence takes a product with the Jacobian for each column, and these data have ${sizeOf(data)}: choose a table of up to ${most} columns.` : null;
  },
  build({ settings, data, noise }) {
    const construction = constructionOf(noise);
    const size = sizeOf(data);
    const normalise = actnorm(construction, 'actnorm', size);
    const dynamics = concatsquash(construction, 'field', size, settings.widths);
    const spans = Array.from({ length: settings.layers }, (_, i) => ({ from: i / settings.layers, to: (i + 1) / settings.layers, steps: settings.solverSteps }));
    const layers = [{ name: 'normalisation', bijector: normalise }, ...spans.map((span) => ({ name: `time ${span.to.toFixed(2)}`, bijector: continuous(dynamics, span) }))];
    return {
      ...flowModel({ data, construction, layers }),
      objective(x, { noise: sampling }) {
        const values = reshape(x, [x.shape[0], size]);
        const start = normalise.forward(values);
        const probe = settings.trace === 'exact' ? undefined : rademacher(sampling.uniform(values.shape, 'probe') as Tensor2D);
        const { y, logDet, kinetic } = through(flowField(dynamics, probe), start.y as Tensor2D, { from: 0, to: 1, steps: settings.layers * settings.solverSteps });
        const likelihoodNats = neg<Scalar>(mean(add<Tensor1D>(normalBase.logProb(y), add(start.logDet, logDet))));
        const kineticNats = mul<Scalar>(mean(kinetic), settings.kinetic);
        const lossNats = add<Scalar>(likelihoodNats, kineticNats);
        return { loss: lossNats, terms: { lossNats, likelihoodNats, kineticNats } };
      },
    };
  },
});

/** -1 or 1 with equal probability, from uniforms. */
const rademacher = (u: Tensor2D): Tensor2D => sub(mul(cast(greaterEqual(u, 0.5), 'float32'), 2), 1);
