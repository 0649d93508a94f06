import { describe, expect, it } from 'vitest';
import type { Evaluation } from '../../contract/runs';
import { evaluateCheck } from './checks';

const evaluation = (over: Partial<Evaluation>): Evaluation => ({
  metric: 'mse', value: 2, standardError: null, unit: 'squared error', estimator: 'mean squared error of the decoder\'s mean', k: null,
  split: 'test', protocol: 'grey', n: 1000, step: 100, ...over,
});

describe('a check', () => {
  it('holds at its bounds and not beyond them', () => {
    const within = (bounds: object) => evaluateCheck({ check: 'within', title: 't', of: { metric: 'mse', split: 'test' }, ...bounds }, [evaluation({})]).passed;
    expect(within({ atLeast: 2, atMost: 2 })).toBe(true);
    expect(within({ atLeast: 2.001 })).toBe(false);
    expect(within({ atMost: 1.999 })).toBe(false);
  });

  it('divides the first measure by the second', () => {
    const result = evaluateCheck(
      { check: 'ratio', title: 't', of: { metric: 'mse', split: 'train' }, to: { metric: 'mse', split: 'test' }, atMost: 0.3 },
      [evaluation({}), evaluation({ split: 'train', value: 0.5 })],
    );
    expect(result).toMatchObject({ value: 0.25, passed: true, threshold: 'at most 0.3' });
    expect(result.evidence).toContain('train split');
    expect(result.evidence).toContain('test split');
  });

  it('takes the last step and says what the number is', () => {
    const result = evaluateCheck({ check: 'within', title: 't', of: { metric: 'elbo', split: 'test' }, atLeast: -110 }, [
      evaluation({ metric: 'elbo', value: -100, step: 200, unit: 'nats', estimator: 'ELBO, 1 sample, analytic KL', k: 1, protocol: 'static binarisation' }),
      evaluation({ metric: 'elbo', value: -200, step: 100 }),
    ]);
    expect(result).toMatchObject({ value: -100, passed: true });
    expect(result.evidence).toBe('elbo -100 nats (ELBO, 1 sample, analytic KL, K = 1; test split, static binarisation, n = 1000, step 200)');
  });

  it.each([
    ['is missing', []],
    ['belongs to another split', [evaluation({ split: 'valid' })]],
    ['is not a number', [evaluation({ value: NaN })]],
    ['is infinite', [evaluation({ value: Infinity })]],
  ])('fails when its measure %s', (_case, evaluations) => {
    expect(evaluateCheck({ check: 'within', title: 't', of: { metric: 'mse', split: 'test' }, atLeast: 0 }, evaluations).passed).toBe(false);
  });
});
