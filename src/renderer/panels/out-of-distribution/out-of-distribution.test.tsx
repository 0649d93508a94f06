import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import { fakeDatasets, type FakeClient } from '../../client/fake';
import { layOut, showPanel, vaeRun } from '../bench';
import { histogram, rangeOf } from './histogram';
import { outOfDistribution } from '.';

const plotly = vi.hoisted(() => ({ react: vi.fn(), purge: vi.fn(), toImage: vi.fn() }));
vi.mock('plotly.js', () => ({ default: plotly }));
beforeEach(() => {
  layOut(400, 300);
  plotly.react.mockReset().mockImplementation((element: HTMLElement) => void Object.assign(element, { on: () => undefined }));
});
const [first] = fakeDatasets;

const withFashion = (client: FakeClient): void => {
  client.answer('datasets.list', () => [...fakeDatasets, ...(first ? [{ ...first, id: 'fashion', title: 'Fashion' }, { ...first, id: 'large', height: 32 }] : [])]);
  client.answer('datasets.page', ({ count }) => ({ kind: 'pictures', pictures: { count, height: 28, width: 28, channels: 1, pixels: new Uint8Array(count * 784) }, labels: null }));
};
const axis = (): unknown => (plotly.react.mock.lastCall?.[2] as { xaxis: { title: { text: string } } }).xaxis.title.text;

it('asks about pictures of another set of the same size, and says how well each score tells them apart', async () => {
  const { lastProbe } = showPanel(outOfDistribution, vaeRun(), withFashion);
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  expect(lastProbe()).toMatchObject({ kind: 'foreign', count: 500, batch: 10, pictures: { count: 500, height: 28 } });
  expect(screen.getByRole('button', { name: /Other data/ }).textContent).toContain('against Fashion');
  expect(screen.getAllByRole('radio').map((choice) => choice.closest('label')?.textContent ?? choice.textContent)).toEqual(['likelihood 0.25', 'typicality 0.97', 'complexity 0.99']);
  expect(axis()).toBe('ELBO, nats');
});

it('draws the score that is chosen, typicality by batches of a chosen size', async () => {
  const { lastProbe } = showPanel(outOfDistribution, vaeRun(), withFashion);
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  expect(screen.queryByRole('button', { name: /Batch/ })).toBeNull();
  await userEvent.click(screen.getByRole('radio', { name: /typicality/ }));
  await waitFor(() => expect(axis()).toBe('|mean of −ELBO over 10 − entropy|, nats'));
  await userEvent.click(screen.getByRole('button', { name: /Batch/ }));
  await userEvent.click(screen.getByRole('option', { name: 'M = 25' }));
  await waitFor(() => expect(lastProbe()).toMatchObject({ kind: 'foreign', batch: 25 }));
});

it('says what is wrong with the other set', async () => {
  showPanel(outOfDistribution, vaeRun(), (client) => client.answer('datasets.list', () => [...fakeDatasets, ...(first ? [{ ...first, id: 'fashion', title: 'Fashion' }] : [])]));
  expect(await screen.findByText(/There is no data set fashion/)).toBeTruthy();
});

it('says when there is nothing of the same size', async () => {
  showPanel(outOfDistribution);
  expect(await screen.findByText('Nothing to compare with')).toBeTruthy();
});

it('the range holds all scores but those far out, of each set by its own spread', () => {
  const own = Float32Array.from({ length: 101 }, (_, i) => i / 10);
  const other = Float32Array.from({ length: 101 }, (_, i) => -100 + i);
  expect(rangeOf([own, other])).toEqual([-100, 10]);
  expect(rangeOf([own, Float32Array.of(...other, -140_000, Infinity, NaN)])).toEqual([-100, 10]);
  expect(rangeOf([Float32Array.of(...own, 45), own])).toEqual([0, 10]);
  expect(rangeOf([Float32Array.of(...own, 20), own])).toEqual([0, 20]);
  expect(rangeOf([Float32Array.of(NaN), new Float32Array()])).toEqual([0, 1]);
});

it('a histogram holds every score, those beyond the range in the last bins', () => {
  expect(histogram([0, 1, 9, 100, -5], [0, 10], 2)).toEqual([expect.closeTo(0.6, 12), expect.closeTo(0.4, 12)]);
});
