import { describe, expect, it } from 'vitest';
import { permutation, philoxNormals, philoxUniforms } from '../../random/philox';
import type { Features } from '../features';
import { boostedTrees } from './boosted-trees';
import { codeColumn, drawFrom, varying, type DrawCodes, type FactorCodes } from './factor-codes';
import { importanceScores } from './importance';
import { entropy, equalWidthBins, modularity, mutualInformation, mutualInformationGap } from './information';
import { logisticRegression } from './logistic-regression';
import { minimise } from './minimise';
import { explicitness, linearPredictability, separatedPredictability, trainAndTest } from './predictability';
import { interventionalRobustness } from './robustness';
import { betaVaeScore, factorVaeScore } from './sampled';
import { disentanglementScores } from './scores';
import { factorResponse, traversals } from './traversal';
import { gaussianTotalCorrelation, pairwiseInformation, wassersteinCorrelation } from './unsupervised';

/** The factors of dSprites: shape, scale, orientation, x, y. */
const sizes = [3, 6, 40, 32, 32];
const drawn = (n: number, of: readonly number[], seed: number): Int32Array => Int32Array.from(philoxUniforms(n * of.length, seed, 0), (uniform, i) => Math.floor(uniform * (of[i % of.length] ?? 0)));
const withCodes = (factors: Int32Array, of: readonly number[], codes: Features): FactorCodes => ({ ...codes, factors, sizes: of });
/** Each code one factor, of unit variance. */
const perfect = (n: number, of: readonly number[] = sizes, seed = 1): FactorCodes => {
  const factors = drawn(n, of, seed);
  return withCodes(factors, of, { values: Float64Array.from(factors, (value, i) => (value - ((of[i % of.length] ?? 0) - 1) / 2) / Math.sqrt(((of[i % of.length] ?? 0) ** 2 - 1) / 12)), size: of.length });
};
const noise = (n: number, size: number, of: readonly number[] = sizes): FactorCodes => withCodes(drawn(n, of, 1), of, { values: philoxNormals(n * size, 2, 0), size });
/** A random rotation, by Gram-Schmidt. */
function rotated({ values, size, ...rest }: FactorCodes, seed: number): FactorCodes {
  const vectors: number[][] = [];
  for (let j = 0; j < size; j += 1) {
    const vector = Array.from(philoxNormals(size, seed, j));
    for (const before of vectors) {
      const along = vector.reduce((sum, value, i) => sum + value * (before[i] ?? 0), 0);
      vector.forEach((value, i) => (vector[i] = value - along * (before[i] ?? 0)));
    }
    const length = Math.hypot(...vector);
    vectors.push(vector.map((value) => value / length));
  }
  return { ...rest, size, values: Float64Array.from(values, (_, at) => vectors[at % size]?.reduce((sum, value, i) => sum + value * (values[Math.floor(at / size) * size + i] ?? 0), 0) ?? NaN) };
}
/** Codes in another order, multiplied by `scale` of the column. */
const relabelled = ({ values, size, ...rest }: FactorCodes, scale: (j: number) => number): FactorCodes => ({ ...rest, size, values: Float64Array.from(values, (_, at) => (values[at - (at % size) + ((at + 1) % size)] ?? NaN) * scale(at % size)) });
const small = [3, 4, 5];
function finished<R>(going: Generator<unknown, R>): R {
  let next = going.next();
  while (!next.done) next = going.next();
  return next.value;
}

