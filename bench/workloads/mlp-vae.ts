import { add, div, logSumExp, mean, mul, neg, reshape, sigmoid, square, sub, sum, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { crossEntropy, denseSpec, halves, klToStandard, mlp, reparameterise } from './layers';
import type { Values, Workload } from './workload';

const latents = 20;

const net = {
  example: [784],
  data: 'binary' as const,
  parameters: {
    ...denseSpec('encode1', 784, 512),
    ...denseSpec('encode2', 512, 256),
    ...denseSpec('posterior', 256, 2 * latents),
    ...denseSpec('decode1', latents, 256),
    ...denseSpec('decode2', 256, 512),
    ...denseSpec('logits', 512, 784),
  },
  constants: () => ({}),
};

const encode = (values: Values, x: Tensor): [Tensor, Tensor] => halves(mlp(values, ['encode1', 'encode2', 'posterior'], x));
const decode = (values: Values, z: Tensor): Tensor => mlp(values, ['decode1', 'decode2', 'logits'], z);

/** Kingma and Welling 2014, equation 10 with one sample; the grid is the decoder on 20 by 20 codes. */
export const mlpVae = (batch = 128): Workload => ({
  ...net,
  id: 'W1',
  title: 'MLP VAE',
  batch,
  noise: { z: { kind: 'normal', shape: [batch, latents] } },
  loss(values, x, { z: noise }) {
    const [mu, logVariance] = encode(values, x);
    const z = reparameterise(mu, logVariance, noise as Tensor);
    return div<Scalar>(add(sum(crossEntropy(decode(values, z), x)), klToStandard(mu, logVariance)), batch);
  },
  sample: {
    title: '400 decoded grid points',
    noise: { z: { kind: 'normal', shape: [400, latents] } },
    given: true,
    run: (values, { z }) => sigmoid(decode(values, z as Tensor)),
  },
});

const draws = 50;

/** Burda, Grosse and Salakhutdinov 2016, equation 8, on the same nets. */
export const iwae = (batch = 20): Workload => ({
  ...net,
  id: 'W3',
  title: 'IWAE, K = 50',
  batch,
  noise: { z: { kind: 'normal', shape: [batch, draws, latents] } },
  loss(values, x, { z }) {
    const noise = z as Tensor;
    const [mu, logVariance] = encode(values, x).map((part) => reshape(part, [batch, 1, latents])) as [Tensor, Tensor];
    const code = reparameterise(mu, logVariance, noise);
    const logits = reshape(decode(values, reshape(code, [batch * draws, latents])), [batch, draws, 784]);
    const logPrior = mul(sum(add(sub(square(noise), square(code)), logVariance), 2), 0.5); // log p(z) - log q(z|x)
    const logWeight = sub(logPrior, sum(crossEntropy(logits, reshape(x, [batch, 1, 784])), 2));
    return neg(sub(mean(logSumExp(logWeight, 1)), Math.log(draws))) as Scalar;
  },
});
