import { writeFileSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { Core } from '../../contract/api';
import { splits, type Pictures, type Split } from '../../contract/datasets';
import { refuse } from '../../contract/errors';
import { likelihoodEstimators, type Measurement } from '../../contract/measurements';
import type { Probe, ProbeAnswer, ProbeKind, SamplesAre } from '../../contract/probes';
import type { RunDetail } from '../../contract/runs';
import { joined } from '../../ml/joined';
import { asked } from '../../ml/optimizers/state-names';
import { defaultHome } from '../core/home';
import { askedStep, readNewestCheckpoint } from '../engine/checkpoint';
import { putBack, shownOrder } from '../../ml/data/shown-order';
import { writeNpz } from '../formats/npz';
import { writeSafetensors } from '../formats/safetensors';
import { measure } from './measure';
import { idOf, json, number, show, whole, withCore, type Json } from './shared';

/** `elbo eval`, `sample`, `encode` and `weights`: what a trained model is asked for. */
export function addTrained(program: Command): void {
  const run = (name: string, description: string): Command => program.command(name).description(description).argument('<run>', 'its id, the beginning of its id, or its name');
  const split = (): Option => new Option('--split <name>', 'the split').choices(splits).default('test');
  const out = (help: string): [string, string] => ['--out <file>', help];

  run('eval', 'estimate the log-likelihood of a trained model, and keep it with the run; Ctrl+C cancels')
    .addOption(new Option('--estimator <name>', 'elbo: the bound; iwae: K importance samples; naive: K draws of the prior; exact').choices(likelihoodEstimators).makeOptionMandatory())
    .option('-k <n>', 'draws for each example', whole, 1)
    .addOption(split())
    .option('--seed <n>', 'of the draws', whole, 0)
    .option('--limit <n>', 'only so many examples, dealt out of the split, always the same ones', whole)
    .addOption(json())
    .action((given: string, { json: asJson, ...request }: Omit<Likelihood, 'measure'> & Json) => withCore(async (core) => measure(core, await idOf(core, given), { measure: 'likelihood', ...request }, asJson === true)));

  run('sample', 'samples of a trained model: draws, or of a decoder the means of p(x|z) at codes drawn from the prior; the answer says which')
    .option('--count <n>', 'how many', whole, 64)
    .option('--temperature <t>', 'factor of every standard deviation of the noise, 0 to 2', number, 1)
    .option('--seed <n>', 'of the draws', whole, 0)
    .option('--draw', 'draws of p(x|z) in place of its means')
    .requiredOption(...out('a picture .png of them all, or arrays .npz'))
    .addOption(json())
    .action((given: string, options: SampleOptions & Json) =>
      withCore(async (core) => {
        const id = await idOf(core, given);
        const { shape, samplesAre } = await sample(core, await core.call('runs.get', { id }), options);
        show(options, { run: id, out: options.out, shape, samplesAre }, `wrote ${shape.join(' x ')} to ${options.out}: ${samplesAre === 'means' ? 'means of p(x|z) at codes of the prior, no draws of x (--draw)' : 'draws'}`);
      }),
    );

  run('encode', 'means and standard deviations of the posteriors of a split, as arrays (of a flow as the posterior the image of the mean of its normal; of a hierarchy the means of all levels, the top one first, each given those on which it rests)')
    .option('--data <id>', "another data set of the same form than the run's own")
    .addOption(split())
    .requiredOption(...out('arrays .npz'))
    .addOption(json())
    .action((given: string, options: EncodeOptions & Json) =>
      withCore(async (core) => {
        const id = await idOf(core, given);
        const shape = await encode(core, id, options);
        show(options, { run: id, out: options.out, shape }, `wrote ${shape.join(' x ')} to ${options.out}`);
      }),
    );

  run('weights', 'the parameters of the newest checkpoint, for other programs')
    .requiredOption(...out('a file .safetensors'))
    .addOption(json())
    .action((given: string, options: { out: string } & Json) =>
      withCore(async (core) => {
        const id = await idOf(core, given);
        const { step, shapes } = weights(id, options.out);
        show(options, { run: id, step, out: options.out, tensors: shapes }, `wrote ${Object.keys(shapes).length} tensors of step ${step} to ${options.out}`);
      }),
    );
}

type Likelihood = Extract<Measurement, { measure: 'likelihood' }>;

interface SampleOptions {
  count: number;
  temperature: number;
  seed: number;
  draw?: boolean;
  out: string;
}

const samplesAtOnce = 1000;

/** Batch b, of a thousand (of a table no more than it has rows), is drawn with seed + b. @returns the shape of what was written, and what it is */
async function sample(core: Core, run: RunDetail, { count, temperature, seed, draw = false, out }: SampleOptions): Promise<{ shape: number[]; samplesAre: SamplesAre }> {
  const form = kindOf(out, ['.png', '.npz']);
  if (count === 0) refuse('bad-request', 'Nothing is asked for.', { where: '--count', repair: 'Ask for one sample or more.' });
  const { id, dataset } = run;
  const table = dataset?.kind === 'table';
  if (table && form === '.png') refuse('bad-request', 'Rows of a table make no picture.', { where: '--out', repair: 'Give a file .npz.' });
  const atOnce = table ? Math.min(samplesAtOnce, dataset.counts.train) : samplesAtOnce;
  const draws = Array.from({ length: Math.ceil(count / atOnce) }, (_, batch) => ({ count: Math.min(atOnce, count - batch * atOnce), temperature, seed: seed + batch, draw }));
  let samplesAre: SamplesAre = 'draws';
  if (table) {
    const columns = dataset.channels;
    const samples = new Float32Array(count * columns);
    for (const [batch, asked] of draws.entries()) {
      const answer = await ask(core, id, { kind: 'points', split: 'train', offset: 0, ...asked });
      ({ samplesAre } = answer);
      samples.set(answer.samples ?? refuse('bad-request', 'This model cannot sample.', { where: `run ${id}` }), batch * atOnce * columns);
    }
    return { shape: writeArrays(out, { samples: { shape: [count, columns], values: samples } }), samplesAre };
  }
  const pictures: Pictures[] = [];
  for (const asked of draws) {
    const answer = await ask(core, id, { kind: 'sample', ...asked });
    ({ samplesAre } = answer);
    pictures.push(answer.pictures);
  }
  const [{ height, width, channels } = refuse('bug', 'No sample came back.')] = pictures;
  const whole: Pictures = { count, height, width, channels, pixels: new Uint8Array(count * height * width * channels) };
  pictures.reduce((at, { pixels }) => (whole.pixels.set(pixels, at), at + pixels.length), 0);
  return { shape: form === '.npz' ? writeArrays(out, { samples: { shape: [count, height, width, channels], values: whole.pixels } }) : await writeGrid(out, whole), samplesAre };
}

/** As many columns as rows, or nearly. */
async function writeGrid(out: string, { count, height, width, channels, pixels }: Pictures): Promise<number[]> {
  const columns = Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / columns);
  const line = columns * width * channels;
  const grid = Buffer.alloc(rows * height * line);
  for (let i = 0; i < count; i += 1)
    for (let y = 0; y < height; y += 1) {
      const from = (i * height + y) * width * channels;
      grid.set(pixels.subarray(from, from + width * channels), (Math.floor(i / columns) * height + y) * line + (i % columns) * width * channels);
    }
  const { default: sharp } = await import('sharp');
  await sharp(grid, { raw: { width: columns * width, height: rows * height, channels: channels === 1 ? 1 : 3 } }).png().toFile(resolve(out));
  return [rows * height, columns * width, channels];
}

