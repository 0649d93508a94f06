import { describe, expect, it } from 'vitest';
import { normalQuantile } from './normal';
import { cellCodes, cellOf, codeAt, coordinateOf, gridCodes, panned, wholeViewport, zoomed, type Scale, type Viewport } from './viewport';

const quantile: Scale = { kind: 'quantile' };
const linear: Scale = { kind: 'linear', box: [[-10, 10], [0, 4]] };

const expectView = (view: Viewport, x: [number, number], y: [number, number]) => {
  expect(view.x[0]).toBeCloseTo(x[0], 12);
  expect(view.x[1]).toBeCloseTo(x[1], 12);
  expect(view.y[0]).toBeCloseTo(y[0], 12);
  expect(view.y[1]).toBeCloseTo(y[1], 12);
};

describe('the viewport of the manifold grid', () => {
  it('keeps the point under the pointer where it is while zooming', () => {
    const view: Viewport = { x: [0.2, 0.6], y: [0.3, 0.7] };
    expectView(zoomed(view, quantile, 0.5, 0.25, 1), [0.25, 0.45], [0.5, 0.7]);
  });

  it('never leaves the quantiles of the prior, and keeps its size when pushed against an edge', () => {
    const view: Viewport = { x: [0.5, 0.9], y: [0.1, 0.5] };
    expectView(panned(view, quantile, 1, -1), [0.6, 1], [0, 0.4]);
    expectView(zoomed(view, quantile, 9), [0, 1], [0, 1]);
  });

  it('may leave the box of the codes where there is no prior', () => {
    expectView(panned(wholeViewport, linear, 0.5, -0.25), [0.5, 1.5], [-0.25, 0.75]);
    expectView(zoomed(wholeViewport, linear, 2), [-0.5, 1.5], [-0.5, 1.5]);
  });

  it('has an end to zooming in', () => {
    let view = wholeViewport;
    for (let i = 0; i < 100; i++) view = zoomed(view, quantile, 0.5);
    expect(view.x[1] - view.x[0]).toBeGreaterThan(1e-4);
  });
});

describe('the codes of the grid', () => {
  it('lie at the middles of cells of equal probability', () => {
    expect(cellCodes(wholeViewport, quantile, 2, 0)).toEqual([normalQuantile(0.25), normalQuantile(0.75)]);
  });

  it('run rightwards in the first dimension and upwards in the second, with the others at rest', () => {
    const codes = gridCodes(wholeViewport, linear, 2, [2, 0], [7, 8, 9]);
    expect([...codes]).toEqual([3, 8, -5, 3, 8, 5, 1, 8, -5, 1, 8, 5]);
  });

  it('go into one dimension where there is only one', () => {
    expect([...gridCodes(wholeViewport, linear, 2, [0, 1], [0])]).toEqual([-5, 5, -5, 5]);
  });

  it.each([quantile, linear])('are found again in the cell they came from: $kind', (scale) => {
    const view: Viewport = { x: [0.1, 0.7], y: [0.4, 0.9] };
    const across = cellCodes(view, scale, 5, 0);
    const down = cellCodes(view, scale, 5, 1);
    for (let row = 0; row < 5; row++)
      for (let column = 0; column < 5; column++) expect(cellOf(view, scale, 5, [across[column] ?? NaN, down[row] ?? NaN])).toEqual({ column, row });
  });

  it('are found in no cell outside the view', () => {
    expect(cellOf({ x: [0.4, 0.6], y: [0, 1] }, quantile, 4, [2, 0])).toBeNull();
  });

  it.each([quantile, linear])('turn into coordinates and back: $kind', (scale) => {
    expect(coordinateOf(scale, 1, codeAt(scale, 1, 0.3))).toBeCloseTo(0.3, 12);
  });
});
