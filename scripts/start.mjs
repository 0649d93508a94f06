import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { node24, root } from './run.mjs';
import { electronFolder, electronProgram, setup } from './setup.mjs';

// npm start: the window where there is an Electron and a display, else the same page on loopback, with its address printed.

await setup();

const electron = electronFolder();
const display = process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
const asRoot = process.platform === 'linux' && process.getuid() === 0;

if (electron && display) {
  if (asRoot) console.log("You are root, and Chromium's sandbox cannot run as root: the window opens without it.");
  start(join(electron, electronProgram()), [root, ...(asRoot ? ['--no-sandbox'] : [])]);
} else {
  console.log(`There is no ${electron ? 'display' : 'Electron'} here: Elbo is served to a browser on this machine instead. Open this address in it; Ctrl+C ends Elbo.`);
  start(node24, [join(root, 'out', 'main', 'cli.js'), 'serve', ...process.argv.slice(2)]);
}

function start(program, args) {
  const child = spawn(program, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ELECTRON_RUN_AS_NODE: undefined } });
  // Ctrl+C goes to the program as well, which stops its runs with a checkpoint; wait for it.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.once('error', (error) => {
    console.error(`${program} could not be started: ${error.message}`);
    process.exitCode = 1;
  });
  child.once('exit', (code, signal) => (process.exitCode = code ?? (signal ? 1 : 0)));
}
