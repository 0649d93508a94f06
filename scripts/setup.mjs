import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, prepareCompute } from './compute.mjs';
import { giveUp, inModules, lastLines, node24, root, run, seconds, step, whatFailed } from './run.mjs';

// Everything that has to be there before Elbo starts. What is there already is left alone.

const packageMinutes = 20;
const electronMinutes = 2;

export async function setup() {
  const since = Date.now();
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20) giveUp(`Elbo needs Node 20 or newer to set itself up; this is Node ${process.versions.node}. Get one from https://nodejs.org.`);

  const packages = installPackages();
  // Reported where it is awaited, below.
  packages.catch(() => undefined);
  await step('Compute library', async () => describe(await prepareCompute(packages)));
  await packages;
  await fetchElectron();
  await build();
  console.log(`Ready after ${seconds(since)} (Node ${major}.${minor}; Elbo runs on the Node in node_modules).\n`);
}

async function installPackages() {
  if (!packagesMatchLock())
    await step('Packages: npm ci', async () => {
      const { code, output } = await run('npm', ['ci', '--no-audit', '--no-fund'], { minutes: packageMinutes });
      if (code !== 0) giveUp(`npm ci failed:\n  ${npmErrors(output)}`);
    });
  if (!existsSync(node24))
    await step('Node 24', async () => {
      const { code, output } = await run('npm', ['rebuild', 'node', '--ignore-scripts=false'], { minutes: packageMinutes });
      if (code !== 0 || !existsSync(node24)) giveUp(`Node 24 could not be fetched:\n  ${npmErrors(output)}`);
    });
}

/** npm says what went wrong first, then how it is used. */
const npmErrors = (output) =>
  output
    .split('\n')
    .filter((line) => line.startsWith('npm error'))
    .slice(0, 6)
    .join('\n  ');

/** npm notes in node_modules what it has installed. */
function packagesMatchLock() {
  try {
    const packagesOf = (...path) => JSON.parse(readFileSync(join(root, ...path), 'utf8')).packages;
    const installed = packagesOf('node_modules', '.package-lock.json');
    return Object.entries(packagesOf('package-lock.json')).every(([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version);
  } catch {
    return false;
  }
}

/** The folder of Electron's binary: another one by ELECTRON_OVERRIDE_DIST_PATH, else its own; null where there is none. */
export function electronFolder() {
  const folder = process.env.ELECTRON_OVERRIDE_DIST_PATH || inModules('electron', 'dist');
  return existsSync(join(folder, electronProgram())) ? folder : null;
}

export const electronProgram = () => ({ darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' })[process.platform] ?? 'electron';

const electronFailure = inModules('electron', 'could-not-be-fetched.txt');

/** Best effort: Elbo also runs in a browser. After a failure it is not tried again until `npx install-electron --no` or `npm ci`. */
async function fetchElectron() {
  if (electronFolder() || process.env.ELECTRON_OVERRIDE_DIST_PATH || existsSync(electronFailure)) return;
  await step('Electron', async () => {
    const { code, output } = await run(node24, [inModules('electron', 'install.js')], { minutes: electronMinutes });
    if (code === 0 && electronFolder()) return;
    writeFileSync(electronFailure, output);
    rmSync(inModules('electron', 'path.txt'), { force: true });
    return `could not be fetched (${whatFailed(output)}); Elbo will open in the browser. \`npx install-electron --no\` tries again`;
  });
}

const stamp = join(root, 'out', 'built');

async function build() {
  const built = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
  const sources = ['src', 'bench', 'electron.vite.config.ts', 'package-lock.json'].map((name) => newest(join(root, name)));
  if (Math.max(...sources) < built) return;
  await step('Building', async () => {
    const { code, output } = await run(node24, [inModules('electron-vite', 'bin', 'electron-vite.js'), 'build'], { minutes: 10 });
    if (code !== 0) giveUp(`The build failed:\n  ${lastLines(output, 30)}`);
    writeFileSync(stamp, '');
  });
}

/** When the file, or the newest file below the folder, was last changed. */
function newest(path) {
  const stat = statSync(path);
  return stat.isDirectory() ? Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name)))) : stat.mtimeMs;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await setup();
