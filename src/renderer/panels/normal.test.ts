import { describe, expect, it } from 'vitest';
import { normalCdf, normalQuantile } from './normal';

// Percentage points as printed in Abramowitz and Stegun (1964), tables 26.1 and 26.5.
const table: [number, number][] = [
  [0.5, 0],
  [0.75, 0.674489750196082],
  [0.9, 1.281551565544601],
  [0.95, 1.644853626951473],
  [0.975, 1.959963984540054],
  [0.99, 2.326347874040841],
  [0.999, 3.090232306167814],
  [0.9999, 3.719016485455709],
];

describe('the normal distribution', () => {
  it.each(table)('has its %f quantile at %f, and the mirrored one below', (p, x) => {
    expect(normalQuantile(p)).toBeCloseTo(x, 12);
    expect(normalQuantile(1 - p)).toBeCloseTo(-x, 12);
    expect(normalCdf(x)).toBeCloseTo(p, 14);
  });

  it('comes back through its own distribution function over the whole range, across both branches', () => {
    for (let p = 0.0005; p < 1; p += 0.0005) expect(normalCdf(normalQuantile(p))).toBeCloseTo(p, 14);
  });

  it('says so at the ends and outside', () => {
    expect(normalQuantile(0)).toBe(-Infinity);
    expect(normalQuantile(1)).toBe(Infinity);
    expect(normalQuantile(1.1)).toBeNaN();
  });
});
