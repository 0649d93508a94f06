import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem, type as systemType } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { refuse } from '../src/contract/errors';
import type { Core, Params } from '../src/contract/api';
import { createCore } from '../src/main/core/core';
import { xlaPays } from '../src/main/engine/compile-step/lowering';
import { resourcesFolder } from '../src/main/resources';
import { median, quantile, type Timing } from './measure';
import type { OursResult, StoreResult } from './ours';
import { installPeers, modesOf, type Installed, type Peer } from './peers';
import { runProcess } from './processes';
import { workloads } from './workloads';

export interface BenchOptions {
  /** Ids of workloads. */
  only: string[];
  peers: readonly Peer[];
  /** How long a measurement takes, without starting and compiling. */
  seconds: number;
  /** How often each is measured, in turn. */
  rounds: number;
  /** Compare the five losses and measure nothing. */
  checkOnly: boolean;
}

type Task = 'train' | 'sample';
/** More of the machine than this used by others, and a measurement is taken again. */
const disturbedAbove = 0.15;
/** Smaller differences are noise, which the text calls ties. */
export const tie = 0.1;
/** Losses of five steps that differ by more than this, relatively, differ by more than rounding: docs/performance.md. */
const rounding = 1e-3;

/** One way to do a workload: measured once in each round. */
export interface Cell {
  name: string;
  library: 'elbo' | Peer;
  mode: string;
  /** Median over the rounds of the median of each. */
  ms: number | null;
  rounds: Timing[];
  compileMs: number | null;
  peakRssMb: number | null;
  ops: number | null;
  /** Whether others used the machine in every round that counts. */
  disturbed: boolean;
  /** Why there is no number. */
  failure: string | null;
}

export interface BenchRow {
  workload: string;
  title: string;
  task: Task;
  /** By the plain graph, or by XLA where that pays, as `--compile auto` chooses. */
  oursMs: number | null;
  lowering: 'graph' | 'xla' | null;
  peers: Record<string, number | null>;
  fastestPeer: string | null;
  /** oursMs through the fastest peer's: below 1 is faster. */
  ratioToFastest: number | null;
  peakRssMb: number | null;
  compileMs: number | null;
  ops: number | null;
  /** Largest relative difference of five losses from the same start between ours and a peer, NaN where one of them failed; null where not compared. */
  lossDifference: number | null;
  cells: Cell[];
}

/** Whether a workload computes the same as its peers do, where there are any; only then it is timed. */
export const sameWork = ({ lossDifference }: Pick<BenchRow, 'lossDifference'>): boolean => lossDifference === null || lossDifference <= rounding;

export interface BenchResult {
  machine: { cpu: string; cores: number; memoryGb: number; system: string; node: string };
  /** Of the peers that are there. */
  versions: Record<string, string>;
  seconds: number;
  rounds: number;
  rows: BenchRow[];
  sampling: BenchRow[];
  /** Geometric means over the rows of the peer's time through ours: above 1 is faster. */
  speedUp: { overFastestPeer: number | null; overTorchEager: number | null };
  /** From asking for a run to its first stored step: a small VAE on the built-in digits. */
  startUpMs: number | null;
  /** From asking for a 20 by 20 grid of decoded codes to its pictures, while the model trains: of W1's VAE with two codes. */
  gridWhileTraining: { medianMs: number; p95Ms: number } | null;
  store: StoreResult | null;
}

