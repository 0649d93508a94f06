import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { importSchema } from '../../contract/datasets';
import { parse } from '../../contract/parse';
import { cleanUp, installDataset, isInstalled } from './dataset-folder';
import { read } from './import';

const sourceFile = 'dataset-source.json';
/** What `dataset-source.json` says of the IDX files beside it. */
const sourceSchema = importSchema.pick({ holdOut: true, licence: true, source: true }).extend({ title: z.string(), maximum: z.int().min(1).max(255).optional() });

/**
 * Converts each data set of `resources/datasets` into a folder below `parent`, where it is missing or made from other sources.
 * A set of the same id that a person imported is left alone. Safe when two processes do it at once.
 */
export async function installBuiltIns(resources: string, parent: string): Promise<void> {
  await mkdir(parent, { recursive: true });
  await cleanUp(parent);
  for (const entry of await readdir(resources, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const folder = join(resources, entry.name);
    const madeFrom = await sumOf(folder);
    if (isInstalled(join(parent, entry.name), madeFrom)) continue;
    const { maximum, ...about } = parse(sourceSchema, JSON.parse(await readFile(join(folder, sourceFile), 'utf8')), join(folder, sourceFile), 'bad-file');
    const { info, arrays } = await read({ id: entry.name, path: folder, grey: false, standardise: false, ...about }, () => undefined, undefined, maximum);
    await installDataset(parent, { ...info, builtIn: true }, arrays, madeFrom);
  }
}

async function sumOf(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(folder)).sort()) hash.update(name).update(await readFile(join(folder, name)));
  return hash.digest('hex');
}
