import { add, cast, mean, minimum, mul, neg, reshape, sub, tidy, type Scalar, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { described } from '../../../contract/settings';
import { actnorm } from '../../bijectors/actnorm';
import { iaf, inOrder, maf, reversed } from '../../bijectors/autoregressive';
import { chain } from '../../bijectors/bijector';
import { distillation } from '../../bijectors/distillation';
import { defineModel } from '../../model';
import type { Construction } from '../../nets/dense';
import { constructionOf, flowModel, layerCount, netSettings, normalBase, sizeOf, type FlowLayer } from './flow-model';

const most = 64;
/** Of the teacher, that the student's normalisations start from. */
const draws = 1024;

export const distilledFlow = defineModel({
  id: 'distilled-flow',
  title: 'Distilled flow',
  family: 'flows',
  summary: 'A masked autoregressive teacher learns the data by likelihood; an inverse autoregressive student, which samples in one pass, learns the teacher by its own samples, as Parallel WaveNet does.',
  source: 'Van den Oord et al. 2018 (Parallel WaveNet), section 4; teacher and student learn at the same time, the student from the mean of the teacher\'s last weights (Polyak and Juditsky 1992).',
  objective: '-log p_teacher(x), mean over x, + E[log q(x) - b log p_teacher(x)] over samples of the student, p_teacher with averaged weights: KL(student || teacher) from where b has risen to 1',
  page: {
    idea: 'MAF gives densities fast and IAF gives samples fast; distillation gives both. The teacher, a MAF, learns from data; the student, an IAF, knows the density of its own samples, and is moved to where the teacher finds them likely. It sees no data.',
    formulas: [
      String.raw`\mathrm{KL}(p_S\,\Vert\,p_T) = \mathbb E_{z \sim \mathcal N(0, I)}\Bigl[\log \mathcal N(z;\ 0, I) - \sum_i \alpha_i(z) - \log p_T\bigl(x(z)\bigr)\Bigr]`,
    ],
    symbols: 'x(z) is the student’s sample, α its log-scales, each between -3 and 3, p_T the density of the teacher’s averaged weights.',
    lookAt: 'Sample points beside the data: a divergence from the student’s side forgives a missing cluster, never a point between two. The time of a thousand samples beside MAF’s.',
  },
  settings: z.strictObject({
    teacherLayers: described(z.int().min(1).max(64).default(5), { title: 'Teacher\'s layers', help: 'Masked autoregressive layers.' }),
    layers: layerCount(5),
    ...netSettings,
    averaging: described(z.number().min(0).max(0.99999).default(0.999), { title: 'Averaging', help: 'What a step keeps of the mean of the teacher\'s weights, which the student learns from: with 0.999 a mean over some thousand steps.' }),
    tempering: described(z.int().min(0).max(1_000_000).default(3000), { title: 'Tempering', unit: 'steps', help: 'In which the exponent of the teacher\'s density rises from 0.1 to 1: a student that starts wide loses fewer of its clusters.' }),
  }),
  abilities: ['encode', 'decode', 'sample', 'reconstruct', 'logProb', 'stages'],
  trainedBy: 'gradient',
  accepts: `tables of up to ${most} columns`,
  refuses: (data) =>
    data.kind === 'pictures' || sizeOf(data) > most ? `The student's density takes a pass of its nets for each value, so distillation here is for tables of up to ${most} columns: choose such a table.` : null,
  build({ settings, data, noise }) {
    const size = sizeOf(data);
    const construction = constructionOf(noise);
    const average: Construction = { parameters: {}, noise: construction.noise };
    const layersOf = (of: Construction, name: string, count: number, layer: typeof maf): FlowLayer[] =>
      Array.from({ length: count }, (_, i) => [
        { name: `normalisation ${i + 1}`, bijector: actnorm(of, `${name}/layer-${i}/actnorm`, size) },
        { name: `inverse autoregressive ${i + 1}`, bijector: layer(of, `${name}/layer-${i}`, size, { ...settings, order: i % 2 === 0 ? inOrder(size) : reversed(size) }) },
      ]).flat();
    const whole = (layers: readonly FlowLayer[]) => chain(layers.map(({ bijector }) => bijector));
    const teacher = whole(layersOf(construction, 'teacher', settings.teacherLayers, maf));
    const averaged = whole(layersOf(average, 'teacher', settings.teacherLayers, maf));
    const studentLayers = layersOf(construction, 'student', settings.layers, iaf);
    const student = whole(studentLayers);
    const rows = (x: Tensor): Tensor2D => reshape(x, [x.shape[0] ?? 0, size]);
    const logProb = (flow: typeof teacher, x: Tensor2D): Tensor1D => {
      const { y, logDet } = flow.forward(x);
      return add(normalBase.logProb(y as Tensor2D), logDet);
    };
    // Not `average/`, which is the optimiser's.
    const nameOf = (name: string): string => `averaged/${name}`;
    return {
      ...flowModel({ data, construction, layers: studentLayers }),
      state: Object.fromEntries(Object.entries(average.parameters).map(([name, variable]) => [nameOf(name), variable])),
      // The student starts, too, from what its teacher draws.
      initialise: (batch, sampling) =>
        tidy(() => {
          for (const flow of [teacher, averaged]) flow.initialise?.(rows(batch));
          student.initialise?.(averaged.inverse(normalBase.sample([draws, size], sampling, 'teacher')).x);
        }),
      objective(x, { noise: sampling, step }) {
        const z = normalBase.sample([x.shape[0], size], sampling, 'student');
        const teacherNats = neg<Scalar>(mean(logProb(teacher, rows(x))));
        const { divergence: klNats, teacherLogProb } = distillation(student, (x) => logProb(averaged, x), z);
        const { averaging, tempering } = settings;
        // E[log q - b log p] with an exponent b is the divergence and (1 - b) E[log p].
        const exponent = minimum<Scalar>(1, add(mul(cast(step, 'float32'), 0.9 / Math.max(tempering, 1)), 0.1));
        const temperingNats = mul<Scalar>(sub(1, exponent), teacherLogProb);
        const lossNats = add<Scalar>(teacherNats, add(klNats, temperingNats));
        const updates = Object.fromEntries(
          Object.entries(average.parameters).map(([name, variable]) => [nameOf(name), add(mul(variable, averaging), mul(construction.parameters[name] as Tensor, 1 - averaging))]),
        );
        return { loss: lossNats, terms: { lossNats, teacherNats, klNats, temperingNats }, updates };
      },
    };
  },
});
