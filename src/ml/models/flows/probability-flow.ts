import { abs, max, mean, neg, reshape, sub, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { described } from '../../../contract/settings';
import { probabilityFlow as flow, standardised, type NormalMixture } from '../../bijectors/probability-flow';
import { defineModel, type FittedModel } from '../../model';
import { readValues } from '../../read';
import { gmm } from '../baselines/gmm';
import { flowModel, sizeOf } from './flow-model';

const most = 64;

export const probabilityFlow = defineModel({
  id: 'probability-flow',
  title: 'Probability flow',
  family: 'flows',
  summary: 'A mixture of normals that diffuses to noise has its score in closed form; the flow along it gives the density of the mixture again, with nothing learned but the mixture.',
  source: 'Song et al. 2021, equation 13, with the exact score; the mixture by expectation-maximisation.',
  objective: '-log p(x), log p(x) = log N(x(1); 0, I) + integral of div dx/dt, dx/dt = -beta(t)/2 (x + grad log p_t(x)), mean over x',
  page: {
    idea: 'A diffusion that turns data into noise has a flow with the same densities at every time, which needs only the score. Of a mixture of normals the score is known, so nothing but the mixture is learned, and the flow’s density can be checked against it.',
    formulas: [
      String.raw`\frac{dx}{dt} = -\tfrac12 \beta(t)\,\bigl(x + \nabla_x \log p_t(x)\bigr)`,
      String.raw`\log p(x) = \log \mathcal N(x(1);\ 0, I) + \int_0^1 \nabla\!\cdot \frac{dx}{dt}\, dt`,
    ],
    symbols: 'p_t is the mixture diffused until t, β the rate of the diffusion.',
    lookAt: 'Flow stages: clusters that melt. Density beside that of the Gaussian mixture: they agree but for the solver’s error.',
  },
  settings: z.strictObject({
    components: described(z.int().min(1).max(64).default(8), { title: 'Components', help: 'Normals of the mixture that is fitted to the data: eight are the truth of 8gaussians.' }),
    layers: described(z.int().min(1).max(16).default(8), { title: 'Stages', help: 'Pieces of equal length that the time from 0 to 1 is shown in.' }),
    solverSteps: described(z.int().min(1).max(256).default(12), { title: 'Solver steps', help: 'Of the Runge-Kutta method of order 4, in each stage. With fewer, the density is further from the mixture\'s.' }),
  }),
  abilities: ['encode', 'decode', 'sample', 'reconstruct', 'logProb', 'stages'],
  trainedBy: 'fit',
  accepts: `tables of up to ${most} columns`,
  refuses(data, { components }) {
    const size = sizeOf(data);
    if (data.kind === 'pictures' || size > most) return `The probability flow here is of a mixture of normals, for tables of up to ${most} columns: choose such a table.`;
    return components > data.examples ? `There are ${data.examples} examples for ${components} components: choose ${data.examples} components or fewer.` : null;
  },
  build({ settings: { components, layers: stages, solverSteps }, data, noise }) {
    const fitted = gmm.build({ settings: gmm.settings.parse({ components, covariance: 'diagonal' }), data, noise }) as FittedModel;
    const { parameters } = fitted;
    const of = <T extends Tensor>(name: string): T => parameters[name] as Tensor as T;
    const { mixture, normalise } = standardised((): NormalMixture => ({ logWeights: of<Tensor1D>('log-weights'), means: of<Tensor2D>('means'), deviations: of<Tensor2D>('deviations') }));
    const spans = Array.from({ length: stages }, (_, i) => ({ from: i / stages, to: (i + 1) / stages, steps: solverSteps }));
    const layers = [{ name: 'normalisation', bijector: normalise }, ...spans.map((span) => ({ name: `time ${span.to.toFixed(2)}`, bijector: flow(mixture, span) }))];
    const { latentSize, unit, abilities } = flowModel({ data, construction: { parameters, noise }, layers });
    return {
      parameters,
      latentSize,
      unit,
      abilities,
      /** One step: the mixture, and how its density by the flow compares with its own. */
      *fit(batch, sampling) {
        for (const step of fitted.fit(batch, sampling)) void step;
        const { lossNats, exactNats, differenceNats } = readValues(() => {
          const byFlow = abilities.logProb?.(batch, sampling) ?? batch;
          const exact = fitted.abilities.logProb?.(batch, sampling) ?? batch;
          return { lossNats: neg(mean(byFlow)), exactNats: neg(mean(exact)), differenceNats: max(abs(sub(reshape(byFlow, [-1]), reshape(exact, [-1])))) };
        });
        yield { lossNats: lossNats[0] ?? NaN, exactNats: exactNats[0] ?? NaN, differenceNats: differenceNats[0] ?? NaN };
      },
    };
  },
});
