import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, chromium, test as base, type ElectronApplication, type Page } from '@playwright/test';

export { expect } from '@playwright/test';
export type { Page } from '@playwright/test';

export const root = join(__dirname, '..');
const node24 = join(root, 'node_modules', 'node', 'bin', 'node');
const cli = join(root, 'out', 'main', 'cli.js');

/** The program, open on a store. */
export interface Opened {
  page: Page;
  /** In a window only. */
  electron: ElectronApplication | null;
  /** In a browser tab only: the address that was printed, its token already used. */
  address: URL | null;
  /** As a person ends it: quits the program, or Ctrl+C in the terminal. */
  quit(): Promise<void>;
}

export interface Elbo extends Opened {
  /** The store's folder. */
  home: string;
  /** Opens the program on the same store again, after `quit` or `killAll`. */
  open(): Promise<void>;
  /** kill -9 to the store's engines, its core (under Electron: the core's process), or everything. */
  kill(what: 'engines' | 'core' | 'everything'): Promise<void>;
  /** Runs a command on the same store. */
  cli(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
}

async function openWindow(home: string): Promise<Opened> {
  const electron = await _electron.launch({ args: [root], env: environment(home), chromiumSandbox: process.getuid?.() !== 0 });
  const page = await electron.firstWindow();
  const { electron: version, chrome, node } = await electron.evaluate(() => process.versions);
  sayOnce(`Electron ${version} (Chromium ${chrome}, Node ${node})`);
  return { page, electron, address: null, quit: () => electron.close() };
}

async function openTab(home: string): Promise<Opened> {
  const server = spawn(node24, [cli, 'serve', '--port', '0'], { env: environment(home), stdio: ['ignore', 'pipe', 'inherit'] });
  const address = new URL(await firstLine(server));
  const executablePath = process.env['ELBO_CHROMIUM'];
  const browser = await chromium.launch({ ...(executablePath && { executablePath }) });
  sayOnce(`Chromium ${browser.version()}`);
  const page = await browser.newPage();
  await page.goto(address.href);
  const quit = async (): Promise<void> => {
    await browser.close();
    await ended(server, 'SIGINT');
  };
  return { page, electron: null, address, quit };
}

const environment = (home: string): Record<string, string> => ({ ...(process.env as Record<string, string>), ELBO_HOME: home, ELBO_CHECKPOINT_SECONDS: '0.5' });

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
    });
    child.once('exit', (code) => reject(new Error(`It ended with code ${code} before it printed its address: ${text}`)));
  });
}

const ended = (child: ChildProcess, signal: NodeJS.Signals): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill(signal);
  });

const said = new Set<string>();
function sayOnce(version: string): void {
  if (!said.has(version)) console.log(version);
  said.add(version);
}

/** The processes that work on a store and whose command line holds `part`, read from /proc. */
function processesOf(home: string, part: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const read = (file: string): string[] => readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0');
        return read('environ').includes(`ELBO_HOME=${home}`) && read('cmdline').some((argument) => argument.includes(part));
      } catch {
        return false;
      }
    })
    .map(Number);
}

export const test = base.extend<{ elbo: Elbo; page: Page }>({
  elbo: async ({}, provide, info) => {
    const home = mkdtempSync(join(tmpdir(), 'elbo-e2e-'));
    const open = (): Promise<Opened> => (info.project.name === 'electron' ? openWindow(home) : openTab(home));
    const parts = { engines: 'engine.js', core: info.project.name === 'electron' ? 'core.js' : 'cli.js', everything: '' };
    let opened = await open();
    await provide({
      home,
      get page() {
        return opened.page;
      },
      get electron() {
        return opened.electron;
      },
      get address() {
        return opened.address;
      },
      quit: () => opened.quit(),
      async open() {
        opened = await open();
      },
      async kill(what) {
        const pids = processesOf(home, parts[what]);
        if (pids.length === 0) throw new Error(`No process of ${what} to kill.`);
        for (const pid of pids) process.kill(pid, 'SIGKILL');
        while (processesOf(home, parts[what]).some((pid) => pids.includes(pid))) await new Promise((resolve) => setTimeout(resolve, 20));
        if (what === 'everything') await opened.quit().catch(() => undefined);
      },
      cli: (...args) =>
        new Promise((resolve) => {
          const child = spawn(node24, [cli, ...args], { env: environment(home), stdio: ['ignore', 'pipe', 'pipe'] });
          let stdout = '';
          let stderr = '';
          child.stdout.setEncoding('utf8').on('data', (part: string) => (stdout += part));
          child.stderr.setEncoding('utf8').on('data', (part: string) => (stderr += part));
          child.once('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
        }),
    });
    await opened.quit().catch(() => undefined);
    // Whatever a failed test left behind.
    for (const pid of processesOf(home, '')) process.kill(pid, 'SIGKILL');
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  },
  page: async ({ elbo }, provide) => provide(elbo.page),
});
