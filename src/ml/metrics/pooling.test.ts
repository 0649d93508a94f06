import { describe, expect, it } from 'vitest';
import { pooled, poolingFor } from './pooling';

describe('averages over squares of pixels', () => {
  it('are those of each channel and picture, at the edges of what there is', () => {
    // Two pictures of 3 x 3 pixels and two channels, the second channel 100 more than the first; the second picture 1000 more than the first.
    const first = [1, 3, 5, 5, 7, 1, 2, 4, 8];
    const values = Float32Array.from([0, 1000].flatMap((more) => first.flatMap((value) => [value + more, value + more + 100])));
    const expected = [4, 3, 3, 8];
    expect(Array.from(pooled({ values, height: 3, width: 3, channels: 2 }, 2))).toEqual([0, 1000].flatMap((more) => expected.flatMap((value) => [value + more, value + more + 100])));
    expect(pooled({ values, height: 3, width: 3, channels: 2 }, 1)).toBe(values);
  });

  it('are over no larger squares than are needed', () => {
    const of = (height: number, width: number, channels: number) => poolingFor({ height, width, channels }, 1024);
    expect([of(28, 28, 1), of(32, 32, 1), of(32, 32, 3), of(64, 64, 3), of(1, 5, 300)]).toEqual([1, 1, 2, 4, 2]);
  });
});
