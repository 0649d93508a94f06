import { add, concat, memory, mul, scalar, sigmoid, slice, tidy, type Tensor2D, type Tensor4D, type Variable } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Construction } from '../nets/dense';
import { keepAll, pixelCnnPlusPlus } from '../nets/masked-pixelcnn-pp';
import { createNoise } from '../random/noise';
import { drawBands } from './bands';

const noise = createNoise(4);

/** A value between the grey levels, from an output of its own channel, the pixel's channel before, and the noise. */
const draw = (outputs: Tensor2D, channel: number, pixel: Tensor2D, noiseOfIt: Tensor2D): Tensor2D => {
  const before = channel === 0 ? scalar(0) : slice(pixel, [0, channel - 1], [-1, 1]);
  return sigmoid(add(add(slice(outputs, [0, channel], [-1, 1]), before), noiseOfIt));
};

describe.each([
  { resolutions: 1, layers: 2, height: 4, width: 3, channels: 3 },
  { resolutions: 2, layers: 1, height: 5, width: 7, channels: 1 },
  { resolutions: 2, layers: 2, height: 4, width: 6, channels: 3 },
  { resolutions: 3, layers: 1, height: 9, width: 6, channels: 1 },
  { resolutions: 3, layers: 2, height: 6, width: 7, channels: 2 },
  { resolutions: 3, layers: 1, height: 1, width: 2, channels: 1 },
  { resolutions: 4, layers: 1, height: 10, width: 9, channels: 1 },
])('$height x $width pixels of $channels channels, at $resolutions resolutions with $layers layers,', ({ height, width, channels, ...shape }) => {
  it('has the values that are known, and then those that a pass of the whole net over the finished picture gives', () => {
    const batch = 2;
    const size = height * width * channels;
    const known = Math.floor(size / 4);
    const construction: Construction = { parameters: {}, noise };
    const net = pixelCnnPlusPlus(construction, { ...shape, channels, filters: 5, outputs: channels });
    const variables = Object.values(construction.parameters) as Variable[];
    tidy(() => variables.forEach((variable, k) => variable.assign(add(variable, mul(noise.normal(variable.shape, `variable ${k}`), 0.1)))));
    const before = memory().numTensors;
    tidy(() => {
      const x = noise.uniform([batch, height, width, channels], 'x') as Tensor4D;
      const z = noise.normal([size, batch, 1], 'z');
      const picture = drawBands({ net, x, known: scalar(known, 'int32'), noise: z, draw });
      const outputs = net.outputs(picture, keepAll).reshape([batch, -1, channels]);
      const pixels = picture.reshape([batch, -1, channels]);
      const again = Array.from({ length: height * width }, (_, i) => {
        const [own, pixel] = [outputs, pixels].map((of) => of.slice([0, i], [batch, 1]).reshape([batch, channels])) as [Tensor2D, Tensor2D];
        return concat(Array.from({ length: channels }, (_unused, c) => draw(own, c, pixel, z.slice(i * channels + c, 1).reshape([batch, 1]) as Tensor2D)), 1);
      });
      const [drawn, given, expected] = [picture, x, concat(again, 1)].map((of) => of.reshape([batch, size]).arraySync() as number[][]) as [number[][], number[][], number[][]];
      drawn.forEach((values, n) =>
        values.forEach((value, i) => (i < known ? expect(value).toBe(given[n]?.[i]) : expect(value, `value ${i} of picture ${n}`).toBeCloseTo(expected[n]?.[i] ?? NaN, 6))),
      );
      expect(new Set(drawn.flat()).size).toBe(drawn.flat().length);
    });
    expect(memory().numTensors).toBe(before);
    variables.forEach((variable) => variable.dispose());
  });
});
