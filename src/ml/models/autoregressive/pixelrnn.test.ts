import { tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { skew, unskew } from '../../nets/lstm';
import { createNoise } from '../../random/noise';
import { binaryPictures, expectMode, expectOrder, expectSampling, greyPictures, influences, totalProbability, weightsOfPreset, withModel } from './checks';
import { pixelrnn } from './pixelrnn';

describe.each(['row-lstm', 'diagonal-bilstm'] as const)('PixelRNN, %s', (recurrence) => {
  const settings = { recurrence, filters: 6, head: 6, layers: 2, firstReach: 1 };

  it('has probabilities that sum to one over all binary pictures', () =>
    withModel(pixelrnn, settings, binaryPictures(3, 3), (model) => expect(Math.abs(totalProbability(model, binaryPictures(3, 3)) - 1)).toBeLessThan(1e-6)));

  for (const [pixels, data, levels, firstReach] of [['binary', binaryPictures(4, 5), 2, 2], ['grey', greyPictures(3, 4), 256, 1], ['coloured', greyPictures(3, 2, 3, 7), 7, 1]] as const)
    it(`draws with what it kept what whole passes draw, and completes: ${pixels}`, () => withModel(pixelrnn, { ...settings, firstReach }, data, (model) => expectSampling(model, data, levels)));

  it('has the most probable values at temperature 0', () => withModel(pixelrnn, settings, binaryPictures(3, 4), (model) => expectMode(model, binaryPictures(3, 4), 2)));

  it('lets blue depend on red and green of its pixel, green on red, and none on a later channel or pixel', () => {
    const data = greyPictures(2, 2, 3, 4);
    withModel(pixelrnn, { ...settings, filters: 12, head: 24 }, data, (model) => expectOrder(model, data));
  });
});

it("the paper's best model of MNIST has seven layers, in each two LSTMs over the diagonals with a product of 2h by 4h from the neighbours' states", () => {
  const h = 16;
  const dense = (inputs: number, outputs: number): number => inputs * outputs + outputs;
  const first = (3 * 7 + 3) * 2 * h + 2 * (2 * h);
  const lstm = dense(2 * h, 4 * h) + 2 * h * 4 * h;
  expect(weightsOfPreset(pixelrnn, 'diagonal-bilstm-7', binaryPictures(28, 28))).toBe(first + 7 * (2 * lstm + dense(h, 2 * h)) + dense(2 * h, 32) + dense(32, 1));
});

const picture = binaryPictures(4, 6);
const settings = { filters: 12, head: 12, layers: 1, firstReach: 1 };

it('the diagonal BiLSTM sees every earlier pixel with one layer, but for the last one of the row above', () => {
  const unseen = (i: number, j: number): boolean => j % 6 === 5 && Math.floor(j / 6) === Math.floor(i / 6) - 1 && i % 6 < 5 - settings.firstReach;
  withModel(pixelrnn, { ...settings, recurrence: 'diagonal-bilstm' }, picture, (model) => expectOrder(model, picture, unseen));
});

it('the row LSTM sees a triangle above the pixel', () =>
  withModel(pixelrnn, { ...settings, recurrence: 'row-lstm' }, picture, (model) => {
    const row = influences(model, picture)[3 * 6 + 1] ?? [];
    // One pixel to the right for each row up: the first convolution's one, and one for each step from row to row.
    for (let j = 0; j < 18; j++) if (j % 6 > 1 + 3 - Math.floor(j / 6)) expect(row[j], `${j}`).toBe(0);
    expect(row[2 * 6 + 2]).toBeGreaterThan(0);
    expect(row[6 + 3]).toBeGreaterThan(0);
  }));

it('skewing moves each row by one more column, and unskewing undoes it', () => {
  const [moved, back, x] = tidy(() => {
    const picture = createNoise(2).uniform([2, 3, 4, 2], 'x') as Tensor4D;
    return [skew(picture).arraySync(), unskew(skew(picture), 4).arraySync(), picture.arraySync()];
  });
  expect(back).toEqual(x);
  for (let r = 0; r < 3; r++) for (let c = 0; c < 6; c++) expect(moved?.[1]?.[r]?.[c]).toEqual(c >= r && c < r + 4 ? x?.[1]?.[r]?.[c - r] : [0, 0]);
});
