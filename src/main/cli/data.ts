import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Core, Params } from '../../contract/api';
import { splits } from '../../contract/datasets';
import { table } from './output';
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

/** `elbo data list`, `import`, `preview`, `remove`. */
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

  importing('import', 'copy pictures or a table into the store').action((path: string, options: ImportOptions) =>
    withCore(async (core) => {
      const info = await core.call('datasets.import', importRequest(path, options));
      show(options, info, `imported ${info.id}: ${splits.map((split) => `${info.counts[split]} ${split}`).join(', ')}; ${info.protocol}`);
    }),
  );

  importing('preview', 'what an import would give; writes nothing').action((path: string, options: ImportOptions) =>
    withCore(async (core) => {
      const { kind, info, files } = await core.call('datasets.preview', importRequest(path, options));
      const text = `${info.height}x${info.width}x${info.channels}, ${splits.map((split) => `${info.counts[split]} ${split}`).join(', ')}, ${info.classes?.length ?? 'no'} classes; ${info.protocol}\n${table(['file', 'taken for'], files.map((file) => [file.path, file.role]))}`;
      show(options, { kind, info, files }, text);
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
