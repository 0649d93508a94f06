import { describe, expect, it } from 'vitest';
import type { Curve } from '../../../contract/runs';
import { leadingLines, pointAt, roundTicks, rowsOf, smoothed, spikesOf, spread, stepsOf, tellingTerms, tickTexts, valuesOf, type DrawnRun } from './rows';

const curve = (name: string, split: Curve['split'], points: [number, number][]): Curve => ({
  name,
  split,
  unit: 'nats',
  complete: true,
  steps: Float64Array.from(points, ([step]) => step),
  values: Float64Array.from(points, ([, value]) => value),
});
const run = (id: string, curves: Curve[]): DrawnRun => ({ id, name: id, colour: null, dash: 'solid', curves });

describe('the rows of the loss curves', () => {
  it('are one for each term in the order of the run, train drawn behind held-out', () => {
    const rows = rowsOf([run('a', [curve('lossNats', 'test', [[0, 1]]), curve('lossNats', 'train', [[0, 2]]), curve('klNats', 'train', [[0, 3]])])]);
    expect(rows.map((row) => row.title)).toEqual(['Loss', 'KL']);
    expect(rows[0]?.lines.map((line) => line.heldOut)).toEqual([false, true]);
  });

  it('show validation rather than test where both were measured', () => {
    const [row] = rowsOf([run('a', [curve('lossNats', 'train', []), curve('lossNats', 'valid', []), curve('lossNats', 'test', [])])]);
    expect(row?.lines.map((line) => line.curve.split)).toEqual(['train', 'valid']);
  });

  it('hold the runs of a comparison together, and a term that only one of them has', () => {
    const rows = rowsOf([run('ae', [curve('lossNats', 'train', [])]), run('vae', [curve('lossNats', 'train', []), curve('klNats', 'train', [])])]);
    expect(rows.map((row) => [row.term, row.lines.map((line) => line.run.id)])).toEqual([
      ['lossNats', ['ae', 'vae']],
      ['klNats', ['vae']],
    ]);
  });

  it('of a comparison are the loss and what the code tells, or what is rebuilt, or whatever there is', () => {
    const told = (...names: string[]): string[] => tellingTerms(rowsOf([run('a', names.map((name) => curve(name, 'train', [])))]));
    expect(told('lossNats', 'reconstructionNats', 'klNats', 'beta')).toEqual(['lossNats', 'klNats']);
    expect(told('lossNats', 'beta', 'reconstructionNats')).toEqual(['lossNats', 'reconstructionNats']);
    expect(told('lossNats', 'beta', 'sigma')).toEqual(['lossNats', 'beta']);
    expect(told('lossNats')).toEqual(['lossNats']);
  });

  it('of a comparison are the losses where they are not the same, as those of an autoencoder and a VAE', () => {
    const terms = (...names: string[]) => names.map((name) => curve(name, 'train', []));
    const two = [run('ae', terms('squaredError', 'penalty')), run('vae', terms('lossNats', 'klNats'))];
    expect(tellingTerms(rowsOf(two))).toEqual(['squaredError', 'lossNats']);
    expect(tellingTerms(rowsOf([...two, run('other', terms('loss'))]))).toEqual(['squaredError', 'lossNats']);
  });

  it('give each run one value: its held-out one where there is one', () => {
    const [row] = rowsOf([run('a', [curve('lossNats', 'train', []), curve('lossNats', 'test', [])]), run('b', [curve('lossNats', 'train', [])])]);
    expect(row && leadingLines(row).map((line) => [line.run.id, line.curve.split]).sort()).toEqual([['a', 'test'], ['b', 'train']]);
  });
});