describe('information', () => {
  it('of indices is that of their joint frequencies', () => {
    const [a, b] = [Int32Array.of(0, 0, 1, 1), Int32Array.of(0, 1, 2, 2)];
    expect(entropy(b)).toBeCloseTo(1.5 * Math.LN2, 12);
    expect(mutualInformation(a, b)).toBeCloseTo(Math.LN2, 12);
    expect(mutualInformation(a, Int32Array.of(0, 1, 0, 1))).toBeCloseTo(0, 12);
    expect(Array.from(equalWidthBins([0, 1, 4.9, 10], 2))).toEqual([0, 0, 0, 1]);
    expect(Array.from(equalWidthBins([3, 3], 20))).toEqual([0, 0]);
  });

  it('gap of the perfect code is as large as 20 bins let it be', () => {
    const { score, perFactor } = mutualInformationGap(perfect(10_000));
    expect(score).toBeCloseTo(0.896, 2);
    [0.998, 0.997, 0.802, 0.842, 0.842].forEach((expected, k) => expect(Math.abs((perFactor[k] ?? NaN) - expected)).toBeLessThan(0.01));
  });

  it('gap of noise is none, of rotations little, while modularity and robustness stay high', () => {
    const nothing = noise(10_000, 10);
    expect(mutualInformationGap(nothing).score).toBeLessThan(0.002);
    expect(modularity(nothing)).toBeCloseTo(0.67, 1);
    expect(interventionalRobustness(nothing)).toBeCloseTo(0.38, 1);
    const turned = [3, 4, 5, 6].map((seed) => rotated(perfect(10_000), seed));
    const average = (score: (data: FactorCodes) => number): number => turned.reduce((sum, data) => sum + score(data) / turned.length, 0);
    expect(Math.abs(average((data) => mutualInformationGap(data).score) - 0.17)).toBeLessThan(0.1);
    expect(Math.abs(average((data) => modularity(data)) - 0.86)).toBeLessThan(0.06);
    expect(Math.abs(average((data) => interventionalRobustness(data)) - 0.49)).toBeLessThan(0.08);
  });

  it('modularity and robustness of the perfect code', () => {
    expect(modularity(perfect(10_000))).toBeCloseTo(1, 2);
    expect(Math.abs(interventionalRobustness(perfect(10_000)) - 0.979)).toBeLessThan(0.01);
  });
});

describe('a factor that is the same for all', () => {
  const data = perfect(1200, small);
  const of = [1, ...small, 6];
  const withConstants: FactorCodes = { ...data, sizes: of, factors: Int32Array.from({ length: 1200 * 5 }, (_, i) => (i % 5 === 0 ? 0 : i % 5 === 4 ? 2 : (data.factors[Math.floor(i / 5) * 3 + (i % 5) - 1] ?? NaN))) };
  const options = { seed: 5, questions: { train: 200, test: 100 }, trees: 3 };

  it('changes no score, and none is without a number', () => {
    expect(varying(withConstants).kept).toEqual([1, 2, 3]);
    const scores = finished(disentanglementScores(withConstants, options));
    expect(scores).toEqual(finished(disentanglementScores(data, options)));
    for (const { value, floor } of scores) expect(value - floor).not.toBeNaN();
  });

  it('leaves values that do not occur without a number, too', () => {
    const sparse: FactorCodes = { values: [0, 1, 2, 3], size: 1, factors: [7, 0, 2, 0, 7, 1, 2, 1], sizes: [9, 4] };
    expect(varying(sparse)).toMatchObject({ kept: [0, 1], data: { factors: Int32Array.of(1, 0, 0, 0, 1, 1, 0, 1), sizes: [2, 2] } });
  });

  it('of one code and one factor all are numbers', () => {
    const scores = finished(disentanglementScores({ values: Float64Array.from({ length: 400 }, (_, i) => i % 2), size: 1, factors: Int32Array.from({ length: 400 }, (_, i) => i % 2), sizes: [2] }, options));
    for (const { value, floor } of scores) expect(value - floor).not.toBeNaN();
  });
});

describe('all scores together', () => {
  it('of the perfect code are above their floors; of noise they are at them', () => {
    const options = { seed: 1, questions: { train: 600, test: 300 }, trees: 10 };
    for (const { metric, value, floor, ofCodesAlone } of finished(disentanglementScores(perfect(2000, small), options))) {
      if (ofCodesAlone) expect(value).toBeLessThan(0.01);
      // A line cannot tell middle values of one code from both sides.
      else expect([metric, value > (metric === 'attributePredictability' ? 0.2 : 0.9), value > floor + 0.03]).toEqual([metric, true, true]);
    }
    for (const { metric, value, floor } of finished(disentanglementScores(noise(2000, 3, small), options))) expect([metric, Math.abs(value - floor) < 0.1]).toEqual([metric, true]);
  });

  it('the floor of the total correlation is that of independent codes', () => {
    const mixed = rotated(perfect(2000, small), 3);
    const stretched: FactorCodes = { ...mixed, values: Float64Array.from(mixed.values, (value, i) => value + (mixed.values[i - (i % 3)] ?? NaN)) };
    const found = finished(disentanglementScores(stretched, { seed: 1, questions: { train: 20, test: 10 }, trees: 1 })).find(({ metric }) => metric === 'codeTotalCorrelationNats');
    expect(found?.value).toBeGreaterThan(0.1);
    expect(found?.floor).toBeLessThan(0.01);
  });

  it('tell how far they are, to the end', () => {
    const going = disentanglementScores(perfect(300, small), { seed: 1, questions: { train: 20, test: 10 }, trees: 1 });
    const told = [];
    for (let next = going.next(); !next.done; next = going.next()) told.push(next.value);
    expect(told.map(({ done }) => done)).toEqual(told.map((_, i) => i + 1));
    expect(told.at(-1)).toEqual({ done: told.length, total: told.length });
  });
});

