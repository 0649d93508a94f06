import { mean, sub, type Scalar, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { standardNormal } from '../distributions/gaussian';
import type { Bijector } from './bijector';

/**
 * KL(student || teacher), estimated by draws of the student alone (probability density distillation, van den Oord et al. 2018, section 4): the mean of
 * log N(z) - log|dx/dz| - log p(x) at x = student^-1(z). An inverse autoregressive student gives x and its density in one pass, and a masked autoregressive teacher log p(x);
 * gradients pass through x, and the teacher's parameters are held by not being asked for.
 * @param z draws of N(0, I), `[batch, size]`
 * @param teacher log p(x) of `[batch, size]`, nats
 * @returns the divergence, and its part by the teacher: the mean of log p(x)
 */
export function distillation(student: Bijector, teacher: (x: Tensor2D) => Tensor1D, z: Tensor2D): { divergence: Scalar; teacherLogProb: Scalar } {
  const { x, logDet } = student.inverse(z);
  const teacherLogProb = mean<Scalar>(teacher(x as Tensor2D));
  return { divergence: sub(mean(sub(standardNormal(...z.shape).logProb(z), logDet)), teacherLogProb), teacherLogProb };
}
