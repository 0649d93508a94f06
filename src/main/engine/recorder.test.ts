import { expect, it } from 'vitest';
import type { FromEngine, MetricBlock } from '../../contract/engine';
import { Recorder } from './recorder';

function recorded(act: (recorder: Recorder) => void): MetricBlock[] {
  const blocks: MetricBlock[] = [];
  const recorder = new Recorder((message: FromEngine) => {
    if (message.type === 'metrics') blocks.push(message.block);
  });
  act(recorder);
  return blocks;
}

it('puts the splits of a step into one row, and NaN where there is none', () => {
  const [block, ...more] = recorded((recorder) => {
    recorder.record(1, 'train', { lossNats: 5, sigma: 2 });
    recorder.record(2, 'train', { lossNats: 4, sigma: 3 });
    recorder.record(2, 'test', { lossNats: 6 });
    recorder.flush();
    recorder.flush();
  });
  expect(more).toEqual([]);
  expect(block?.series).toEqual([
    { name: 'lossNats', split: 'train', unit: 'nats' },
    { name: 'sigma', split: 'train', unit: '' },
    { name: 'lossNats', split: 'test', unit: 'nats' },
  ]);
  expect(block?.steps).toEqual(Float64Array.of(1, 2));
  expect(block?.values).toEqual(Float64Array.of(5, 2, NaN, 4, 3, 6));
});

it('remembers the last step that it sent, which is not the last that it was given', () => {
  recorded((recorder) => {
    recorder.record(1, 'train', { lossNats: 5 });
    expect(recorder.sentStep).toBe(0);
    recorder.flush();
    recorder.record(2, 'train', { lossNats: 5 });
    expect(recorder.sentStep).toBe(1);
  });
});

it('keeps a block as it was sent when a series joins later', () => {
  const [first, second] = recorded((recorder) => {
    recorder.record(1, 'train', { lossNats: 5 });
    recorder.flush();
    recorder.record(2, 'train', { lossNats: 4 });
    recorder.record(2, 'valid', { lossNats: 7 });
    recorder.flush();
  });
  expect(first?.series).toHaveLength(1);
  expect(second?.values).toEqual(Float64Array.of(4, 7));
});
