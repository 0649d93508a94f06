import { add, div, mul, relu, reshape, square, sub, sum, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { conv, convSpec, dense, denseSpec, halves, klToStandard, log2pi, reparameterise, transposedSpec, upsample } from './layers';
import type { Workload } from './workload';

const latents = 64;

/** A VAE with a Gaussian likelihood of variance 1 on 32 by 32 colour images. */
export const convVae = (batch = 64): Workload => ({
  id: 'W2',
  title: 'convolutional VAE',
  batch,
  example: [32, 32, 3],
  data: 'unit',
  parameters: {
    ...convSpec('conv1', [4, 4], 3, 32),
    ...convSpec('conv2', [4, 4], 32, 64),
    ...convSpec('conv3', [4, 4], 64, 128),
    ...denseSpec('encode', 2048, 256),
    ...denseSpec('posterior', 256, 2 * latents),
    ...denseSpec('decode1', latents, 256),
    ...denseSpec('decode2', 256, 2048),
    ...transposedSpec('up1', 128, 64),
    ...transposedSpec('up2', 64, 32),
    ...transposedSpec('up3', 32, 3),
  },
  constants: () => ({}),
  noise: { z: { kind: 'normal', shape: [batch, latents] } },
  loss(values, x, { z: noise }) {
    const seen = ['conv1', 'conv2', 'conv3'].reduce((h, name) => relu(conv(values, name, h, 2)), x);
    const [mu, logVariance] = halves(dense(values, 'posterior', relu(dense(values, 'encode', reshape(seen, [batch, 2048])))));
    const z = reparameterise(mu, logVariance, noise as Tensor);
    const small = reshape(relu(dense(values, 'decode2', relu(dense(values, 'decode1', z)))), [batch, 4, 4, 128]);
    const image = upsample(values, 'up3', relu(upsample(values, 'up2', relu(upsample(values, 'up1', small)))));
    const squaredError = sum(square(sub(x, image)));
    return add<Scalar>(div(add(mul(squaredError, 0.5), klToStandard(mu, logVariance)), batch), 0.5 * 3072 * log2pi);
  },
});
