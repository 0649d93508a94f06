import { fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it } from 'vitest';
import { layOut, showPanel, vaeRun } from '../bench';
import { heatPictures } from './heat';
import { pixelByPixel } from '.';

beforeEach(() => layOut(700, 300));
const able = { abilities: ['complete', 'conditionals'] as ('complete' | 'conditionals')[] };

it('shows the images, what is drawn, and where the model is unsure', async () => {
  const { lastProbe, asked } = showPanel(pixelByPixel, vaeRun(), undefined, able);
  expect(await screen.findByRole('img', { name: 'Drawn, 16' })).toBeTruthy();
  expect(await screen.findByText('Entropy, 0 to 1 bit')).toBeTruthy();
  expect(asked('conditionals')).toBe(1);
  fireEvent.change(screen.getByRole('slider', { name: 'Known' }), { target: { value: '300' } });
  await waitFor(() => expect(lastProbe()).toMatchObject({ kind: 'complete', known: 300, temperature: 1, seed: 0 }));
  expect(await screen.findByRole('img', { name: 'Known part, then drawn, 16' })).toBeTruthy();
});

it('plays one answered frame after another, and stops where it is', async () => {
  const { asked, lastProbe } = showPanel(pixelByPixel, vaeRun(), undefined, { abilities: ['complete'] });
  await screen.findByRole('img', { name: 'Drawn, 16' });
  await userEvent.click(screen.getByRole('button', { name: 'Play' }));
  await waitFor(() => expect(asked('complete')).toBeGreaterThan(3));
  await userEvent.click(screen.getByRole('button', { name: 'Stop' }));
  const { known } = lastProbe() as { known: number };
  expect(known % 17).toBe(0);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(lastProbe()).toMatchObject({ known });
  expect(asked('conditionals')).toBe(0);
});

it('heat goes along the ramp, by the mean of the channels', () => {
  const two = { count: 1, height: 1, width: 3, channels: 2, pixels: new Uint8Array(6) };
  const { pixels, channels } = heatPictures(two, Float32Array.of(0, 0, 0.5, 0.5, 0.5, 1.5), 1, [[0, 0, 0], [100, 0, 200]]);
  expect(channels).toBe(3);
  expect(Array.from(pixels)).toEqual([0, 0, 0, 50, 0, 100, 100, 0, 200]);
});
