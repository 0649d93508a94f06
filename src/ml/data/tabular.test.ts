import { describe, expect, it } from 'vitest';
import { Draws } from './draws';
import { gaussLegendre } from './quadrature';
import { drawsPerRow, tabular, tabulars } from './tabular';

describe('tabular stand-ins', () => {
  it('of two columns integrate to 1, and of three with a stretched one', () => {
    const nodes = gaussLegendre(120, -6, 6);
    const plane = tabular(2);
    expect(nodes.reduce((sum, a) => sum + nodes.reduce((inner, b) => inner + a.weight * b.weight * Math.exp(plane.logDensity([a.node, b.node])), 0), 0)).toBeCloseTo(1, 4);
    const coarse = gaussLegendre(60, -5, 5);
    const wide = gaussLegendre(160, -60, 60);
    const space = tabular(3);
    let whole = 0;
    for (const a of coarse) for (const b of coarse) for (const c of wide) whole += a.weight * b.weight * c.weight * Math.exp(space.logDensity([a.node, b.node, c.node]));
    expect(whole).toBeCloseTo(1, 1);
  });

  it('have a density that their points come from: E[d log p / dx] = 0 for every column', () => {
    for (const table of tabulars.slice(0, 3)) {
      const scores = Array.from({ length: 1500 }, (_, i) => {
        const row = [...table.draw(new Draws(1, table.id, i, drawsPerRow(table.dimensions)))];
        return row.map((value, column) => (table.logDensity(row.with(column, value + 1e-4)) - table.logDensity(row.with(column, value - 1e-4))) / 2e-4);
      });
      for (let column = 0; column < table.dimensions; column++) {
        const own = scores.map((score) => score[column] ?? NaN);
        const mean = own.reduce((a, b) => a + b, 0) / own.length;
        const error = Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0)) / own.length;
        expect(Math.abs(mean)).toBeLessThan(4.5 * error);
      }
    }
  });
});
