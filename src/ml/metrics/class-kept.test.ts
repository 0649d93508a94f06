import { concat, fill, memory, tensor4d, tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { createNoise } from '../random/noise';
import { classKept, nearestNeighbours } from './class-kept';

// Four classes around the corners of a square, seen as pictures of 1 x 2 pixels.
const corners = [[0, 0], [0, 1], [1, 0], [1, 1]];
const labels = Uint16Array.from({ length: 200 }, (_, i) => i % 4);
const around = (seed: number, spread: number): Tensor4D =>
  tidy(() => tensor4d(Array.from(labels, (label) => corners[label] ?? []).flat(), [200, 1, 2, 1]).add(createNoise(seed).normal([200, 1, 2, 1], 'spread').mul(spread)));

describe('the nearest-neighbour classifier', () => {
  const training = around(1, 0.3);
  const classifier = nearestNeighbours(training, labels);
  afterAll(() => [training, classifier].forEach((held) => held.dispose()));

  it('votes as a search over all distances does', () => {
    const queries = around(2, 0.4);
    const [known, asked] = [training.dataSync(), queries.dataSync()];
    const expected = Array.from(labels, (_, row) => {
      const nearest = Array.from(labels, (label, i) => ({ label, distance: Math.hypot((known[2 * i] ?? 0) - (asked[2 * row] ?? 0), (known[2 * i + 1] ?? 0) - (asked[2 * row + 1] ?? 0)) }))
        .sort((a, b) => a.distance - b.distance)
        .slice(0, 5);
      const votes = (of: number) => nearest.filter(({ label }) => label === of).length;
      return nearest.reduce((best, { label }) => (votes(label) > votes(best) ? label : best), nearest[0]?.label ?? NaN);
    });
    expect(Array.from(classifier.classify(queries))).toEqual(expected);
    queries.dispose();
  });

  it('keeps every class of the clean corners, and none of their opposites', () => {
    const clean = around(3, 0.01);
    expect(classKept(classifier, clean, labels).share).toBe(1);
    const opposite = classKept(classifier, clean, labels.map((label) => 3 - label));
    expect(opposite.share).toBe(0);
    expect(opposite.kept).toEqual(new Uint8Array(200));
    clean.dispose();
  });

  it('says what it is', () => expect(classifier.name).toBe('5 nearest of 200 examples'));

  it('takes as many neighbours as there are, and gives a tied vote to the nearest', () => {
    const two = nearestNeighbours(tensor4d([0, 0, 1, 1], [2, 1, 2, 1]), Uint16Array.of(7, 9));
    const query = tensor4d([0.6, 0.6], [1, 1, 2, 1]);
    expect(Array.from(two.classify(query))).toEqual([9]);
    two.dispose();
    query.dispose();
  });

  it('answers piece by piece as it does at once, and frees what it makes', () => {
    const before = memory().numTensors;
    // So many neighbours to compare with that the queries are split.
    const many = tidy(() => concat([training, fill([60_000, 1, 2, 1], 9)]) as Tensor4D);
    const split = nearestNeighbours(many, Uint16Array.from({ length: 60_200 }, (_, i) => (i < 200 ? i % 4 : 100)));
    const queries = around(4, 0.2);
    expect(split.classify(queries)).toEqual(classifier.classify(queries));
    [many, split, queries].forEach((held) => held.dispose());
    expect(memory().numTensors).toBe(before);
  });
});
