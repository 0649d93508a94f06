import { dispose, scalar, tensor4d, type Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { DataShape } from '../../../contract/models';
import type { FittedModel } from '../../model';
import { createNoise } from '../../random/noise';
import { readValues } from '../../read';
import { factorisedBernoulli } from './factorised-bernoulli';

const noise = createNoise(5);
const shape: DataShape = { kind: 'pictures', levels: 2, examples: 4, height: 1, width: 3, channels: 1, binary: true };
// Ones: 4, 1 and 0 of 4.
const examples = [1, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0];
const have = <T>(ability: T | undefined): T => ability ?? expect.fail('the model lacks an ability');

function fitted(smoothing: number, test: (model: FittedModel, losses: number[]) => void, values = examples): void {
  const model = factorisedBernoulli.build({ settings: { smoothing }, data: shape, noise }) as FittedModel;
  const data = tensor4d(values, [values.length / 3, 1, 3, 1]);
  test(model, [...model.fit(data, noise)].map(({ lossNats = NaN }) => lossNats));
  dispose([data, ...Object.values(model.parameters)]);
}

const every = (): Tensor4D => tensor4d(Array.from({ length: 8 }, (_, i) => [i >> 2, (i >> 1) & 1, i & 1]).flat(), [8, 1, 3, 1]);

describe('the factorised Bernoulli', () => {
  it.each([1, 0.5])('smoothed by %f counts pixels, and its probabilities of all pictures are products of the frequencies', (s) => {
    const p = [4, 1, 0].map((ones) => (ones + s) / (4 + 2 * s));
    fitted(s, (model, losses) => {
      const { logs } = readValues(() => ({ logs: have(model.abilities.logProb)(every(), noise) }));
      const expected = Array.from({ length: 8 }, (_, i) => [i >> 2, (i >> 1) & 1, i & 1].reduce((product, bit, j) => product * (bit ? (p[j] ?? NaN) : 1 - (p[j] ?? NaN)), 1));
      expected.forEach((probability, i) => expect(Math.exp(logs[i] ?? NaN)).toBeCloseTo(probability, 6));
      // N times the entropy of the frequencies against the smoothed ones.
      const cross = [4, 1, 0].reduce((sum, ones, j) => sum - (ones / 4) * Math.log(p[j] ?? NaN) - (1 - ones / 4) * Math.log(1 - (p[j] ?? NaN)), 0);
      expect(losses).toEqual([expect.closeTo(cross, 5)]);
    });
  });

  it('of grey values, which are drawn anew in each step, has the loss that is expected of the draws', () => {
    fitted(1, (model, losses) => {
      const draws = 4000;
      const { drawn } = readValues(() => {
        const grey = tensor4d([0.5, 0.25, 1, 0.1, 0.9, 0], [2, 1, 3, 1]).tile([draws, 1, 1, 1]);
        return { drawn: have(model.abilities.logProb)(noise.uniform(grey.shape, 'binarise').less(grey).toFloat() as Tensor4D, noise).mean() };
      });
      expect(Math.abs((drawn[0] ?? NaN) + (losses[0] ?? NaN))).toBeLessThan(0.05);
    }, [0.5, 0.25, 1, 0.1, 0.9, 0]);
  });

  it('draws each pixel as often as it says, at a lower temperature the likelier value more often', () => {
    fitted(1, (model) => {
      const n = 20_000;
      const { warm, cool, still } = readValues(() => {
        const draw = (temperature: number) => have(model.abilities.sample)({ count: n, temperature: scalar(temperature), noise }).mean(0);
        return { warm: draw(1), cool: draw(0.5), still: draw(0) };
      });
      [5 / 6, 2 / 6, 1 / 6].forEach((p, j) => {
        expect(Math.abs((warm[j] ?? NaN) - p)).toBeLessThan(4.5 * Math.sqrt((p * (1 - p)) / n));
        const squared = p * p / (p * p + (1 - p) * (1 - p));
        expect(Math.abs((cool[j] ?? NaN) - squared)).toBeLessThan(4.5 * Math.sqrt((squared * (1 - squared)) / n));
      });
      expect(Array.from(still)).toEqual([1, 0, 0]);
    });
  });

  it('refuses what is not binary', () => {
    expect(factorisedBernoulli.refuses({ ...shape, levels: 256, binary: false }, { smoothing: 1 })).toMatch(/binarisation/);
    expect(factorisedBernoulli.refuses(shape, { smoothing: 1 })).toBeNull();
  });
});