describe('the values shown', () => {
  const falling = curve('lossNats', 'train', [[0, 500], [10, 200], [500, 120], [700, 180], [1000, 100]]);
  const [row] = rowsOf([run('a', [falling])]);
  if (!row) throw new Error('a row');

  it('leave out the fall at the very start but no later spike', () => {
    const [low, high] = valuesOf(row, stepsOf([row]), { logY: false, zoomed: false });
    expect(low).toBeLessThan(100);
    expect(high).toBeGreaterThan(180);
    expect(high).toBeLessThan(200);
  });

  it('hold everything when zoomed in or on a log scale', () => {
    expect(valuesOf(row, [0, 400], { logY: false, zoomed: true })[1]).toBeGreaterThan(500);
    expect(valuesOf(row, [0, 1000], { logY: true, zoomed: false })[1]).toBeGreaterThan(500);
  });

  it('are positive on a log scale even where a term touches zero', () => {
    const [kl] = rowsOf([run('a', [curve('klNats', 'train', [[0, 0], [1, 2], [2, NaN], [3, 8]])])]);
    const [low, high] = valuesOf(kl ?? row, [0, 3], { logY: true, zoomed: false });
    expect(low).toBeGreaterThan(0);
    expect(low).toBeLessThan(2);
    expect(high).toBeGreaterThan(8);
  });

  it('have room even for a constant and for an empty curve', () => {
    const [constant] = rowsOf([run('a', [curve('x', 'train', [[0, 3], [9, 3]])])]);
    const [low, high] = valuesOf(constant ?? row, [0, 9], { logY: false, zoomed: false });
    expect(low).toBeLessThan(3);
    expect(high).toBeGreaterThan(3);
    const [empty] = rowsOf([run('a', [curve('x', 'train', [])])]);
    expect(valuesOf(empty ?? row, [0, 1], { logY: false, zoomed: false })).toEqual([0, 1]);
  });
});

describe('a spike', () => {
  const noisy = (...further: [number, number][]): [number, number][] => [...Array.from({ length: 200 }, (_, i): [number, number] => [5 * i, 100 + Math.sin(i)]), ...further].sort(([a], [b]) => a - b);
  const shown = (points: [number, number][], options = { logY: false, zoomed: false }) => {
    const [row] = rowsOf([run('a', [curve('lossNats', 'train', points)])]);
    if (!row) throw new Error('a row');
    const spikes = spikesOf(row, [0, 1000], options);
    return { at: spikes.map(({ line, index }) => line.curve.steps[index]), values: valuesOf(row, [0, 1000], options, spikes) };
  };

  it('that would flatten all else leaves the picture, above and below', () => {
    const { at, values } = shown(noisy([303, 1e16], [601, -500]));
    expect(at).toEqual([303, 601]);
    expect(values[0]).toBeGreaterThan(98);
    expect(values[1]).toBeLessThan(102);
  });

  it('that leaves the rest to be read is inside', () => {
    const { at, values } = shown(noisy([303, 115]));
    expect(at).toEqual([]);
    expect(values[1]).toBeGreaterThan(115);
  });

  it('is inside when zoomed or on a log scale', () => {
    for (const options of [{ logY: true, zoomed: false }, { logY: false, zoomed: true }]) expect(shown(noisy([303, 1e16]), options)).toMatchObject({ at: [], values: [expect.any(Number), expect.toSatisfy((high: number) => high > 1e16)] });
  });

  it('is none where the curve ends, nor of a curve that is elsewhere altogether', () => {
    expect(shown(noisy([998, 1e4], [999, 2e4]))).toMatchObject({ at: [], values: [expect.any(Number), expect.toSatisfy((high: number) => high > 2e4)] });
    const [row] = rowsOf([run('a', [curve('lossNats', 'train', noisy())]), run('b', [curve('lossNats', 'train', [[500, 1e6], [900, 1e6]])])]);
    expect(row && spikesOf(row, [0, 1000], { logY: false, zoomed: false })).toEqual([]);
  });

  it('is none of a curve that is the same but for it: it may be a count', () => {
    expect(shown(Array.from({ length: 200 }, (_, i) => [5 * i, i === 100 ? 1 : 0])).at).toEqual([]);
  });
});

describe('the values shown of what hardly moves', () => {
  it('span half a per cent at least, so that noise of the last digits is a line', () => {
    const [row] = rowsOf([run('a', [curve('lossNats', 'train', [[0, 2.3588], [500, 2.3593], [1000, 2.359]])])]);
    if (!row) throw new Error('a row');
    const [low, high] = valuesOf(row, [0, 1000], { logY: false, zoomed: false });
    expect(high - low).toBeGreaterThan(0.005 * 2.359);
    expect((low + high) / 2).toBeCloseTo(2.35915, 4);
  });

  it('hold the band of a mean', () => {
    const mean = { ...curve('lossNats', 'test', [[0, 10], [10, 10]]), deviations: Float64Array.of(3, 3) };
    const [row] = rowsOf([run('a', [mean])]);
    if (!row) throw new Error('a row');
    const [low, high] = valuesOf(row, [0, 10], { logY: false, zoomed: false });
    expect(low).toBeLessThan(7);
    expect(high).toBeGreaterThan(13);
  });
});

