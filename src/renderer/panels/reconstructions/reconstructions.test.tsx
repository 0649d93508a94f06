import { act, screen, waitFor } from '@testing-library/react';
import { beforeEach, expect, it } from 'vitest';
import { layOut, showPanel, vaeRun } from '../bench';
import { lostIndices } from './reconstructions';
import { reconstructions } from '.';

beforeEach(() => layOut(560, 300));

it('shows the first hundred test images beside their outputs', async () => {
  const { lastProbe } = showPanel(reconstructions);
  expect(await screen.findByRole('img', { name: /Test images, 100/ })).toBeTruthy();
  expect(lastProbe()).toMatchObject({ kind: 'reconstruct', split: 'test', offset: 0, count: 100 });
});

it('marks exactly the outputs that lost their class, and names the judge of the share', async () => {
  const { client, run } = showPanel(reconstructions);
  const outputs = await screen.findByRole('img', { name: /Outputs, 100/ });
  const answer = await client.call('runs.probe', { id: run.id, probe: { kind: 'reconstruct', split: 'test', offset: 0, count: 100 } });
  const kept = (answer as unknown as { keptClass: Uint8Array }).keptClass.reduce((sum, one) => sum + one, 0);
  expect(kept).toBeLessThan(100);
  expect(screen.getByText(`${kept} of 100`)).toBeTruthy();
  expect(screen.getByText(/judged by nearest neighbours/)).toBeTruthy();
  expect(outputs.closest('.block')?.querySelectorAll('.lost')).toHaveLength(100 - kept);
});

it('says so where there are no labels to judge by', async () => {
  showPanel(reconstructions, vaeRun(), (client) => {
    const pictures = { count: 100, height: 2, width: 2, channels: 1, pixels: new Uint8Array(400) };
    client.answer('runs.probe', () => ({ kind: 'reconstruct', step: 1, milliseconds: 1, inputs: pictures, outputs: pictures, labels: null, keptClass: null, classifier: null }));
  });
  expect(await screen.findByText(/No labels/)).toBeTruthy();
});

it('an example pointed at anywhere is marked in both blocks', async () => {
  const { linked } = showPanel(reconstructions);
  await screen.findByRole('img', { name: /Outputs/ });
  act(() => linked.setState({ example: 42 }));
  await waitFor(() => expect(document.querySelectorAll('.mark')).toHaveLength(2));
});

it('lost examples are those that the classifier did not keep', () => {
  expect(lostIndices(Uint8Array.of(1, 0, 1, 0))).toEqual([1, 3]);
  expect(lostIndices(null)).toEqual([]);
});
