import { describe, expect, it } from 'vitest';
import type { DataShape } from '../../../contract/models';
import { binaryPictures, expectMode, expectOrder, expectSampling, greyPictures, influences, totalProbability, weightsOfPreset, withModel } from './checks';
import { gatedPixelcnn, pixelcnn } from './pixelcnn';

const small = { filters: 6, head: 6, firstReach: 1 };

describe.each([
  { name: 'PixelCNN', definition: pixelcnn, settings: { ...small, blocks: 2 } },
  { name: 'Gated PixelCNN', definition: gatedPixelcnn, settings: { ...small, blocks: 3 } },
  { name: 'Gated PixelCNN that knows the place', definition: gatedPixelcnn, settings: { ...small, blocks: 2, location: 3 } },
])('$name', ({ definition, settings }) => {
  it('has probabilities that sum to one over all binary pictures', () =>
    withModel(definition, settings, binaryPictures(3, 3), (model) => expect(Math.abs(totalProbability(model, binaryPictures(3, 3)) - 1)).toBeLessThan(1e-6)));

  for (const [pixels, data, levels] of [['binary', binaryPictures(4, 5), 2], ['grey', greyPictures(3, 4), 256], ['coloured', greyPictures(3, 2, 3, 7), 7]] as const) {
    it(`draws with what it kept what whole passes draw, and completes: ${pixels}`, () => withModel(definition, settings, data, (model) => expectSampling(model, data, levels)));
    it(`has the most probable values at temperature 0: ${pixels}`, () => withModel(definition, settings, data, (model) => expectMode(model, data, levels)));
  }

  it('lets blue depend on red and green of its pixel, green on red, and none on a later channel or pixel', () => {
    const data = greyPictures(2, 3, 3, 4);
    const blind = (i: number, j: number): boolean => definition === pixelcnn && unseen(data)(i, j);
    withModel(definition, { ...settings, filters: 12, head: 24 }, data, (model) => expectOrder(model, data, blind));
  });
});

/** A masked k x k convolution has the rows above its pixel, and its own row up to the pixel (mask A: to the one before, and the pixel's channels before a channel); a bias for each of its parts. */
const maskedWeights = (k: number, inputs: number, outputs: number, mask: 'A' | 'B', channels = 1): number => {
  const parts = [((k - 1) / 2) * k, (k - 1) / 2 + (mask === 'B' ? 1 : 0), ...(mask === 'A' && channels > 1 ? [1] : [])];
  return parts.reduce((sum, taps) => sum + taps * inputs * outputs + outputs, 0);
};
const dense = (inputs: number, outputs: number): number => inputs * outputs + outputs;

it("the paper's size has the weights of its table 1: mask A of 7 x 7, 15 blocks 2h - h - h - 2h, 1,024 features twice, a softmax", () => {
  const h = 128;
  const expected = maskedWeights(7, 3, 2 * h, 'A', 3) + 15 * (dense(2 * h, h) + maskedWeights(3, h, h, 'B') + dense(h, 2 * h)) + dense(2 * h, 1024) + dense(1024, 3 * 256);
  expect(weightsOfPreset(pixelcnn, 'pixelcnn-paper', greyPictures(32, 32, 3))).toBe(expected);
});

/** Each row up takes a 3 x 3 kernel one column to the right at most. */
function unseen({ width, channels }: DataShape) {
  const [row, column] = [(i: number) => Math.floor(i / channels / width), (i: number) => Math.floor(i / channels) % width];
  return (i: number, j: number): boolean => column(j) - column(i) > row(i) - row(j);
}

const picture = binaryPictures(5, 6);

it('the gated PixelCNN sees every earlier pixel', () => withModel(gatedPixelcnn, { ...small, blocks: 5, filters: 12, head: 12 }, picture, (model) => expectOrder(model, picture), 0.1));

it('the PixelCNN sees no later pixel, and has a blind spot above and to the right that more layers do not fill', () =>
  withModel(pixelcnn, { ...small, blocks: 6, filters: 12, head: 12 }, picture, (model) => {
    expectOrder(model, picture, unseen(picture));
    const blind = influences(model, picture).flatMap((row, i) => row.flatMap((influence, j) => (j < i && influence === 0 ? [[i, j]] : [])));
    expect(blind.length).toBeGreaterThan(10);
    expect(blind.every(([i = NaN, j = NaN]) => unseen(picture)(i, j))).toBe(true);
  }, 0.1));