/** Measures everything, one process after the other. @throws Refusal when the measuring program has not been built, or a workload is unknown */
export async function runBench({ only, peers, seconds, rounds, checkOnly }: BenchOptions, say: (text: string) => void): Promise<BenchResult> {
  const unknown = only.find((id) => !workloads[id]);
  if (unknown) refuse('bad-request', `There is no workload ${unknown}.`, { where: '--only', repair: `Choose of ${Object.keys(workloads).join(', ')}.` });
  const root = dirname(resourcesFolder());
  const program = join(root, 'out', 'main', 'bench.js');
  const scripts = join(root, 'bench', 'peers');
  if (!existsSync(program) || !existsSync(scripts)) refuse('not-found', 'The bench has not been built.', { where: program, repair: 'Run npm run build in the source tree.' });

  const installed = await installPeers(peers, say);
  const folder = mkdtempSync(join(tmpdir(), 'elbo-bench-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove); // Ctrl+C leaves no `finally` to be done.
  const bench = new Bench(program, scripts, folder, installed, seconds, rounds, say);
  try {
    const rows: BenchRow[] = [];
    const sampling: BenchRow[] = [];
    for (const id of only) {
      await bench.writeInputs(id);
      const lossDifference = await bench.check(id);
      const empty = checkOnly || !sameWork({ lossDifference });
      rows.push(await bench.row(id, 'train', lossDifference, empty));
      if (workloads[id]?.sample && !empty) sampling.push(await bench.row(id, 'sample', null, false));
      bench.removeInputs(id);
    }
    const everything = only.length === Object.keys(workloads).length && !checkOnly;
    return {
      machine: { cpu: cpus()[0]?.model ?? '', cores: cpus().length, memoryGb: Math.round(totalmem() / 2 ** 30), system: `${systemType()} ${release()}`, node: process.versions.node },
      versions: Object.fromEntries(Object.entries(installed).flatMap(([peer, found]) => ('version' in found ? [[peer, found.version]] : []))),
      seconds,
      rounds,
      rows,
      sampling,
      speedUp: speedUp(rows),
      startUpMs: everything ? await startUp(folder) : null,
      gridWhileTraining: everything ? await gridWhileTraining(folder) : null,
      store: everything ? await bench.store() : null,
    };
  } finally {
    remove();
    process.off('exit', remove);
  }
}

class Bench {
  constructor(
    private readonly program: string,
    private readonly scripts: string,
    private readonly folder: string,
    private readonly installed: Partial<Record<Peer, Installed>>,
    private readonly seconds: number,
    private readonly rounds: number,
    private readonly say: (text: string) => void,
  ) {}

  private readonly inputs = (id: string): string => join(this.folder, `${id}.safetensors`);

  async writeInputs(id: string): Promise<void> {
    await this.ours('inputs', id, 'graph');
  }

  removeInputs(id: string): void {
    rmSync(this.inputs(id), { force: true });
  }

  /** Five losses from the same parameters, batch and noise: the largest relative difference between ours and any peer. */
  async check(id: string): Promise<number | null> {
    const found = Object.entries(this.installed).filter(([, peer]) => 'python' in peer) as [Peer, Installed][];
    if (found.length === 0) return null;
    const ours = await this.ours<{ losses: number[] }>('check', id, 'graph');
    let largest = 0;
    for (const [peer] of found) {
      const theirs = await this.peer<{ losses: number[] }>(peer, 'check', id, modesOf(peer, id)[0] ?? '');
      if ('failure' in ours || 'failure' in theirs) {
        this.say(`${id} check: ${'failure' in ours ? `elbo: ${ours.failure}` : ''} ${'failure' in theirs ? `${peer}: ${theirs.failure}` : ''}`);
        largest = NaN;
      } else for (const [i, loss] of ours.losses.entries()) largest = Math.max(largest, Math.abs(loss / (theirs.losses[i] ?? NaN) - 1));
    }
    this.say(`${id} check: five losses differ by at most ${largest.toExponential(1)}, relative`);
    return largest;
  }

  /** Every way to do the workload, in turn, so many times. */
  async row(id: string, task: Task, lossDifference: number | null, empty: boolean): Promise<BenchRow> {
    const workload = workloads[id];
    const title = (task === 'sample' ? `${workload?.title}: ${workload?.sample?.title}` : workload?.title) ?? id;
    const cells = [
      // Probes are never compiled by XLA.
      ...(task === 'train' ? ['graph', 'xla'] : ['graph']).map((mode) => ({ library: 'elbo' as const, mode })),
      ...(Object.keys(this.installed) as Peer[]).flatMap((library) => modesOf(library, id).filter((mode) => task === 'train' || mode !== 'scan').map((mode) => ({ library, mode }))),
    ].map(({ library, mode }): Cell => ({ name: `${library} ${mode}`, library, mode, ms: null, rounds: [], compileMs: null, peakRssMb: null, ops: null, disturbed: false, failure: null }));
    for (let round = 0; round < (empty ? 0 : this.rounds); round++)
      for (const cell of cells.filter(({ failure }) => !failure)) {
        await this.measureOnce(id, task, cell);
        this.say(`${id} ${title}, ${cell.name}: ${cell.failure ?? `${format(cell.rounds.at(-1)?.medianMs)} ms${(cell.rounds.at(-1)?.otherCores ?? 0) > disturbedAbove ? ' (disturbed)' : ''}`}`);
      }
    return summary({ id, title, task, lossDifference, cells });
  }

  private async measureOnce(id: string, task: Task, cell: Cell): Promise<void> {
    const take = () => (cell.library === 'elbo' ? this.ours<OursResult>(task, id, cell.mode) : this.peer<OursResult>(cell.library, task, id, cell.mode));
    let result = await take();
    if (!('failure' in result) && (result.otherCores ?? 0) > disturbedAbove) result = await take();
    if ('failure' in result) {
      cell.failure = result.failure;
      return;
    }
    const { compileMs, ops, ...timing } = result;
    cell.rounds.push(timing);
    const quiet = cell.rounds.filter(({ otherCores }) => (otherCores ?? 0) <= disturbedAbove);
    cell.disturbed = quiet.length === 0;
    cell.ms = median((quiet.length > 0 ? quiet : cell.rounds).map(({ medianMs }) => medianMs));
    // The first round's: later ones may find what the first left in a cache.
    cell.compileMs ??= compileMs;
    cell.peakRssMb = Math.max(cell.peakRssMb ?? 0, timing.peakRssMb);
    cell.ops = ops ?? null;
  }

  async store(): Promise<StoreResult | null> {
    const result = await this.ours<StoreResult>('store', '', '');
    return 'failure' in result ? null : result;
  }

  private ours<T>(task: string, id: string, lowering: string): Promise<T | Failure> {
    return answer<T>(process.execPath, [this.program, task, id, lowering, this.inputs(id), String(this.seconds)]);
  }

  private async peer<T>(peer: Peer, task: string, id: string, mode: string): Promise<T | Failure> {
    const installed = this.installed[peer];
    if (!installed || 'why' in installed) return { failure: installed ? `could not be installed: ${installed.why}` : 'not asked for' };
    return answer<T>(installed.python, [join(this.scripts, `with_${peer}.py`), '--task', task, '--workload', id, '--mode', mode, '--inputs', this.inputs(id), '--seconds', String(this.seconds)]);
  }
}

interface Failure {
  failure: string;
}

/** The last line of what the program prints, as JSON. */
async function answer<T>(program: string, args: string[]): Promise<T | Failure> {
  const { code, stdout, stderr } = await runProcess(program, args, { env: { PYTHONDONTWRITEBYTECODE: '1' } });
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (code === 0) return (line ? JSON.parse(line) : {}) as T;
  return { failure: stderr.split('\n').findLast((text) => /error/i.test(text))?.trim() ?? `ended with code ${code}` };
}

const format = (ms: number | undefined): string => (ms === undefined ? '–' : ms.toPrecision(3));

function summary({ id, title, task, lossDifference, cells }: { id: string; title: string; task: Task; lossDifference: number | null; cells: Cell[] }): BenchRow {
  const [graph, xla] = ['graph', 'xla'].map((mode) => cells.find((cell) => cell.library === 'elbo' && cell.mode === mode));
  const byXla = xla?.ms != null && (graph?.ms == null || xlaPays(graph.ms, xla.ms));
  const ours = byXla ? xla : graph;
  const theirs = cells.filter(({ library }) => library !== 'elbo');
  const [fastest] = theirs.filter((cell) => cell.ms !== null).sort((a, b) => (a.ms ?? 0) - (b.ms ?? 0));
  return {
    workload: id,
    title,
    task,
    oursMs: ours?.ms ?? null,
    lowering: ours?.ms == null ? null : byXla ? 'xla' : 'graph',
    peers: Object.fromEntries(theirs.map(({ name, ms }) => [name, ms])),
    fastestPeer: fastest?.name ?? null,
    ratioToFastest: ours?.ms && fastest?.ms ? ours.ms / fastest.ms : null,
    peakRssMb: ours?.peakRssMb ?? null,
    compileMs: ours?.compileMs ?? null,
    ops: ours?.ops ?? null,
    lossDifference,
    cells,
  };
}

export function speedUp(rows: BenchRow[]): BenchResult['speedUp'] {
  const mean = (ratios: number[]): number | null => (ratios.length > 0 ? Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length) : null);
  return {
    overFastestPeer: mean(rows.flatMap(({ ratioToFastest }) => (ratioToFastest ? [1 / ratioToFastest] : []))),
    overTorchEager: mean(rows.flatMap(({ oursMs, peers }) => (oursMs && peers['torch eager'] ? [peers['torch eager'] / oursMs] : []))),
  };
}

/** A run on a store of its own, from its first stored step on; with the time that took from being asked for. */
async function whileTraining<T>(home: string, experiment: Params<'runs.create'>['experiment'], then: (core: Core, id: string, startUpMs: number) => Promise<T> | T): Promise<T> {
  const core = await createCore({ home, resources: resourcesFolder(), watch: false });
  try {
    const began = performance.now();
    const { id } = await core.call('runs.create', { experiment });
    await new Promise<void>((resolve, reject) =>
      core.subscribe((event) => {
        if (event.type !== 'run' || event.run.id !== id) return;
        if (event.run.error) reject(new Error(event.run.error.message));
        if (event.run.step > 0) resolve();
      }),
    );
    const result = await then(core, id, performance.now() - began);
    await core.call('runs.stop', { id });
    return result;
  } finally {
    await core.close();
  }
}

const startUp = (folder: string): Promise<number> =>
  whileTraining(join(folder, 'start-up'), { model: 'vae', data: 'digits-8x8', binarisation: 'dynamic', settings: { widths: [32], latentSize: 2 }, training: { steps: 100_000, batch: 50 }, seed: 1 }, (_core, _id, ms) => ms);

const gridWhileTraining = (folder: string): Promise<BenchResult['gridWhileTraining']> =>
  whileTraining(join(folder, 'grid'), { model: 'vae', data: 'mnist-1000', binarisation: 'dynamic', settings: { widths: [512, 256], latentSize: 2 }, training: { steps: 1_000_000, batch: 128 }, seed: 1 }, async (core, id) => {
    const codes = Float32Array.from({ length: 800 }, (_, i) => (i % 2 === 0 ? (i / 2) % 20 : Math.floor(i / 40)) / 5 - 1.9);
    const times: number[] = [];
    for (let asked = 0; asked < 200; asked++) {
      await setTimeout(50);
      const began = performance.now();
      await core.call('runs.probe', { id, probe: { kind: 'decode', count: 400, codes } });
      times.push(performance.now() - began);
    }
    times.sort((a, b) => a - b);
    return { medianMs: quantile(times, 0.5), p95Ms: quantile(times, 0.95) };
  });
