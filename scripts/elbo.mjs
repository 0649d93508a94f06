#!/usr/bin/env node
// The command line, under any Node from 20 on: hands over to Node 24, which the native modules need.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const node = at(`node_modules/node/bin/node${process.platform === 'win32' ? '.exe' : ''}`);
const cli = at('out/main/cli.js');

if (!existsSync(node)) {
  console.error('error: Node 24 is not installed here.\n  where: node_modules/node\n  repair: Run npm start once.');
  process.exit(2);
}
if (!existsSync(cli)) {
  console.error('Building, once …');
  const { status } = spawnSync(node, [at('node_modules/electron-vite/bin/electron-vite.js'), 'build'], { cwd: at(''), stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) process.exit(2);
}

const child = spawn(node, [cli, ...process.argv.slice(2)], { stdio: 'inherit' });
// A terminal sends Ctrl+C to both, and this hands it on once more: the command line takes the two for one.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0)));
