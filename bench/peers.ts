import { existsSync } from 'node:fs';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { runProcess } from './processes';

export const peers = ['torch', 'jax', 'tensorflow'] as const;
export type Peer = (typeof peers)[number];

/** Modes of a peer's script that are timed for a workload. JAX gains from many steps a call on the CPU only where nothing is a convolution. */
export const modesOf = (peer: Peer, workload: string): string[] =>
  ({ torch: ['eager', 'compile'], jax: ['W2', 'W6', 'W7', 'W9'].includes(workload) ? ['jit'] : ['jit', 'scan'], tensorflow: ['function', 'xla'] })[peer];

const linux = process.platform === 'linux';
const torchVersion = '2.13.0';

/** What pip is asked for, one after another until one can be had. Sizes as measured on Linux. */
const packages: Record<Peer, { attempts: string[][]; megabytes: number }> = {
  // Without +cpu pip's torch for Linux is the one for CUDA, of several gigabytes; pip finds the other where it is told of PyTorch's own index.
  torch: { attempts: linux ? [[`torch==${torchVersion}+cpu`], [`torch==${torchVersion}`]] : [[`torch==${torchVersion}`]], megabytes: 900 },
  jax: { attempts: [['jax', 'optax']], megabytes: 600 },
  tensorflow: { attempts: [[linux && process.arch === 'x64' ? 'tensorflow-cpu' : 'tensorflow']], megabytes: 1400 },
};

export type Installed = { python: string; version: string } | { why: string };

/**
 * Finds the wanted peers in an environment of their own in the cache folder, and installs what is missing there with pip. One that cannot
 * be had is answered with the reason.
 */
export async function installPeers(wanted: readonly Peer[], say: (text: string) => void): Promise<Partial<Record<Peer, Installed>>> {
  const folder = join(envPaths('elbo', { suffix: '' }).cache, 'peers');
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const installed: Partial<Record<Peer, Installed>> = {};
  for (const peer of wanted) {
    let problem: string | undefined;
    if (!existsSync(python)) {
      say(`Making a Python environment for the peers in ${folder}.`);
      problem = await failureOf('python3', ['-m', 'venv', folder]);
    }
    let version = problem ? undefined : await versionOf(python, peer);
    const { attempts, megabytes } = packages[peer];
    for (const attempt of problem || version ? [] : attempts) {
      say(`Installing ${attempt.join(' ')} there, about ${megabytes} MB on the disk.`);
      problem = await failureOf(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...attempt]);
      if (!problem) break;
    }
    version ??= problem ? undefined : await versionOf(python, peer);
    installed[peer] = version ? { python, version } : { why: problem ?? 'It was installed, and cannot be found.' };
  }
  return installed;
}

async function versionOf(python: string, peer: Peer): Promise<string | undefined> {
  const { code, stdout } = await runProcess(python, ['-c', `from importlib.metadata import distributions; print(next(d.version for d in distributions() if d.metadata["Name"].replace("_", "-") in ("${peer}", "${peer}-cpu")))`]);
  return code === 0 ? stdout.trim() : undefined;
}

async function failureOf(program: string, args: string[]): Promise<string | undefined> {
  const { code, stdout, stderr } = await runProcess(program, args, { minutes: 30 });
  if (code === 0) return undefined;
  const lines = `${stdout}\n${stderr}`.trim().split('\n');
  return lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? `${program} ended with code ${code}.`;
}