describe('every score', () => {
  const scores: [string, (data: FactorCodes) => number][] = [
    ['MIG', (data) => mutualInformationGap(data).score],
    ['modularity', modularity],
    ['IRS', (data) => interventionalRobustness(data)],
    ['SAP', (data) => separatedPredictability(...trainAndTest(data, 1000), 10)],
    ['DCI disentanglement', (data) => finished(importanceScores(...trainAndTest(data, 1000), { rounds: 5 })).disentanglement],
    ['DCI completeness', (data) => finished(importanceScores(...trainAndTest(data, 1000), { rounds: 5 })).completeness],
    ['explicitness', (data) => finished(explicitness(...trainAndTest(data, 1000)))],
  ];
  it.each(scores)('%s does not depend on the order and scale of the codes', (name, score) => {
    const clean = rotated(perfect(1500, small), 3);
    const blur = philoxNormals(clean.values.length, 12, 0);
    const data = { ...clean, values: Float64Array.from(clean.values, (value, at) => value + 0.1 * (blur[at] ?? NaN)) };
    // A margin machine's penalty knows of scale; robustness weighs codes by theirs; trees break a tie by the order of the columns.
    const scale = name === 'SAP' ? () => 1 : name === 'IRS' ? () => 7 : (j: number) => 1 + j;
    expect(Math.abs(score(relabelled(data, scale)) - score(data))).toBeLessThan(name.startsWith('DCI') ? 0.02 : 1e-5);
  });

  it.each(scores)('%s of a constant code is a number', (_name, score) => {
    const value = score(withCodes(drawn(1500, small, 1), small, { values: new Float64Array(3000), size: 2 }));
    expect(value).toBeGreaterThanOrEqual(0);
    expect(value).toBeLessThanOrEqual(0.5);
  });
});

describe('prediction by one code', () => {
  it('separates the perfect code, and not noise', () => {
    const three = [2, 2, 2];
    expect(separatedPredictability(...trainAndTest(perfect(3000, three), 2000))).toBeGreaterThan(0.4);
    expect(separatedPredictability(...trainAndTest(noise(3000, 3, three), 2000))).toBeLessThan(0.05);
  });

  it('by trees: D = C = I = 1 of the perfect code, all near chance of noise', () => {
    const best = finished(importanceScores(...trainAndTest(perfect(1500, small), 1000), { rounds: 20 }));
    for (const value of Object.values(best)) expect(value).toBeGreaterThan(0.98);
    const worst = finished(importanceScores(...trainAndTest(noise(1500, 3, small), 1000), { rounds: 10 }));
    expect(worst.disentanglement).toBeLessThan(0.1);
    expect(worst.completeness).toBeLessThan(0.1);
    expect(worst.informativeness).toBeLessThan(0.4);
  });

  it('explicitness is 1 of two values on a line, and half of noise', () => {
    expect(finished(explicitness(...trainAndTest(perfect(1500, [2, 2]), 1000)))).toBeCloseTo(1, 6);
    expect(Math.abs(finished(explicitness(...trainAndTest(noise(1500, 3, small), 1000))) - 0.5)).toBeLessThan(0.05);
  });
});

