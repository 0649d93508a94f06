import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { readdir, stat, statfs } from 'node:fs/promises';
import { cpus, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { dependencies, version } from '../../../package.json';
import { errorFrom, type ElboError } from '../../contract/errors';
import { parse } from '../../contract/parse';
import type { ComputeInfo } from '../../contract/runs';
import type { Doctor, Finding, SystemInfo } from '../../contract/system';
import type { EngineCommand } from './launch-engine';
import { slots } from './runs';

const engineAnswersWithinMs = 60_000;

export async function systemInfo(home: string, compute: ComputeInfo | null): Promise<SystemInfo> {
  const { bavail, bsize } = await statfs(home);
  return {
    version,
    home,
    storeBytes: await bytesBelow(home),
    freeBytes: bavail * bsize,
    cores: cpus().length,
    compute: compute && { device: compute.device, library: compute.library },
    slots: slots(),
  };
}

async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = entries.filter((entry) => entry.isFile()).map((entry) => stat(join(entry.parentPath, entry.name)).then(({ size }) => size, () => 0));
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** What this machine computes with, where that was looked for, and what would be faster. The library is loaded by an engine, never here. */
export async function doctor(home: string, command: () => EngineCommand): Promise<Doctor> {
  const loaded = await askEngine(command);
  const findings: Finding[] = [...bindingFindings(), ...gpuFindings(loaded), homeFinding(home)];
  const versions: Record<string, string> = {
    elbo: version,
    node: process.versions.node,
    ...electronVersion(),
    'tfjs-core': dependencies['@tensorflow/tfjs-core'],
    'better-sqlite3': dependencies['better-sqlite3'],
  };
  if ('code' in loaded) {
    findings.unshift({ subject: 'compute', state: 'broken', text: loaded.message, ...(loaded.where && { where: loaded.where }), ...(loaded.repair && { repair: loaded.repair }) });
    return { compute: { backend: 'none', device: 'none', library: 'none', why: loaded.message, faster: null }, versions, findings };
  }
  const { backend, device, library, why } = loaded;
  versions['compute library'] = library;
  findings.unshift({ subject: 'compute', state: 'ok', text: `${library} on ${device}` });
  return {
    compute: {
      backend,
      device,
      library,
      why: why ?? (backend === 'tensorflow' ? 'TensorFlow was found, and goes before WebAssembly.' : 'ELBO_BACKEND asks for it.'),
      faster: faster(backend, device),
    },
    versions,
    findings,
  };
}

/** That which runs this, or else that which the package asks for: its binary may be another, or missing. */
function electronVersion(): Record<string, string> {
  const running = process.versions['electron'];
  if (running) return { electron: running };
  const installed = above('node_modules/electron/package.json');
  return installed ? { 'electron package': (JSON.parse(readFileSync(installed, 'utf8')) as { version: string }).version } : {};
}

type Loaded = Omit<ComputeInfo, 'lowering'> & { why: string | null };

/** Has an engine load the library and say which; a process of its own, since loading may end it. */
async function askEngine(command: () => EngineCommand): Promise<Loaded | ElboError> {
  try {
    const { node, script } = command();
    // Inside Electron the binary may be Electron's own.
    const { stdout } = await promisify(execFile)(node, [script, 'compute'], { timeout: engineAnswersWithinMs, env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' } });
    const answer = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { compute: Loaded } | { error: ElboError };
    return 'compute' in answer ? answer.compute : answer.error;
  } catch (thrown) {
    const { killed, signal, code, stderr } = thrown as { killed?: boolean; signal?: string; code?: number; stderr?: string };
    if (stderr === undefined) return errorFrom(thrown);
    const how = killed ? `did not answer within ${engineAnswersWithinMs / 1000} s` : `ended by itself (${signal ? `signal ${signal}` : `exit code ${code}`})`;
    return { code: 'no-compute', message: `The engine ${how} while it loaded the compute library. ${lastLine(stderr)}`, repair: 'Set ELBO_BACKEND=wasm to train without TensorFlow, slower.' };
  }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';

const noteSchema = z.object({ path: z.string().optional(), why: z.string() });

/** Where TensorFlow's library and its binding were looked for. */
function bindingFindings(): Finding[] {
  // Left by scripts/compute.mjs.
  const note = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'elbo', 'compute.json');
  const binding = above('node_modules/@tensorflow/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node');
  const findings: Finding[] = [
    binding
      ? { subject: 'TensorFlow binding', state: 'ok', text: 'built', where: binding }
      : { subject: 'TensorFlow binding', state: 'missing', text: 'not built', where: 'node_modules/@tensorflow/tfjs-node-gpu/lib/napi-v8', repair: 'Run npm start once with a network: it finds or fetches TensorFlow and builds the binding.' },
  ];
  if (!existsSync(note)) return findings;
  try {
    const { path, why } = parse(noteSchema, JSON.parse(readFileSync(note, 'utf8')), note);
    findings.push({ subject: 'TensorFlow library', state: !path ? 'note' : existsSync(path) ? 'ok' : 'missing', text: why, where: path ?? note });
  } catch (thrown) {
    findings.push({ subject: 'TensorFlow library', state: 'broken', text: `The note of where it was found cannot be read: ${errorFrom(thrown).message}`, where: note, repair: 'Delete the note and run npm start.' });
  }
  return findings;
}

const gpus = '/proc/driver/nvidia/gpus';

function gpuFindings(loaded: Loaded | ElboError): Finding[] {
  const there = existsSync(gpus) && readdirSync(gpus).length > 0;
  if (!there) return [{ subject: 'GPU', state: 'note', text: 'No NVIDIA driver is loaded.', where: gpus }];
  if (!('code' in loaded) && loaded.device !== 'CPU') return [{ subject: 'GPU', state: 'ok', text: loaded.device, where: gpus }];
  return [{ subject: 'GPU', state: 'missing', text: 'There is an NVIDIA GPU, and the library does not use it.', where: gpus, repair: 'Install TensorFlow with CUDA (pip install "tensorflow[and-cuda]") and run npm start.' }];
}

function homeFinding(home: string): Finding {
  try {
    accessSync(home, constants.W_OK);
    return { subject: 'store', state: 'ok', text: 'can be written to', where: home };
  } catch {
    return { subject: 'store', state: 'broken', text: 'cannot be written to', where: home, repair: 'Make it writable, or set ELBO_HOME to another folder.' };
  }
}

function faster(backend: Loaded['backend'], device: string): string | null {
  if (backend === 'wasm') return 'TensorFlow is several times faster: install Python with pip and run npm start, which builds its binding. Leave ELBO_BACKEND unset.';
  return device === 'CPU' ? 'An NVIDIA GPU with its driver, and TensorFlow with CUDA: pip install "tensorflow[and-cuda]", then npm start.' : null;
}

function above(name: string): string | undefined {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    if (existsSync(join(folder, name))) return join(folder, name);
    if (folder === dirname(folder)) return undefined;
  }
}
