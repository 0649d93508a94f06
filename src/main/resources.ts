import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of built-in data sets, recipes and icons: beside the program's bundle, or in the source tree. */
export function resourcesFolder(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, 'resources');
    if (existsSync(join(candidate, 'recipes'))) return candidate;
    if (folder === dirname(folder)) throw new Error(`No resources folder beside or above ${__dirname}.`);
  }
}
