import { expect, it } from 'vitest';
import { sameWork, type BenchResult } from './run';
import { asMarkdown, asText } from './tables';

const resultWith = (lossDifference: number | null): BenchResult => ({
  machine: { cpu: 'CPU', cores: 2, memoryGb: 8, system: 'Linux', node: '24' },
  versions: {},
  seconds: 1,
  rounds: 1,
  rows: [{ workload: 'W9', title: 'hierarchical VAE', task: 'train', oursMs: null, lowering: null, peers: {}, fastestPeer: null, ratioToFastest: null, peakRssMb: null, compileMs: null, ops: null, lossDifference, cells: [] }],
  sampling: [],
  speedUp: { overFastestPeer: null, overTorchEager: null },
  startUpMs: null,
  gridWhileTraining: null,
  store: null,
});

it.each([
  [3.3e-4, true, 'the largest relative difference to a peer is 3.3e-4.'],
  [4.3e-3, false, 'the largest relative difference to a peer is 4.3e-3, more than rounding: it is not the same work.'],
  [NaN, false, 'could not be compared'],
  [null, true, ''],
])('losses that differ by %d are of the same work: %s', (lossDifference, same, said) => {
  expect(sameWork({ lossDifference })).toBe(same);
  const result = resultWith(lossDifference);
  expect(asText(result).includes('W9 is not timed.')).toBe(!same);
  expect(asMarkdown(result)).toContain(said);
});
