import { screen, waitFor } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import { fakeDatasets } from '../../client/fake';
import { layOut, showPanel, vaeRun } from '../bench';
import { auroc, histogram } from './scores';
import { outOfDistribution } from '.';

const plotly = vi.hoisted(() => ({ react: vi.fn(), purge: vi.fn(), toImage: vi.fn() }));
vi.mock('plotly.js', () => ({ default: plotly }));
beforeEach(() => {
  layOut(400, 300);
  plotly.react.mockReset().mockImplementation((element: HTMLElement) => void Object.assign(element, { on: () => undefined }));
});
const [first] = fakeDatasets;

it('scores its own test images and those of another set of the same size', async () => {
  const { lastProbe } = showPanel(outOfDistribution, vaeRun(), (client) => client.answer('datasets.list', () => [...fakeDatasets, ...(first ? [{ ...first, id: 'fashion', title: 'Fashion' }, { ...first, id: 'large', height: 32 }] : [])]));
  // The fake has no data set of that id to give pictures of: the panel says so.
  expect(await screen.findByText(/There is no data set fashion/)).toBeTruthy();
  expect(lastProbe()).toMatchObject({ kind: 'score', split: 'test', count: 500 });
  expect(screen.getByRole('button', { name: /Other data/ }).textContent).toContain('against Fashion');
});

it('draws both histograms and says how well the two are told apart', async () => {
  const { lastProbe } = showPanel(outOfDistribution, vaeRun(), (client) => {
    client.answer('datasets.list', () => [...fakeDatasets, ...(first ? [{ ...first, id: 'fashion', title: 'Fashion' }] : [])]);
    client.answer('datasets.page', ({ count }) => ({ kind: 'pictures', pictures: { count, height: 28, width: 28, channels: 1, pixels: new Uint8Array(count * 784) }, labels: null }));
  });
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  expect(lastProbe()).toMatchObject({ kind: 'score-pictures', count: 500, height: 28 });
  const shown = screen.getByText('AUROC').querySelector('b')?.textContent;
  expect(Number(shown)).toBeLessThan(0.5);
});

it('says when there is nothing of the same size', async () => {
  showPanel(outOfDistribution);
  expect(await screen.findByText('Nothing to compare with')).toBeTruthy();
});

it('AUROC counts pairs, ties half', () => {
  const pairs = (inside: number[], outside: number[]) => inside.flatMap((a) => outside.map((b): number => (a > b ? 1 : a === b ? 0.5 : 0))).reduce((sum, value) => sum + value, 0) / (inside.length * outside.length);
  const [inside, outside] = [[3, 1, 4, 1, 5], [2, 1, 8, 4]];
  expect(auroc(inside, outside)).toBeCloseTo(pairs(inside, outside), 12);
  expect(auroc([2, 3], [0, 1])).toBe(1);
});

it('a histogram holds every score, those beyond the range in the last bins', () => {
  expect(histogram([0, 1, 9, 100, -5], [0, 10], 2)).toEqual([expect.closeTo(0.6, 12), expect.closeTo(0.4, 12)]);
});
