// Writes blocks of ten steps to run `r` of the store in argv[2] until it is killed, printing each last step once it is acknowledged.
import { writeSync } from 'node:fs';
import { openStore } from './store';

const store = openStore(process.argv[2] ?? '');
if (process.argv[3] === 'open') {
  store.close();
  writeSync(1, 'opened');
} else
  for (let step = store.runs.get('r')?.step ?? 0; ; step += 10) {
    const steps = Float64Array.from({ length: 10 }, (_, i) => step + i + 1);
    store.metrics.append('r', { series: [{ name: 'lossNats', split: 'train', unit: 'nats' }], steps, values: steps.map((s) => s * 0.5), stepsPerSecond: 1 });
    writeSync(1, `${step + 10}\n`);
  }
