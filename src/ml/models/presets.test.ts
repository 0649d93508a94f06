import { dispose, zeros } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { DataShape } from '../../contract/models';
import type { Noise } from '../random/noise';
import { findPreset } from './registry';

const zero: Noise = { uniform: (shape) => zeros(shape), normal: (shape) => zeros(shape), at: () => zero };
const table = (columns: number): DataShape => ({ kind: 'table', levels: null, examples: 10, height: 1, width: 1, channels: columns, binary: false });
const sprites: DataShape = { kind: 'pictures', levels: 2, examples: 10, height: 64, width: 64, channels: 1, binary: true };

/** How many numbers a preset's model has to learn. */
function weightsOf(id: string, data: DataShape): number {
  const { definition, preset } = findPreset(id) ?? {};
  if (!definition || !preset) throw new Error(`No preset ${id}.`);
  const settings = definition.settings.parse(preset.settings);
  expect(definition.refuses(data, settings)).toBeNull();
  const { parameters } = definition.build({ settings, data, noise: zero });
  const count = Object.values(parameters).reduce((sum, { size }) => sum + size, 0);
  dispose(parameters);
  return count;
}

/** Weights and biases of dense layers of these widths. */
const net = (...widths: number[]): number => widths.slice(1).reduce((sum, width, i) => sum + ((widths[i] ?? NaN) + 1) * width, 0);

// Columns of the published tables.
it.each([['POWER', 6, 100], ['GAS', 8, 100], ['HEPMASS', 21, 512], ['MINIBOONE', 43, 512], ['BSDS300', 63, 1024]])('the nets compared on %s have their published sizes', (_, columns, units) => {
  // A layer of either flow has a bias and a scale for each column, and what its net gives is a mean and a scale for each value that it changes.
  const masked = 2 * columns + net(columns, units, units, 2 * columns);
  expect(weightsOf(`made-gaussian-${units}`, table(columns))).toBe(masked);
  expect(weightsOf(`maf-5-${units}`, table(columns))).toBe(5 * masked);
  expect(weightsOf(`maf-10-${units}`, table(columns))).toBe(10 * masked);
  // Ten means, scales and weights for each column; alone, with a bias and a scale in front.
  const mixtures = net(columns, units, units, 30 * columns);
  expect(weightsOf(`made-mixture-${units}`, table(columns))).toBe(2 * columns + mixtures);
  expect(weightsOf(`maf-5-mixture-${units}`, table(columns))).toBe(5 * masked + mixtures);
  const [larger, smaller] = [Math.ceil(columns / 2), Math.floor(columns / 2)];
  const couplings = [[larger, smaller], [smaller, larger]].map(([kept = NaN, changed = NaN]) => 2 * columns + net(kept, units, units, 2 * changed));
  const [even = NaN, odd = NaN] = couplings;
  expect(weightsOf(`realnvp-5-${units}`, table(columns))).toBe(3 * even + 2 * odd);
  expect(weightsOf(`realnvp-10-${units}`, table(columns))).toBe(5 * even + 5 * odd);
});

it('the net of disentanglement_lib has its published size on sprites', () => {
  const convolution = (size: number, inputs: number, outputs: number): number => size ** 2 * inputs * outputs + outputs;
  const encoder = convolution(4, 1, 32) + convolution(4, 32, 32) + convolution(2, 32, 64) + convolution(2, 64, 64) + net(4 * 4 * 64, 256, 2 * 10);
  const decoder = net(10, 256, 4 * 4 * 64) + convolution(4, 64, 64) + convolution(4, 64, 32) + convolution(4, 32, 32) + convolution(4, 32, 1);
  expect(weightsOf('disentanglement-lib-vae', sprites)).toBe(encoder + decoder);
});