describe('scores by held factors', () => {
  const drawer = (encode: (factors: Int32Array) => Features): DrawCodes => {
    let call = 0;
    return (factor, held) => encode(drawn(held.length, small, ++call).map((other, i) => (i % small.length === factor ? (held[Math.floor(i / small.length)] ?? NaN) : other)));
  };
  const options = { train: 400, test: 200, batch: 32 };
  const clean = (factors: Int32Array): Features => ({ values: Float64Array.from(factors, (value, i) => value / (small[i % small.length] ?? NaN)), size: small.length });
  let seed = 1000;
  const blind = (factors: Int32Array): Features => ({ values: philoxNormals(factors.length, ++seed, 0), size: small.length });
  const constant = (factors: Int32Array): Features => ({ values: new Float64Array(factors.length), size: small.length });
  const everyone = drawn(2000, small, 77);

  it('are 1 of the perfect code', () => {
    expect(betaVaeScore(drawer(clean), small, options)).toBe(1);
    expect(factorVaeScore(drawer(clean), clean(everyone), small, options)).toBe(1);
  });

  it('are near chance of noise and of constants, which FactorVAE prunes to 0', () => {
    for (const encode of [blind, constant]) expect(Math.abs(betaVaeScore(drawer(encode), small, options) - 1 / 3)).toBeLessThan(0.12);
    expect(Math.abs(factorVaeScore(drawer(blind), blind(everyone), small, options) - 1 / 3)).toBeLessThan(0.12);
    expect(factorVaeScore(drawer(constant), constant(everyone), small, options)).toBe(0);
  });

  it('hold each pair at a value of its own, and each batch at one for all', () => {
    const seen: { factor: number; values: number[] }[] = [];
    const spy: DrawCodes = (factor, values) => {
      seen.push({ factor, values: Array.from(values) });
      return drawer(clean)(factor, values);
    };
    betaVaeScore(spy, small, { train: 50, test: 10, batch: 200 });
    for (let i = 0; i < seen.length; i += 2) {
      expect(seen[i + 1]).toEqual(seen[i]);
      expect(new Set(seen[i]?.values).size).toBe(small[seen[i]?.factor ?? NaN]);
    }
    expect(seen).toHaveLength(2 * 60);
    seen.length = 0;
    factorVaeScore(spy, clean(everyone), small, { train: 50, test: 10, batch: 200 });
    expect(seen.map(({ values }) => [values.length, new Set(values).size])).toEqual(seen.map(() => [200, 1]));
    expect(new Set(seen.map(({ factor, values }) => `${factor}/${values[0]}`)).size).toBe(3 + 4 + 5);
  });

  it('are drawn from examples that have the value', () => {
    const data = perfect(3000, small);
    const factors: FactorCodes = { ...data, values: data.factors };
    const { values, size } = drawFrom(factors, 3)(1, [0, 1, 2, 3, 3]);
    expect(Array.from({ length: 5 }, (_, i) => values[i * size + 1])).toEqual([0, 1, 2, 3, 3]);
    const many = drawFrom(factors, 3)(0, new Int32Array(3000).fill(2));
    for (const [k, count] of [[1, 4], [2, 5]] as const) {
      const column = codeColumn(many, k);
      for (let value = 0; value < count; value += 1) expect(Math.abs(column.filter((each) => each === value).length / 3000 - 1 / count)).toBeLessThan(0.06);
    }
  });

  it('do not confuse a pruned code with one that never varies while its factor is held', () => {
    // A first code that is always zero would win every vote.
    const withZero = (factors: Int32Array): Features => {
      const { values } = clean(factors);
      return { size: 4, values: Float64Array.from({ length: (values.length / 3) * 4 }, (_, at) => (at % 4 === 0 ? 0 : (values[Math.floor(at / 4) * 3 + (at % 4) - 1] ?? NaN))) };
    };
    expect(factorVaeScore(drawer(withZero), withZero(everyone), small, options)).toBe(1);
  });
});

