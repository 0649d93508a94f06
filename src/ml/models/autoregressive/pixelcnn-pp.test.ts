import { range, scalar, tensor4d, type Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { chunksOf, evaluateTerms } from '../../evaluate';
import { createNoise } from '../../random/noise';
import { createTrainStep } from '../../train-step';
import { allProbabilities, binaryPictures, conditionalsOf, expectMode, expectOrder, expectSampling, greyPictures, logProbOf, totalProbability, valuesOf, withModel } from './checks';
import { gatedPixelcnn } from './pixelcnn';
import { pixelcnnPlusPlus } from './pixelcnn-pp';

const small = { filters: 8, components: 3 };
const noise = createNoise(12);

describe('PixelCNN++', () => {
  for (const resolutions of [1, 2, 3])
    it(`sees every earlier pixel and no later one, and earlier channels of the pixel, at ${resolutions} resolutions`, () => {
      const data = resolutions === 1 ? greyPictures(3, 3, 3, 5) : greyPictures(4, 5, 1, 5);
      withModel(pixelcnnPlusPlus, { ...small, resolutions }, data, (model) => expectOrder(model, data), 0.1);
    });

  it('has probabilities that sum to one over all pictures, binary or of three levels', () => {
    for (const data of [binaryPictures(3, 3), greyPictures(2, 4, 1, 3), greyPictures(1, 2, 3, 3)])
      withModel(pixelcnnPlusPlus, small, data, (model) => expect(Math.abs(totalProbability(model, data) - 1)).toBeLessThan(1e-6));
  });

  for (const [resolutions, data] of [[1, binaryPictures(3, 4)], [2, binaryPictures(4, 3, 3)], [3, binaryPictures(5, 6)]] as const)
    it(`draws with what it kept what whole passes draw, and completes, at ${resolutions} resolutions`, () => withModel(pixelcnnPlusPlus, { ...small, resolutions }, data, (model) => expectSampling(model, data, 2)));

  it('has the most probable values at temperature 0', () => withModel(pixelcnnPlusPlus, small, binaryPictures(3, 3), (model) => expectMode(model, binaryPictures(3, 3), 2)));

  it('drops features in training steps alone', () =>
    withModel(pixelcnnPlusPlus, { ...small, dropout: 0.5 }, binaryPictures(4, 4), (model) => {
      const x = noise.uniform([5, 4, 4, 1], 'x').round() as Tensor4D;
      const step = createTrainStep({ model, learningRate: 1e-12, data: x, binarisation: 'none', seed: 3 });
      const [first, second] = [1, 2].map((number) => step.run(number, Int32Array.of(0, 1, 2, 3, 4))[0]);
      step.dispose();
      expect(Math.abs((first ?? NaN) - (second ?? NaN))).toBeGreaterThan(1e-3);
      const whole = -(logProbOf(model, x).mean().dataSync()[0] ?? NaN);
      expect(Math.abs((first ?? NaN) - whole)).toBeGreaterThan(1e-3);
      // The rows of the training set alone are no sign of a step: an evaluation of all of it has them.
      expect(model.objective(x, { noise, step: scalar(1, 'int32'), rows: range(0, 5, 1, 'int32') }).loss.dataSync()[0]).toBeCloseTo(whole, 5);
      expect(evaluateTerms({ model, chunks: chunksOf(x), binarisation: 'none', noise, step: 1, training: true }).lossNats).toBeCloseTo(whole, 5);
    }));
});

describe.each([{ name: 'PixelCNN++', definition: pixelcnnPlusPlus, settings: small }, { name: 'Gated PixelCNN', definition: gatedPixelcnn, settings: { filters: 6, head: 6, blocks: 2, likelihood: 'logistic-mixture' } }])(
  'a mixture of logistic distributions cut into levels, of $name',
  ({ definition, settings }) => {
    it('has probabilities that sum to one over 256 levels, and add up to the log-probability', () => {
      const data = greyPictures(2, 2, 3);
      withModel(definition, settings, data, (model) => {
        const levels = Array.from({ length: 24 }, (_, k) => [0, 255, 17, 200][k % 4] as number);
        const x = tensor4d(levels.map((level) => level / 255), [2, 2, 2, 3]);
        const probabilities = conditionalsOf(model, x).probabilities().reshape([24, 256]).arraySync() as number[][];
        probabilities.forEach((row) => expect(Math.abs(row.reduce((total, p) => total + p, 0) - 1)).toBeLessThan(1e-5));
        const logProbs = logProbOf(model, x).dataSync();
        [0, 1].forEach((n) => expect(logProbs[n]).toBeCloseTo(levels.slice(12 * n, 12 * n + 12).reduce((total, level, i) => total + Math.log(probabilities[12 * n + i]?.[level] ?? NaN), 0), 2));
      }, 0.05);
    });

    it('draws pictures as often as they are probable', () => {
      const data = greyPictures(1, 2, 3, 3);
      const count = 8_000;
      withModel(definition, settings, data, (model) => {
        const { pictures, probabilities } = allProbabilities(model, data);
        const drawn = model.abilities.sample?.({ count, temperature: scalar(1), noise }).reshape([count, valuesOf(data)]).arraySync() as number[][];
        const name = (picture: number[]): string => picture.map((value) => Math.round(value * 2)).join('');
        const counts = new Map<string, number>();
        drawn.forEach((picture) => counts.set(name(picture), (counts.get(name(picture)) ?? 0) + 1));
        // Pearson's statistic over the pictures expected five times or more, and one bin for the rest.
        const bins = pictures.map((picture, k) => ({ expected: count * (probabilities[k] ?? NaN), seen: counts.get(name(picture)) ?? 0 }));
        const rest = bins.filter(({ expected }) => expected < 5).reduce((total, bin) => ({ expected: total.expected + bin.expected, seen: total.seen + bin.seen }), { expected: 0, seen: 0 });
        const used = [...bins.filter(({ expected }) => expected >= 5), ...(rest.expected >= 5 ? [rest] : [])];
        const statistic = used.reduce((total, { expected, seen }) => total + (seen - expected) ** 2 / expected, 0);
        expect(used.length).toBeGreaterThan(20);
        expect(statistic).toBeLessThan(used.length + 4 * Math.sqrt(2 * used.length));
      });
    });
  },
);
