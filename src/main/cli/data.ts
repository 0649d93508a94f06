import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import type { Core, Params } from '../../contract/api';
import { splits, type DatasetInfo, type PublicSet } from '../../contract/datasets';
import { errorFrom } from '../../contract/errors';
import { exitCodeOf, onInterrupt } from './follow';
import { describeError, printJson, say, table } from './output';
import { json, show, whole, withCore, type Json } from './shared';

interface ImportOptions extends Json {
  id: string;
  title?: string;
  labels?: string;
  valid?: number;
  test?: number;
  height?: number;
  width?: number;
  grey?: true;
  draw?: number;
  standardise?: true;
  licence?: string;
  source?: string;
}

function importRequest(path: string, { id, title, labels, valid, test, height, width, grey, draw, standardise, licence, source }: ImportOptions): Params<'datasets.import'> {
  return {
    id,
    path: resolve(path),
    ...(title !== undefined && { title }),
    ...(labels !== undefined && { labels: resolve(labels) }),
    ...((valid !== undefined || test !== undefined) && { holdOut: { valid: valid ?? 0, test: test ?? 0 } }),
    ...(height !== undefined && { height }),
    ...(width !== undefined && { width }),
    ...(grey && { grey }),
    ...(draw !== undefined && { draw }),
    ...(standardise && { standardise }),
    ...(licence !== undefined && { licence }),
    ...(source !== undefined && { source }),
  };
}

/** `elbo data list`, `import`, `preview`, `sources`, `fetch`, `remove`. */
export function addData(program: Command): void {
  const data = program.command('data').description('data sets');

  data
    .command('list')
    .description('the data sets there are')
    .addOption(json())
    .action((options: Json) =>
      withCore(async (core) => {
        const datasets = await core.call('datasets.list', {});
        const rows = datasets.map(({ id, title, kind, height, width, channels, counts, classes, protocol }) => [id, title, kind === 'table' ? `${channels} columns` : `${height}x${width}x${channels}`, ...splits.map((split) => counts[split]), classes?.length ?? 0, protocol]);
        show(options, datasets, table(['id', 'title', 'size', ...splits, 'classes', 'protocol'], rows));
      }),
    );

  const importing = (name: string, description: string): Command =>
    data
      .command(name)
      .description(description)
      .argument('<path>', 'a folder of IDX files, of CIFAR-10 files or of pictures; or a file: IDX, NPY, NPZ, CSV')
      .requiredOption('--id <id>', 'what to call it: lower-case letters, digits, hyphens')
      .option('--title <title>')
      .option('--labels <path>', 'IDX file of labels, for an IDX file of images')
      .option('--valid <n>', 'examples to hold out for validation', whole)
      .option('--test <n>', 'examples to hold out for testing', whole)
      .option('--height <pixels>', 'resize pictures', whole)
      .option('--width <pixels>', 'resize pictures', whole)
      .option('--grey', 'make pictures grey')
      .option('--draw <n>', 'take only so many examples of NumPy arrays, drawn by seed 0', whole)
      .option('--standardise', 'tables: subtract the mean and divide by the deviation of the training rows')
      .option('--licence <text>')
      .option('--source <text>')
      .addOption(json());

  importing('import', 'copy pictures or a table into the store; Ctrl+C cancels').action((path: string, options: ImportOptions) =>
    withCore((core) => bring(core, options.id, 'import', options, () => core.call('datasets.import', importRequest(path, options)))),
  );

  importing('preview', 'what an import would give; writes nothing').action((path: string, options: ImportOptions) =>
    withCore(async (core) => {
      const { kind, info, files } = await core.call('datasets.preview', importRequest(path, options));
      const text = `${info.height}x${info.width}x${info.channels}, ${splits.map((split) => `${info.counts[split]} ${split}`).join(', ')}, ${info.classes?.length ?? 'no'} classes; ${info.protocol}\n${table(['file', 'taken for'], files.map((file) => [file.path, file.role]))}`;
      show(options, { kind, info, files }, text);
    }),
  );

  data
    .command('sources')
    .description('the public data sets that can be fetched')
    .addOption(json())
    .action((options: Json) => withCore(async (core) => listSources(core, options)));

  data
    .command('fetch')
    .description('download a public data set and import it; without an id, which there are; Ctrl+C cancels and leaves nothing')
    .argument('[id]')
    .option('--from <folder>', 'take its files from this folder, not from the web')
    .option('--draw <n>', 'take only so many examples of NumPy arrays, drawn by seed 0', whole)
    .addOption(json())
    .action((id: string | undefined, { from, draw, ...options }: Json & { from?: string; draw?: number }) =>
      withCore(async (core) => {
        if (id === undefined) return listSources(core, options);
        return bring(core, id, 'fetch', options, () => core.call('datasets.fetch', { id, ...(from !== undefined && { from: resolve(from) }), ...(draw !== undefined && { draw }) }));
      }),
    );

  data
    .command('remove')
    .description('remove an imported data set from the store')
    .argument('<id>')
    .addOption(json())
    .action((id: string, options: Json) =>
      withCore(async (core) => {
        await core.call('datasets.remove', { id });
        show(options, { removed: id }, `removed ${id}`);
      }),
    );
}

