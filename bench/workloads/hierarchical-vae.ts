import { add, div, exp, mul, neg, relu, square, sub, sum, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { conv, convSpec, crossEntropy, halves, joined, klToStandard, reparameterise, residual, residualSpec, transposedSpec, upsample } from './layers';
import type { Workload } from './workload';

/** KL(q || p) of Gaussians given as (mean, log variance), summed over everything. */
function kl([qMean, qLog]: [Tensor, Tensor], [pMean, pLog]: [Tensor, Tensor]): Tensor {
  const ratio = mul(add(exp(qLog), square(sub(qMean, pMean))), exp(neg(pLog)));
  return mul(sum(sub(add(sub(pLog, qLog), ratio), 1)), 0.5);
}

/** A ladder of three groups of latents, top 4x4x8, middle 8x8x8, bottom 16x16x4 (Sønderby et al. 2016; Child 2021). */
export const hierarchicalVae = (batch = 32): Workload => ({
  id: 'W9',
  title: 'hierarchical VAE',
  batch,
  example: [32, 32, 1],
  data: 'binary',
  parameters: {
    ...convSpec('down1', [4, 4], 1, 32),
    ...residualSpec('seen1', 32),
    ...convSpec('down2', [4, 4], 32, 64),
    ...residualSpec('seen2', 64),
    ...convSpec('down3', [4, 4], 64, 64),
    ...residualSpec('seen3', 64),
    ...convSpec('posterior3', [3, 3], 64, 16),
    ...convSpec('z3', [3, 3], 8, 64),
    ...residualSpec('made3', 64),
    ...transposedSpec('up2', 64, 64),
    ...convSpec('prior2', [3, 3], 64, 16),
    ...convSpec('posterior2', [3, 3], 128, 16),
    ...convSpec('z2', [3, 3], 8, 64),
    ...residualSpec('made2', 64),
    ...transposedSpec('up1', 64, 32),
    ...convSpec('prior1', [3, 3], 32, 8),
    ...convSpec('posterior1', [3, 3], 64, 8),
    ...convSpec('z1', [3, 3], 4, 32),
    ...residualSpec('made1', 32),
    ...transposedSpec('up0', 32, 32),
    ...convSpec('logits', [3, 3], 32, 1),
  },
  constants: () => ({}),
  noise: {
    z3: { kind: 'normal', shape: [batch, 4, 4, 8] },
    z2: { kind: 'normal', shape: [batch, 8, 8, 8] },
    z1: { kind: 'normal', shape: [batch, 16, 16, 4] },
  },
  loss(values, x, noise) {
    const see = (level: number, below: Tensor): Tensor => residual(values, `seen${level}`, relu(conv(values, `down${level}`, below, 2)));
    const seen1 = see(1, x);
    const seen2 = see(2, seen1);
    const seen3 = see(3, seen2);

    const [mean, logVariance] = halves(conv(values, 'posterior3', seen3));
    const top = reparameterise(mean, logVariance, noise['z3'] as Tensor);
    const kls = [klToStandard(mean, logVariance)];
    let made = residual(values, 'made3', relu(conv(values, 'z3', top)));
    for (const [level, seen] of [[2, seen2], [1, seen1]] as const) {
      const above = relu(upsample(values, `up${level}`, made));
      const prior = halves(conv(values, `prior${level}`, above));
      const posterior = halves(conv(values, `posterior${level}`, joined(seen, above)));
      const z = reparameterise(...posterior, noise[`z${level}`] as Tensor);
      kls.push(kl(posterior, prior));
      made = residual(values, `made${level}`, add(above, conv(values, `z${level}`, z)));
    }
    const logits = conv(values, 'logits', relu(upsample(values, 'up0', made)));
    return div<Scalar>(kls.reduce((total, term) => add(total, term), sum(crossEntropy(logits, x))), batch);
  },
});