interface EncodeOptions {
  data?: string;
  split: Split;
  out: string;
}

const encodedAtOnce = 100_000;

/** In the order of the data set's file, as another program reads it. */
async function encode(core: Core, id: string, { data, split, out }: EncodeOptions): Promise<number[]> {
  kindOf(out, ['.npz']);
  const dataset = data === undefined ? (await core.call('runs.get', { id })).dataset : (await core.call('datasets.list', {})).find((each) => each.id === data);
  const parts: ProbeAnswer<'encode'>[] = [];
  do parts.push(await ask(core, id, { kind: 'encode', split, offset: parts.length * encodedAtOnce, count: encodedAtOnce }, data));
  while (dataset && parts.length * encodedAtOnce < dataset.counts[split]);
  const order = dataset && shownOrder(dataset, split);
  const inFile = <T extends Float32Array | Uint16Array>(values: T): T => (order ? putBack(values, order) : values);
  const means = inFile(joined(parts.map((part) => part.means)));
  const latentSize = parts[0]?.latentSize ?? NaN;
  const shape = [means.length / latentSize, latentSize];
  const standardDeviations = parts.flatMap((part) => part.standardDeviations ?? []);
  const labels = parts.flatMap((part) => Array.from(part.labels ?? []));
  return writeArrays(out, {
    means: { shape, values: means },
    ...(standardDeviations.length > 0 && { standardDeviations: { shape, values: inFile(joined(standardDeviations)) } }),
    ...(labels.length > 0 && { labels: { shape: [labels.length], values: inFile(Uint16Array.from(labels)) } }),
  });
}

/** All that the checkpoint holds but the optimiser's state, parameters as the best or their averages where it has them, under the names and in the shapes that it has there. */
function weights(id: string, out: string): { step: number; shapes: Record<string, number[]> } {
  kindOf(out, ['.safetensors']);
  const { checkpoint, skipped } = readNewestCheckpoint(join(defaultHome(), 'runs', id));
  if (!checkpoint) return refuse(skipped[0]?.code ?? 'not-found', skipped[0]?.message ?? 'This run has no checkpoint yet.', { where: `run ${id}` });
  const state = asked(checkpoint.state);
  writeFileSync(resolve(out), writeSafetensors(state));
  return { step: askedStep(checkpoint), shapes: Object.fromEntries(Object.entries(state).map(([name, { shape }]) => [name, shape])) };
}

const ask = async <K extends ProbeKind>(core: Core, id: string, probe: Extract<Probe, { kind: K }>, data?: string): Promise<ProbeAnswer<K>> =>
  (await core.call('runs.probe', { id, probe, ...(data !== undefined && { data }) })) as unknown as ProbeAnswer<K>;

type Arrays = Parameters<typeof writeNpz>[1];

function writeArrays(out: string, arrays: Arrays): number[] {
  writeNpz(resolve(out), arrays);
  return [...(Object.values(arrays)[0]?.shape ?? [])];
}

function kindOf(out: string, kinds: string[]): string {
  const kind = extname(out).toLowerCase();
  return kinds.includes(kind) ? kind : refuse('bad-request', `"${out}" does not end in ${kinds.join(' or ')}.`, { where: '--out' });
}