async function listSources(core: Core, options: Json): Promise<undefined> {
  const sources = await core.call('datasets.sources', {});
  const size = (files: PublicSet['files']): string => `${Math.max(1, Math.round(files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6))} MB`;
  const checked = (files: PublicSet['files']): string => (files.every(({ sum }) => sum !== null) ? 'checked' : 'sum not published: shown');
  const rows = sources.map(({ id, title, files, licence, byHand }) => [id, title, ...(byHand === null ? [size(files), checked(files)] : ['', 'by hand, see below']), licence]);
  const notes = sources.flatMap(({ id, byHand }) => (byHand === null ? [] : [`${id}: ${byHand} Then: elbo data fetch ${id} --from FOLDER`]));
  show(options, sources, [table(['id', 'title', 'download', 'files', 'licence'], rows), ...notes].join('\n\n'));
}

/** Imports or fetches with a progress bar on a terminal; the first Ctrl+C cancels. @returns the exit code */
async function bring(core: Core, id: string, verb: 'import' | 'fetch', options: Json, work: () => Promise<DatasetInfo>): Promise<number> {
  const bytes = verb === 'fetch';
  const bar = process.stderr.isTTY ? new SingleBar({ format: `{bar} {percentage}%  {value} of {total}${bytes ? ' MB' : ''}`, barsize: 24, hideCursor: true }) : null;
  const shown = (count: number): number => (bytes ? Math.round(count / 1e5) / 10 : count);
  let begun = false;
  const end = core.subscribe((event) => {
    if (event.type !== 'progress' || event.what !== `${verb} ${id}`) return;
    if (!begun) bar?.start(shown(event.total), 0);
    begun = true;
    bar?.setTotal(shown(event.total));
    bar?.update(shown(event.done));
  });
  let signal: NodeJS.Signals | null = null;
  onInterrupt((name) => {
    signal = name;
    core.call('datasets.cancelImport', { id }).catch(() => undefined); // it has just ended
  });
  try {
    const info = await work();
    bar?.stop();
    show(options, info, `${verb}ed ${info.id}: ${splits.map((split) => `${info.counts[split]} ${split}`).join(', ')}; ${info.protocol}${bytes ? `\n${info.source}` : ''}`);
    return 0;
  } catch (thrown) {
    bar?.stop();
    const error = errorFrom(thrown);
    if (!signal || error.code !== 'cancelled') throw thrown;
    if (options.json) printJson({ error });
    else say(describeError(error));
    return exitCodeOf(signal);
  } finally {
    end();
  }
}

/**
 * The data set that a table's file is imported as, standardised, under a name from the file and its sum, so that the same file is
 * imported once. Null where `given` is no such file.
 */
export async function importTable(core: Core, given: string): Promise<{ id: string; note: string } | null> {
  if (!/\.(csv|tsv|txt|npy|npz)(\.gz)?$/i.test(given) || !existsSync(given)) return null;
  const stem = basename(given).replace(/\.(csv|tsv|txt|npy|npz)(\.gz)?$/i, '').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 50);
  const id = `${stem || 'table'}-${createHash('sha256').update(await readFile(given)).digest('hex').slice(0, 8)}`;
  const known = (await core.call('datasets.list', {})).find((dataset) => dataset.id === id);
  const { protocol } = known ?? (await core.call('datasets.import', { id, path: resolve(given), title: basename(given), standardise: true }));
  return { id, note: `${given} is the data set "${id}": ${protocol}. Likelihoods are those of the standardised rows.` };
}
