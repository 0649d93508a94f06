import { dispose, tensor4d } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { experimentSchema } from '../../../contract/experiment';
import type { ModelDefinition } from '../../../ml/model';
import { binaryPictures, greyPictures, withModel } from '../../../ml/models/autoregressive/checks';
import { gatedPixelcnn, pixelcnn } from '../../../ml/models/autoregressive/pixelcnn';
import { pixelcnnPlusPlus } from '../../../ml/models/autoregressive/pixelcnn-pp';
import { pixelrnn } from '../../../ml/models/autoregressive/pixelrnn';
import { forget, takeNote } from '../ask';
import type { Session } from '../session';
import { receptiveField } from './samples';

const [height, width, count] = [5, 6, 3];

/** The pixels that the field of each of the pixels reaches, by a model with random weights, asked as a panel asks. */
function reached(definition: ModelDefinition, settings: Record<string, unknown>, pixels: readonly number[], channels = 1): Set<number>[] {
  const data = channels === 1 ? binaryPictures(height, width) : greyPictures(height, width, channels, 4);
  const shown = tensor4d(Float32Array.from({ length: count * height * width * channels }, (_, i) => (channels === 1 ? i * i + (i >> 2) : i * i) % 2), [count, height, width, channels]);
  const found: Set<number>[] = [];
  withModel(
    definition,
    settings,
    data,
    (model) => {
      const session = {
        run: { experiment: experimentSchema.parse({ model: definition.id, data: 'made' }), dataset: { id: 'made', kind: 'pictures', height, width, channels, counts: { train: count, valid: 0, test: count }, builtIn: false } },
        model,
        compute: { backend: process.env.ELBO_BACKEND === 'wasm' ? 'wasm' : 'tensorflow' },
        shown: () => ({ data: shown, labels: null }),
      } as unknown as Session;
      for (const pixel of pixels) {
        const { field } = receptiveField(session, { kind: 'receptive-field', split: 'test', offset: 0, count, pixel });
        found.push(new Set(Array.from(field.keys()).filter((i) => (field[i] ?? 0) > 0)));
      }
      expect(takeNote()).toBeUndefined();
      forget(model);
    },
    0.1,
  );
  dispose(shown);
  return found;
}

const net = { filters: 6, head: 6, firstReach: 1 };
const pixels = [0, 9, 12, 19];
const place = (i: number): [number, number] => [Math.floor(i / width), i % width];
const before = (pixel: number): number[] => Array.from({ length: pixel }, (_, i) => i);
/** Each row up takes a kernel of 3 x 3 one column to the right at most. */
const isBlind = (pixel: number, i: number): boolean => place(i)[1] - place(pixel)[1] > place(pixel)[0] - place(i)[0];

it('of PixelCNN it is nought at the pixel and after it, and exactly nought in the blind spot; of all else before the pixel it is not', () => {
  const blind = pixels.map((pixel) => before(pixel).filter((i) => isBlind(pixel, i)).length);
  expect(blind).toEqual([0, 1, 7, 6]);
  reached(pixelcnn, { ...net, blocks: 6 }, pixels).forEach((field, k) => {
    const pixel = pixels[k] ?? NaN;
    expect([...field]).toEqual(before(pixel).filter((i) => !isBlind(pixel, i)));
  });
});

it('of gated PixelCNN it is every pixel before, also of the first of three channels', () => {
  for (const channels of [1, 3]) reached(gatedPixelcnn, { ...net, blocks: 5, filters: 12, head: 12 }, pixels, channels).forEach((field, k) => expect([...field]).toEqual(before(pixels[k] ?? NaN)));
});

it.each([['PixelCNN++', pixelcnnPlusPlus, { filters: 6, components: 2 }], ['PixelRNN', pixelrnn, {}]] as const)('of %s it is answered in one native call, and is nought at the pixel and after it', (_, definition, settings) => {
  reached(definition as ModelDefinition, settings, [0, 16]).forEach((field, k) => expect(Math.max(-1, ...field)).toBeLessThan([0, 16][k] ?? NaN));
});
