import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { refuse } from '../../contract/errors';

/** The folder of the built page. @throws Refusal when it was not built */
export function pageFolder(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, 'out', 'renderer');
    if (existsSync(join(candidate, 'index.html'))) return candidate;
    if (folder === dirname(folder)) return refuse('not-found', 'The page was not built.', { where: 'out/renderer', repair: 'Run `npm run build`.' });
  }
}
