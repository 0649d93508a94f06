import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const root = resolve(__dirname, '../../../..');
const out = join(root, 'out/main');

/** The command line and the engine as they are shipped: `out/main`, built anew when a source is newer. Several test files may ask at once. */
export async function builtProgram(): Promise<{ cli: string; engine: string; root: string }> {
  const lock = join(root, 'node_modules/.elbo-build-lock');
  for (;;) {
    if (isFresh()) return { cli: join(out, 'cli.js'), engine: join(out, 'engine.js'), root };
    try {
      mkdirSync(lock);
    } catch {
      await wait(200);
      continue;
    }
    try {
      if (!isFresh()) execFileSync(process.execPath, [join(root, 'node_modules/electron-vite/bin/electron-vite.js'), 'build'], { cwd: root, stdio: 'pipe' });
    } finally {
      rmdirSync(lock);
    }
  }
}

function isFresh(): boolean {
  const built = ['cli.js', 'engine.js'].map((name) => statSync(join(out, name), { throwIfNoEntry: false })?.mtimeMs ?? 0);
  const configured = ['package.json', 'electron.vite.config.ts'].map((name) => statSync(join(root, name)).mtimeMs);
  return Math.min(...built) >= Math.max(...configured, newest(['src/contract', 'src/ml', 'src/main'].map((folder) => join(root, folder))));
}

const newest = (folders: string[]): number =>
  Math.max(
    ...folders.flatMap((folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.includes('.test.'))
        .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
    ),
  );