it('what learns does so on examples of all kinds, though rows be in the order of a factor', () => {
  const n = 1200;
  const sorted = (factors: Int32Array): Int32Array => Int32Array.from({ length: n }, (_, i) => i).sort((a, b) => (factors[a * 3] ?? 0) - (factors[b * 3] ?? 0) || a - b);
  const data = perfect(n, small);
  const inOrder = sorted(data.factors as Int32Array);
  const rows: FactorCodes = { ...data, values: Float64Array.from(data.values, (_, at) => data.values[(inOrder[Math.floor(at / 3)] ?? 0) * 3 + (at % 3)] ?? NaN), factors: Int32Array.from(data.factors, (_, at) => data.factors[(inOrder[Math.floor(at / 3)] ?? 0) * 3 + (at % 3)] ?? NaN) };
  const scores = Object.fromEntries(finished(disentanglementScores(rows, { questions: { train: 100, test: 50 }, trees: 10, seed: 0 })).map(({ metric, value }) => [metric, value]));
  // The first half has no example of the last value of the first factor.
  expect(scores['dciInformativeness']).toBeGreaterThan(0.95);
  expect(scores['attributePredictability']).toBeGreaterThan(0.35);
});

describe('the learners', () => {
  it('the minimiser finds the least of a long valley', () => {
    const at = minimise(([x = 0, y = 0], gradient) => {
      gradient.set([x - 3 + 100 * (x - y), -100 * (x - y)]);
      return 0.5 * (x - 3) ** 2 + 50 * (x - y) ** 2;
    }, new Float64Array(2));
    expect(at[0]).toBeCloseTo(3, 3);
    expect(at[1]).toBeCloseTo(3, 3);
  });

  it('logistic regression has no gradient left at its solution', () => {
    const n = 300;
    const values = philoxNormals(2 * n, 5, 0);
    const labels = Int32Array.from({ length: n }, (_, i) => ((values[2 * i] ?? 0) + 0.5 * (philoxNormals(n, 6, 0)[i] ?? 0) > 0 ? 1 : 0));
    const scores = logisticRegression({ values, size: 2 }, labels, 2);
    // At the minimum the weights of class 1 are minus c times the gradient of the cross-entropies, and the biases' gradient is zero.
    const errors = Array.from(labels, (label, row) => {
      const [a = 0, b = 0] = scores({ values, size: 2 }, row);
      return 1 / (1 + Math.exp(a - b)) - label;
    });
    expect(errors.reduce((sum, error) => sum + error, 0)).toBeCloseTo(0, 2);
    const at = (x: number, y: number): number => scores({ values: [x, y], size: 2 }, 0)[1] ?? NaN;
    const weight = at(1, 0) - at(0, 0);
    expect(weight).toBeCloseTo(-errors.reduce((sum, error, row) => sum + error * (values[2 * row] ?? NaN), 0), 2);
    expect(weight).toBeGreaterThan(1);
  });

  it('boosted trees learn what no line can, and say which columns told', () => {
    const n = 600;
    const values = philoxUniforms(3 * n, 8, 0).map((value) => 2 * value - 1);
    const labels = Int32Array.from({ length: n }, (_, i) => ((values[3 * i] ?? 0) * (values[3 * i + 1] ?? 0) > 0 ? 1 : 0));
    const { classify, importance } = boostedTrees({ values, size: 3 }, labels, 2, { rounds: 40 });
    const found = classify({ values, size: 3 });
    expect(found.filter((label, i) => label === labels[i]).length / n).toBeGreaterThan(0.97);
    expect(importance.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
    expect(importance[2]).toBeLessThan(0.15);
  });
});

describe('what needs no factors, or looks at pictures', () => {
  it('the total correlation of two normals of correlation r is -ln(1 - r^2) / 2', () => {
    const n = 20_000;
    const random = philoxNormals(2 * n, 4, 0);
    const values = random.map((value, i) => (i % 2 === 0 ? value : 0.6 * (random[i - 1] ?? NaN) + 0.8 * value));
    expect(gaussianTotalCorrelation({ values, size: 2 })).toBeCloseTo(-0.5 * Math.log(1 - 0.36), 2);
    const order = permutation(n, 1, 1);
    const apart = values.map((value, i) => (i % 2 === 0 ? value : (values[2 * (order[Math.floor(i / 2)] ?? 0) + 1] ?? NaN)));
    expect(gaussianTotalCorrelation({ values: apart, size: 2 })).toBeCloseTo(0, 3);
    expect(gaussianTotalCorrelation({ values: [1, 7, 2, 7, 4, 7], size: 2 })).toBeCloseTo(0, 12);
    expect(codeColumn({ values: [1, 7, 2, 7], size: 2 }, 1)).toEqual(Float64Array.of(7, 7));
  });

  it('the Wasserstein correlation and the information of two normals of correlation r are what they are', () => {
    const n = 20_000;
    const r = 0.6;
    const random = philoxNormals(2 * n, 4, 0);
    const values = random.map((value, i) => (i % 2 === 0 ? value : 3 * (r * (random[i - 1] ?? NaN) + Math.sqrt(1 - r * r) * value)));
    // D^1/2 S D^1/2 = [1, 9 r; 9 r, 81] with deviations 1 and 3: the trace of its root is sqrt(82 + 2 sqrt(81 (1 - r^2))).
    expect(wassersteinCorrelation({ values, size: 2 })).toBeCloseTo(2 - (2 * Math.sqrt(82 + 2 * 9 * Math.sqrt(1 - r * r))) / 10, 2);
    expect(wassersteinCorrelation({ values: random, size: 2 })).toBeCloseTo(0, 3);
    // Bins lose a little of -ln(1 - r^2) / 2 = .223.
    expect(Math.abs(pairwiseInformation({ values, size: 2 }) + 0.5 * Math.log(1 - r * r))).toBeLessThan(0.03);
    expect(pairwiseInformation({ values: random, size: 2 })).toBeLessThan(0.02);
    // A third code that is alone lets the mean be a third.
    const third = philoxNormals(n, 8, 0);
    const three = Float64Array.from({ length: 3 * n }, (_, at) => (at % 3 === 2 ? third[Math.floor(at / 3)] : values[2 * Math.floor(at / 3) + (at % 3)]) ?? NaN);
    expect(pairwiseInformation({ values: three, size: 3 })).toBeLessThan(pairwiseInformation({ values, size: 2 }) / 2);
    expect(pairwiseInformation({ values: [1, 2, 3], size: 1 })).toBe(0);
  });

  it('linear predictability is what the best code explains of a factor beyond the second, in shares of variance', () => {
    expect(linearPredictability(perfect(3000, small))).toBeCloseTo(1, 1);
    expect(linearPredictability(noise(3000, 3, small))).toBeLessThan(0.01);
    // Codes f + g and f - 2 g of factors of one variance: of f shares of 1/2 and 1/5, of g of 1/2 and 4/5.
    const factors = drawn(20_000, [5, 5], 3);
    const values = Float64Array.from(factors, (_, at) => { const [f = 0, g = 0] = factors.subarray(at - (at % 2), at - (at % 2) + 2); return at % 2 === 0 ? f + g : f - 2 * g; });
    expect(linearPredictability({ values, size: 2, factors, sizes: [5, 5] })).toBeCloseTo(0.3, 1);
  });

  it('a traversal moves one code from -3 to 3 standard deviations of q(z) about its mean, and leaves the others', () => {
    // Means 2 +- 1 with deviations of sqrt 3 within: 2 in all.
    const codes = traversals({ values: [1, 5, 3, 5], size: 2 }, [Math.sqrt(3), 0, Math.sqrt(3), 0], { values: [7, 8, 9, 10], size: 2 }, 1);
    expect(Array.from(codes).filter((_, i) => i % 2 === 0)).toEqual([-4, -2, 0, 2, 4, 6, 8, -4, -2, 0, 2, 4, 6, 8].map((value) => expect.closeTo(value, 5)));
    expect(Array.from(codes).filter((_, i) => i % 2 === 1)).toEqual([8, 8, 8, 8, 8, 8, 8, 10, 10, 10, 10, 10, 10, 10]);
  });

  it('a code whose traversals move one factor alone has one number in its row', () => {
    const rising = Array.from({ length: 7 }, (_, i) => [i, 5]);
    const swinging = Array.from({ length: 7 }, (_, i) => [1, i % 2 === 0 ? 5 : 7]);
    const still = Array.from({ length: 7 }, () => [3, 6]);
    // From one traversal to the next there is no change.
    expect(factorResponse([...rising, ...rising, ...swinging, ...still], [6, 4], 2)).toEqual([[1 / 6, 0], [0, 0.25]]);
  });
});
