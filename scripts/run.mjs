import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const windows = process.platform === 'win32';
/** The Node that everything but these scripts runs on. */
export const node24 = join(root, 'node_modules', 'node', 'bin', windows ? 'node.exe' : 'node');
export const inModules = (...path) => join(root, 'node_modules', ...path);

const running = new Set();

function end(child) {
  try {
    if (windows) child.kill();
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function endAll(signal) {
  running.forEach(end);
  process.exit(signal === 'SIGINT' ? 130 : 143);
}

/**
 * Runs a program and waits for its end. Never rejects: a program that is not there ends with code 127, one that takes
 * longer than `minutes` with code 124. Ctrl+C ends it and what it started.
 * @param {{ minutes?: number, env?: Record<string, string>, cwd?: string, show?: boolean }} [options] show: on this terminal, too
 * @returns {Promise<{ code: number, output: string }>} output: standard output and error, in the order in which they came
 */
export function run(command, args, { minutes, env = {}, cwd = root, show = false } = {}) {
  return new Promise((resolve) => {
    // A group of its own, so that what the program started ends with it.
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: !windows, shell: windows && command === 'npm' });
    if (running.size === 0) process.on('SIGINT', endAll).on('SIGTERM', endAll);
    running.add(child);
    let output = '';
    let late = false;
    const timer = minutes && setTimeout(() => ((late = true), end(child)), minutes * 60_000);
    const done = (code) => {
      clearTimeout(timer);
      running.delete(child);
      if (running.size === 0) process.off('SIGINT', endAll).off('SIGTERM', endAll);
      resolve({ code: late ? 124 : code, output: late ? `${output}\nStopped after ${minutes} minutes.` : output });
    };
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        if (show) process.stdout.write(text);
      });
    child.once('error', (error) => done(error.code === 'ENOENT' ? 127 : 1));
    child.once('close', (code) => done(code ?? 1));
  });
}

export const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

/** Says what is done, does it, and says how long it took and what `work` returned. */
export async function step(what, work) {
  const since = Date.now();
  console.log(`• ${what} …`);
  const said = await work();
  console.log(`✓ ${what}${said ? `: ${said}` : ''} (${seconds(since)})`);
}

/** The last lines of a program's output, for a message. */
export const lastLines = (output, count = 8) => output.trim().split('\n').slice(-count).join('\n  ');

/** The line that says what went wrong: the last that names an error, else the last. */
export function whatFailed(output) {
  const lines = output.trim().split('\n');
  return (lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1)).trim();
}

/** Ends the script with a sentence and no stack. */
export function giveUp(sentence) {
  console.error(`\n${sentence}`);
  process.exit(1);
}
