import { describe, expect, it } from 'vitest';
import type { RunSummary } from '../../../contract/runs';
import { fakeRuns } from '../../client/fake';
import { groupByTime, headlineLoss, sorted } from './runs-query';

const base = fakeRuns(1)[0] as RunSummary;
const run = (part: Partial<RunSummary>): RunSummary => ({ ...base, status: 'done', ...part });

describe('groups by time', () => {
  const now = new Date(2026, 2, 14, 0, 30).getTime();
  const at = (hoursAgo: number): string => new Date(now - hoursAgo * 3_600_000).toISOString();

  it('put what goes on first, whenever it was made, and turn the day at midnight', () => {
    const groups = groupByTime([run({ id: 'new', createdAt: at(0.1) }), run({ id: 'late', createdAt: at(1) }), run({ id: 'old', createdAt: at(24 * 40), status: 'running' }), run({ id: 'week', createdAt: at(24 * 3) }), run({ id: 'long-ago', createdAt: at(24 * 60) })], now);
    expect(groups.map(({ title, runs }) => [title, ...runs.map((each) => each.id)])).toEqual([
      ['Now', 'old'],
      ['Today', 'new'],
      ['Yesterday', 'late'],
      ['This week', 'week'],
      ['January 2026', 'long-ago'],
    ]);
  });
});

describe('sorting', () => {
  it('keeps runs without a value last in both directions', () => {
    const runs = [run({ id: 'none', latest: {} }), run({ id: 'high', latest: { lossNats: 3 } }), run({ id: 'low', latest: { lossNats: 1, 'lossNats (test)': 2 } })];
    expect(sorted(runs, 'loss', false).map((each) => each.id)).toEqual(['low', 'high', 'none']);
    expect(sorted(runs, 'loss', true).map((each) => each.id)).toEqual(['high', 'low', 'none']);
  });
});

describe('the headline loss', () => {
  it('is the one on held-out data where there is one, and says so', () => {
    expect(headlineLoss(run({ latest: { klNats: 5, lossNats: 120, 'lossNats (valid)': 130 } }))).toEqual({ value: 130, split: 'valid', unit: 'nats' });
    expect(headlineLoss(run({ latest: { lossNats: 120 } }))).toEqual({ value: 120, split: 'train', unit: 'nats' });
    expect(headlineLoss(run({ latest: { 'squaredError (test)': 43, squaredError: 30 } }))).toEqual({ value: 43, split: 'test', unit: 'squared error' });
    expect(headlineLoss(run({ latest: { loss: 43, squaredError: 30, klNats: 4 } }))).toEqual({ value: 43, split: 'train', unit: '' });
    expect(headlineLoss(run({ latest: { klNats: 3 } }))).toBeUndefined();
  });
});
