import { fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it } from 'vitest';
import { layOut, showPanel, vaeRun } from '../bench';
import { growing } from './growing';
import { fieldPictures } from './receptive-field';
import { heatPictures } from '../heat';
import { pixelByPixel } from '.';

beforeEach(() => layOut(700, 300));
const able = { abilities: ['complete', 'conditionals'] as ('complete' | 'conditionals')[] };

it('shows the images and what is drawn; on demand what the model expects of each pixel, and where it is unsure', async () => {
  const { lastProbe, asked } = showPanel(pixelByPixel, vaeRun(), undefined, able);
  expect(await screen.findByRole('img', { name: 'Drawn, 16' })).toBeTruthy();
  expect(asked('conditionals')).toBe(0);
  await userEvent.click(screen.getByRole('radio', { name: 'conditionals' }));
  expect(await screen.findByText('Probability of ink')).toBeTruthy();
  expect(await screen.findByText('Entropy, 0 to 1 bit')).toBeTruthy();
  expect(asked('conditionals')).toBe(1);
  await userEvent.click(screen.getByRole('radio', { name: 'drawing' }));
  fireEvent.change(screen.getByRole('slider', { name: 'Known' }), { target: { value: '300' } });
  await waitFor(() => expect(lastProbe()).toMatchObject({ kind: 'complete', known: 300, temperature: 1, seed: 0 }));
  expect(await screen.findByRole('img', { name: 'Known part, then drawn, 16' })).toBeTruthy();
});

it('of grey levels the means stand beside entropies of as many bits as there are', async () => {
  const run = vaeRun();
  showPanel(pixelByPixel, { ...run, experiment: { ...run.experiment, binarisation: 'none' } }, undefined, able);
  await userEvent.click(await screen.findByRole('radio', { name: 'conditionals' }));
  expect(await screen.findByText('Mean, given the values before')).toBeTruthy();
  expect(await screen.findByText('Entropy, 0 to 0.90 bits')).toBeTruthy();
});

it('the receptive field is that of the pixel under the pointer, or chosen with the arrow keys', async () => {
  const { lastProbe, asked } = showPanel(pixelByPixel, vaeRun(), undefined, able);
  await userEvent.click(await screen.findByRole('radio', { name: 'field' }));
  const map = await screen.findByRole('application', { name: /row 15, column 15/ });
  expect(lastProbe()).toMatchObject({ kind: 'receptive-field', pixel: 14 * 28 + 14, count: 16 });
  fireEvent.keyDown(map, { key: 'ArrowRight' });
  fireEvent.keyDown(map, { key: 'ArrowUp' });
  await waitFor(() => expect(lastProbe()).toMatchObject({ pixel: 13 * 28 + 15 }));
  fireEvent.keyDown(map, { key: 'a' });
  fireEvent.pointerMove(map, { clientX: 1, clientY: 1 });
  await waitFor(() => expect(lastProbe()).toMatchObject({ pixel: 0 }));
  expect(await screen.findByRole('application', { name: /row 1, column 1: its mean depends on 0 of 784 pixels/ })).toBeTruthy();
  fireEvent.keyDown(map, { key: 'ArrowUp' });
  expect(lastProbe()).toMatchObject({ pixel: 0 });
  expect(asked('receptive-field')).toBeGreaterThan(2);
});

it('in a field what is exactly nought is not drawn, and what is little is', () => {
  const { pixels } = fieldPictures({ height: 1, width: 4, field: Float32Array.of(0, 1e-9, 0.01, 1), examples: 1 }, { ramp: ['#000000', '#ff0000'] });
  const [none, little, half, most] = [0, 1, 2, 3].map((p) => Array.from(pixels.subarray(4 * p, 4 * p + 4)));
  expect([none, little, half, most]).toEqual([[0, 0, 0, 0], [51, 0, 0, 255], [153, 0, 0, 255], [255, 0, 0, 255]]);
});

it('plays one draw, asks nothing anew for it, and stops where it is', async () => {
  const { asked, lastProbe } = showPanel(pixelByPixel, vaeRun(), undefined, { abilities: ['complete'] });
  await screen.findByRole('img', { name: 'Drawn, 16' });
  await userEvent.click(screen.getByRole('button', { name: 'Play' }));
  await screen.findByRole('img', { name: 'So far 51 of 784, 16' });
  await userEvent.click(screen.getByRole('button', { name: 'Stop' }));
  const there = screen.getByText(/^So far \d+ of 784$/).textContent;
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(screen.getByText(/^So far \d+ of 784$/).textContent).toBe(there);
  expect([asked('complete'), asked('conditionals')]).toEqual([1, 0]);
  // Another question is another draw.
  fireEvent.change(screen.getByRole('slider', { name: 'Known' }), { target: { value: '300' } });
  expect(await screen.findByRole('img', { name: 'Known part, then drawn, 16' })).toBeTruthy();
  expect(lastProbe()).toMatchObject({ known: 300 });
  await userEvent.click(screen.getByRole('button', { name: 'Play' }));
  expect(await screen.findByRole('img', { name: 'So far 317 of 784, 16' })).toBeTruthy();
});

it('keeps what was drawn while the model trains on', async () => {
  const { client, run, asked } = showPanel(pixelByPixel, vaeRun({ status: 'running', step: 100, stepsPerSecond: 50 }), undefined, { abilities: ['complete'] });
  await screen.findByRole('img', { name: 'Drawn, 16' });
  const step = screen.getByText(/^step /).textContent;
  await userEvent.click(screen.getByRole('button', { name: 'Play' }));
  await screen.findByRole('img', { name: 'So far 17 of 784, 16' });
  client.publish({ type: 'run', run: { ...run, status: 'running', step: 700 } });
  await waitFor(() => expect(asked('complete')).toBe(2));
  await screen.findByRole('img', { name: 'So far 68 of 784, 16' });
  expect(screen.getByText(/^step /).textContent).toBe(step);
});

it('a picture grows in the order of its values, and what is there stays', () => {
  const two = { count: 2, height: 1, width: 2, channels: 1, pixels: Uint8Array.of(10, 20, 30, 40) };
  const ground = [1, 2, 3] as const;
  expect(Array.from(growing(two, 0, ground).pixels)).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3]);
  expect(Array.from(growing(two, 1, ground).pixels)).toEqual([10, 10, 10, 1, 2, 3, 30, 30, 30, 1, 2, 3]);
  // A coloured pixel is there when its last channel is.
  const coloured = { ...two, channels: 3, pixels: Uint8Array.from({ length: 12 }, (_, i) => i + 10) };
  expect(Array.from(growing(coloured, 5, ground).pixels)).toEqual([10, 11, 12, 1, 2, 3, 16, 17, 18, 1, 2, 3]);
  expect(growing(coloured, 6, ground).pixels).toEqual(coloured.pixels);
});

it('heat goes along the ramp, by the mean of the channels', () => {
  const two = { count: 1, height: 1, width: 3, channels: 2, pixels: new Uint8Array(6) };
  const { pixels, channels } = heatPictures(two, Float32Array.of(0, 0, 0.5, 0.5, 0.5, 1.5), 1, [[0, 0, 0], [100, 0, 200]]);
  expect(channels).toBe(3);
  expect(Array.from(pixels)).toEqual([0, 0, 0, 50, 0, 100, 100, 0, 200]);
});