describe('texts of ticks', () => {
  it.each([
    [[0.998, 1, 1.002], ['0.998', '1.000', '1.002']],
    [[100, 150, 200], ['100', '150', '200']],
    [[-0.5, 0, 0.5], ['−0.5', '0.0', '0.5']],
    [[1000, 2000], ['1,000', '2,000']],
    [[1e-9, 2e-9], ['1e−9', '2e−9']],
    [[2.3588, 2.359], ['2.3588', '2.3590']],
  ])('%j are %j', (ticks, texts) => {
    expect(tickTexts(ticks)).toEqual(texts);
  });
});

describe('ticks', () => {
  it.each([
    [[130, 172], 5, [130, 140, 150, 160, 170]],
    [[0, 12.4], 3, [0, 5, 10]],
    [[6.88, 6.95], 3, [6.88, 6.9, 6.92, 6.94]],
    [[-0.4, 0.4], 3, [-0.4, -0.2, 0, 0.2, 0.4]],
  ] as const)('in %j, about %d, are %j', (range, count, ticks) => {
    expect(roundTicks([range[0], range[1]], count)).toEqual(ticks);
  });

  it.each([2, 3, 5, 8])('are never fewer than two and never crowded (%d wanted)', (count) => {
    for (let high = 1.1; high < 100; high *= 1.13) {
      const { length } = roundTicks([1, high], count);
      expect(length).toBeGreaterThanOrEqual(2);
      expect(length).toBeLessThanOrEqual(2 * count + 1);
    }
  });
});

describe('smoothing', () => {
  it('weighs a value by how many steps back it lies, so that gaps count', () => {
    const [, near] = smoothed(Float64Array.of(0, 10), Float64Array.of(1, 0), 10);
    const [, far] = smoothed(Float64Array.of(0, 20), Float64Array.of(1, 0), 10);
    expect(near).toBeCloseTo(Math.exp(-1), 12);
    expect(far).toBeCloseTo(Math.exp(-2), 12);
  });

  it('leaves a constant alone and steps over values that are not finite', () => {
    expect([...smoothed(Float64Array.of(0, 5, 9), Float64Array.of(2, NaN, 2), 3)]).toEqual([2, 2, 2]);
  });
});

describe('the value under the crosshair', () => {
  const line = curve('x', 'train', [[0, 1], [10, 2], [30, 3]]);
  it.each([[-5, 0], [4, 0], [6, 10], [19, 10], [21, 30], [99, 30]])('at step %d is that of step %d', (step, nearest) => {
    expect(pointAt(line, step)?.step).toBe(nearest);
  });
  it('is none on an empty curve', () => {
    expect(pointAt(curve('x', 'train', []), 3)).toBeNull();
  });
});

describe('labels at line ends', () => {
  it('stay where they are when there is room', () => {
    expect(spread([50, 10, 90], 12, [0, 100])).toEqual([50, 10, 90]);
  });

  it('part evenly where they would touch, in their order', () => {
    expect(spread([50, 52], 12, [0, 100])).toEqual([45, 57]);
    expect(spread([52, 50, 51], 10, [0, 100])).toEqual([61, 41, 51]);
  });

  it('do not leave the row', () => {
    expect(spread([1, 2], 10, [0, 100])).toEqual([0, 10]);
    expect(spread([99, 100], 10, [0, 100])).toEqual([90, 100]);
  });

  it('are never closer than the gap while there is room for all', () => {
    const placed = [...spread([0, 3, 4, 30, 31, 60, 99, 100], 9, [0, 100])].sort((a, b) => a - b);
    placed.slice(1).forEach((position, i) => expect(position - (placed[i] ?? 0)).toBeGreaterThanOrEqual(9 - 1e-9));
  });
});
