import { describe, expect, it } from 'vitest';
import type { Evaluation } from '../../contract/runs';
import { evaluateCheck } from './checks';

const evaluation = (over: Partial<Evaluation>): Evaluation => ({
  metric: 'mse', value: 2, standardError: null, unit: 'squared error', estimator: 'mean squared error of the decoder\'s mean', k: null,
  split: 'test', protocol: 'grey', n: 1000, step: 100, ...over,
});

const alone = (evaluations: Evaluation[]) => [{ variant: null, evaluations }];

describe('a check', () => {
  it('holds at its bounds and not beyond them', () => {
    const within = (bounds: object) => evaluateCheck({ check: 'within', title: 't', of: { metric: 'mse', split: 'test' }, ...bounds }, alone([evaluation({})])).passed;
    expect(within({ atLeast: 2, atMost: 2 })).toBe(true);
    expect(within({ atLeast: 2.001 })).toBe(false);
    expect(within({ atMost: 1.999 })).toBe(false);
  });

  it('divides the first measure by the second', () => {
    const result = evaluateCheck(
      { check: 'ratio', title: 't', of: { metric: 'mse', split: 'train' }, to: { metric: 'mse', split: 'test' }, atMost: 0.3 },
      alone([evaluation({}), evaluation({ split: 'train', value: 0.5 })]),
    );
    expect(result).toMatchObject({ value: 0.25, passed: true, threshold: 'at most 0.3' });
    expect(result.evidence).toContain('train split');
    expect(result.evidence).toContain('test split');
  });

  it('takes the last step and says what the number is', () => {
    const result = evaluateCheck({ check: 'within', title: 't', of: { metric: 'elbo', split: 'test' }, atLeast: -110 }, alone([
      evaluation({ metric: 'elbo', value: -100, step: 200, unit: 'nats', estimator: 'ELBO, 1 sample, analytic KL', k: 1, protocol: 'static binarisation' }),
      evaluation({ metric: 'elbo', value: -200, step: 100 }),
    ]));
    expect(result).toMatchObject({ value: -100, passed: true });
    expect(result.evidence).toBe('ELBO −100.0 nats (ELBO, 1 sample, analytic KL, K = 1; test split, static binarisation, n = 1000, step 200)');
  });

  it.each([
    ['is missing', []],
    ['belongs to another split', [evaluation({ split: 'valid' })]],
    ['is not a number', [evaluation({ value: NaN })]],
    ['is infinite', [evaluation({ value: Infinity })]],
  ])('fails when its measure %s', (_case, evaluations) => {
    expect(evaluateCheck({ check: 'within', title: 't', of: { metric: 'mse', split: 'test' }, atLeast: 0 }, alone(evaluations)).passed).toBe(false);
  });

  const sweep = [1, 2, 4].flatMap((beta) => [0, 2].map((more) => ({ variant: `beta ${beta}`, evaluations: [evaluation({ metric: 'rate', value: 10 / beta + more }), evaluation({ metric: 'iwae', value: beta, k: 50 }), evaluation({ metric: 'iwae', value: 7, k: 5 })] })));
  const rate = (beta: number) => ({ variant: `beta ${beta}`, metric: 'rate', split: 'test' as const });
  const of = [1, 2, 4].map(rate);

  it('takes the mean over the runs of a variant, and the smallest step of an order', () => {
    expect(evaluateCheck({ check: 'falls', title: 't', of, by: 2 }, sweep)).toMatchObject({ value: 2.5, passed: true, threshold: 'falls by at least 2 at each step' });
    expect(evaluateCheck({ check: 'falls', title: 't', of, by: 3 }, sweep).passed).toBe(false);
    expect(evaluateCheck({ check: 'falls', title: 't', of: of.slice(1), by: 0 }, sweep.filter((_, i) => i % 2 === 0)).evidence).toBe("Rate of β 2: 5.000, then β 4: 2.500 squared error (mean squared error of the decoder's mean; test split, grey, n = 1000, step 100)");
    expect(evaluateCheck({ check: 'rises', title: 't', of, by: -5 }, sweep)).toMatchObject({ value: -5, passed: true });
    expect(evaluateCheck({ check: 'rises', title: 't', of, by: 0 }, sweep).passed).toBe(false);
    expect(evaluateCheck({ check: 'difference', title: 't', of: rate(1), from: rate(4), atMost: 8 }, sweep)).toMatchObject({ value: 7.5, passed: true });
    expect(evaluateCheck({ check: 'within', title: 't', of: rate(2) }, sweep).evidence).toContain('Rate 6.000 (the mean of 5.000, 7.000) squared error');
  });

  it('gives the numbers that it rests on, whole, with what they are', () => {
    const { measured, threshold } = evaluateCheck({ check: 'rises', title: 't', of: [rate(4), { ...rate(1), metric: 'missingNats' }], by: 0.5 }, sweep);
    expect(measured).toEqual([
      { name: 'β 4', values: [2.5, 4.5], unit: 'squared error', what: "mean squared error of the decoder's mean; test split, grey, n = 1000, step 100" },
      { name: 'β 1', values: [], unit: '', what: 'no evaluation of Missing on the test split' },
    ]);
    expect(threshold).toBe('rises by at least 0.5 at each step');
    expect(evaluateCheck({ check: 'within', title: 't', of: { ...rate(1), metric: 'elboNats' }, atLeast: -110 }, sweep).threshold).toBe('at least −110 nats');
  });

  it('tells numbers of one metric apart by their draws, and fails when a run of a variant has none', () => {
    const iwae = { variant: 'beta 4', metric: 'iwae', split: 'test' as const, k: 50 };
    expect(evaluateCheck({ check: 'within', title: 't', of: iwae }, sweep).value).toBe(4);
    const lacking = [...sweep, { variant: 'beta 4', evaluations: [] }];
    expect(evaluateCheck({ check: 'within', title: 't', of: iwae }, lacking)).toMatchObject({ value: NaN, passed: false });
  });
});
