import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, openSync, closeSync, fstatSync, readSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { CoreEvent, ParsedParams } from '../../contract/api';
import type { DatasetInfo } from '../../contract/datasets';
import type { FromEngine, OpenRun } from '../../contract/engine';
import { errorFrom, refuse, type ElboError } from '../../contract/errors';
import type { Experiment } from '../../contract/experiment';
import type { Measurement } from '../../contract/measurements';
import { dataShape } from '../../contract/models';
import type { Probe, ProbeAnswer } from '../../contract/probes';
import { activeStatuses, stepsRun, type ComputeInfo, type Curve, type Evaluation, type RunDetail, type RunStatus, type RunSummary } from '../../contract/runs';
import type { RunPatch, Store, StoredRun } from '../store/store';
import { Answering } from './answering';
import type { Datasets } from './datasets';
import { completeExperiment } from './experiments';
import { engineDied, EngineProcess, type EngineCommand } from './launch-engine';
import { Measuring } from './measuring';
import { isAlive, self } from './owner';

const publishEveryMs = 100;
const closeWithinMs = 15_000;
const logTailBytes = 64 * 1024;
const noteCheckpointEveryMs = 60_000;
/** What TensorFlow and its binding print whenever they are loaded, at any log level. */
const loaded = /^(?:WARNING: All log messages before absl::InitializeLog|I0000 .*oneDNN custom operations are on|\(node:\d+\) \[DEP0044\]|\(Use `node --trace-deprecation).*\n?/gm;

/** How many runs train at once: `ELBO_SLOTS`, else half the cores. */
export const slots = (): number => Math.max(1, Math.floor(Number(process.env['ELBO_SLOTS']) || cpus().length / 2));

/** A run whose engine belongs to this core. */
interface Training {
  engine: EngineProcess;
  stepsPerSecond: number | null;
  /** The last step that this engine's metrics were stored of. */
  storedStep: number;
  /** When the log was last told of a checkpoint. */
  notedAt: number;
  paused: boolean;
}

export interface RunsOptions {
  store: Store;
  home: string;
  datasets: Datasets;
  command: () => EngineCommand;
  publish: (event: CoreEvent) => void;
  /** Hears of every run that this core trained to its end, whatever end. */
  ended: (run: StoredRun) => void;
}

/** Everything about runs: their queue, their engines, and what is known of them. */
export class Runs {
  private readonly store: Store;
  private readonly queue: string[] = [];
  private readonly training = new Map<string, Training>();
  private readonly answering: Answering;
  private readonly measuring: Measuring;
  private readonly waiters = new Set<() => void>();
  private readonly publishing = new Map<string, NodeJS.Timeout>();
  /** What is known of each run, to notice what others wrote; and the processes that drive active ones. */
  private known = new Map<string, string>();
  private owners = new Set<string>();
  /** How runs ended that a full disk kept from being written. */
  private readonly unstored = new Map<string, RunPatch>();
  private closing = false;

  constructor(private readonly options: RunsOptions) {
    this.store = options.store;
    this.answering = new Answering(options.command);
    this.measuring = new Measuring(options.command, options.publish);
    this.interruptAbandoned();
    this.look();
  }

  list(): RunSummary[] {
    return this.store.runs.list().map((run) => this.summary({ ...run, ...this.unstored.get(run.id) }));
  }

  get(id: string): Omit<RunDetail, 'checks'> {
    const run = this.find(id);
    const { abilities, latentSize, parameterCount, compute } = run;
    return {
      ...this.summary(run),
      abilities,
      latentSize,
      parameterCount,
      compute,
      dataset: this.options.datasets.find(run.experiment.data) ?? null,
      evaluations: this.store.evaluations.list(id),
      series: this.store.metrics.series(id),
    };
  }

  /** Queues a run, once it is known to fit together. @throws Refusal before anything is written */
  create(given: Experiment, from: Pick<StoredRun, 'recipe' | 'variant' | 'execution' | 'full'> = { recipe: null, variant: null, execution: null, full: false }): RunSummary {
    const experiment = this.completed(given);
    this.options.command();
    const createdAt = new Date().toISOString();
    const id = `${createdAt.slice(0, 19).replace(/\D/g, '')}-${randomBytes(3).toString('hex')}`;
    this.store.runs.insert({ id, name: experiment.name ?? this.defaultName(experiment), status: 'queued', experiment, ...from, createdAt, owner: self });
    return this.enqueue(id);
  }

  /** @throws Refusal as `create` would */
  check(given: Experiment): null {
    this.completed(given);
    return null;
  }

  async pause(id: string): Promise<RunSummary> {
    this.mustBe(id, ['starting', 'running'], 'paused');
    this.driven(id).engine.send({ type: 'pause' });
    return this.until(id, (status) => status !== 'starting' && status !== 'running');
  }

  async continue(id: string): Promise<RunSummary> {
    this.mustBe(id, ['paused'], 'continued');
    this.driven(id).engine.send({ type: 'continue' });
    return this.until(id, (status) => status !== 'paused');
  }

  async stop(id: string): Promise<RunSummary> {
    this.mustBe(id, activeStatuses, 'stopped');
    const queued = this.queue.indexOf(id);
    if (queued >= 0) {
      this.queue.splice(queued, 1);
      this.update(id, { status: 'stopped', owner: null, endedAt: now() });
    } else {
      this.driven(id).engine.send({ type: 'stop' });
      await this.until(id, (status) => !activeStatuses.includes(status));
    }
    return this.summary(this.find(id));
  }

  resume(id: string): RunSummary {
    const run = this.mustBe(id, ['stopped', 'failed', 'interrupted'], 'resumed');
    this.options.datasets.get(run.experiment.data);
    this.options.command();
    this.answering.end(id);
    this.store.runs.update(id, { status: 'queued', error: null, endedAt: null, owner: self });
    this.unstored.delete(id);
    return this.enqueue(id);
  }

  rename(id: string, name: string): RunSummary {
    this.find(id);
    return this.update(id, { name });
  }

  async remove(id: string): Promise<null> {
    const { status } = this.find(id);
    if (activeStatuses.includes(status)) refuse('conflict', `The run is ${status}.`, { where: `run ${id}`, repair: 'Stop it before removing it.' });
    this.answering.end(id);
    this.measuring.cancel(id);
    this.store.runs.remove(id);
    this.known.delete(id);
    this.options.publish({ type: 'run-removed', id });
    await rm(this.folder(id), { recursive: true, force: true });
    return null;
  }

  curves({ id, points, from, to }: ParsedParams<'runs.curves'>): Curve[] {
    this.find(id);
    return this.store.metrics.curves(id, { points, ...(from !== undefined && { from }), ...(to !== undefined && { to }) });
  }

  /** What happened to the run and what its engines printed: the last 64 KiB, without what every one of them prints when it loads its library. */
  log(id: string): string {
    this.find(id);
    if (!existsSync(this.logFile(id))) return '';
    const file = openSync(this.logFile(id), 'r');
    try {
      const { size } = fstatSync(file);
      const tail = Buffer.alloc(Math.min(size, logTailBytes));
      return tail.subarray(0, readSync(file, tail, 0, tail.length, size - tail.length)).toString().replace(loaded, '');
    } finally {
      closeSync(file);
    }
  }

  /** Asks the engine that trains the run, or else one that loads its newest checkpoint. @throws Refusal */
  async probe(id: string, probe: Probe): Promise<ProbeAnswer> {
    const run = this.find(id);
    const training = this.training.get(id);
    if (training) return training.engine.ask(probe);
    if (run.checkpointStep === 0) refuse('conflict', `The run is ${run.status} and has no checkpoint: there is no model to ask yet.`, { where: `run ${id}`, repair: 'Ask when it has trained.' });
    return this.answering.ask(this.openRun(run, 'answer'), run.checkpointStep, this.logFile(id), probe);
  }

  /** Asks about another data set of the same form, of an engine for this one question. @throws Refusal */
  async probeOther(id: string, probe: Probe, data: string): Promise<ProbeAnswer> {
    const run = this.find(id);
    const open = this.openRun(run, 'answer');
    const dataset = this.options.datasets.get(data);
    const form = (info: DatasetInfo): string => JSON.stringify({ ...dataShape(info, run.experiment.binarisation), examples: 0 });
    if (form(dataset) !== form(open.dataset)) refuse('bad-request', `"${data}" has not the form of "${open.dataset.id}", which the model was made for.`, { where: 'data', repair: 'Choose a data set of the same size and kind of values.' });
    const engine = new EngineProcess(this.options.command(), this.logFile(id), { message: () => undefined, exit: () => undefined });
    try {
      engine.send({ type: 'open', run: { ...open, dataset, datasetFolder: this.options.datasets.folder(data) } });
      return await engine.ask(probe);
    } finally {
      engine.kill();
    }
  }

  /** Measures the newest checkpoint and keeps what came out, in place of the same measure of before. @throws Refusal */
  async measure(id: string, measurement: Measurement): Promise<Evaluation[]> {
    const run = this.find(id);
    if (run.checkpointStep === 0) refuse('conflict', `The run is ${run.status} and has no checkpoint: there is no model to measure yet.`, { where: `run ${id}`, repair: 'Measure it when it has trained.' });
    const measured = await this.measuring.measure(this.openRun(run, 'answer'), measurement, this.logFile(id));
    const same = (a: Evaluation, b: Evaluation): boolean => a.metric === b.metric && a.split === b.split && a.k === b.k && a.estimator === b.estimator;
    this.store.evaluations.replace(id, [...this.store.evaluations.list(id).filter((old) => !measured.some((now) => same(old, now))), ...measured]);
    this.announce(id);
    return measured;
  }

  cancelMeasure(id: string): null {
    this.find(id);
    this.measuring.cancel(id);
    return null;
  }

  /** What the newest run that began was computed with. */
  get compute(): ComputeInfo | null {
    return this.store.runs.list().find(({ compute }) => compute !== null)?.compute ?? null;
  }

  /** Publishes what other processes wrote, and notices when they have gone. */
  noticeOthers(): void {
    const left = [...this.owners].some((owner) => !isAlive(owner));
    if (left) this.interruptAbandoned();
    if (!this.store.changed() && !left) return;
    const before = this.known;
    this.look();
    for (const [id, fingerprint] of this.known) if (before.get(id) !== fingerprint && !this.training.has(id)) this.options.publish({ type: 'run', run: this.summary(this.find(id)) });
    for (const id of before.keys()) if (!this.known.has(id)) this.options.publish({ type: 'run-removed', id });
  }

  /** Stops every run with a checkpoint; one whose engine takes too long is ended and left as interrupted. */
  async close(): Promise<void> {
    this.closing = true;
    for (const id of this.queue.splice(0)) this.update(id, { status: 'stopped', owner: null, endedAt: now() });
    for (const { engine } of this.training.values()) engine.send({ type: 'stop' });
    const inTime = new AbortController();
    await Promise.race([this.when(() => this.training.size === 0).then(() => inTime.abort()), wait(closeWithinMs, undefined, { signal: inTime.signal }).catch(() => undefined)]);
    for (const [id, { engine }] of [...this.training]) {
      this.end(id, 'interrupted', { code: 'cancelled', message: 'The engine did not stop in time when Elbo was closed, and was ended.', repair: 'Resume the run.' });
      engine.kill();
    }
    this.answering.close();
    this.measuring.close();
    for (const timer of this.publishing.values()) clearTimeout(timer);
  }

  private completed(given: Experiment): Experiment {
    return completeExperiment(given, this.options.datasets.get(given.data));
  }

  private enqueue(id: string): RunSummary {
    this.queue.push(id);
    this.announce(id);
    this.startNext();
    return this.summary(this.find(id));
  }

  /** A paused run does not count: its engine waits. */
  private startNext(): void {
    while (!this.closing && [...this.training.values()].filter(({ paused }) => !paused).length < slots()) {
      const id = this.queue.shift();
      if (id === undefined) return;
      try {
        this.start(this.find(id));
      } catch (thrown) {
        this.end(id, 'failed', errorFrom(thrown));
      }
    }
  }

  private start(run: StoredRun): void {
    const { id } = run;
    const open = this.openRun(run, 'train');
    mkdirSync(open.folder, { recursive: true });
    const engine: EngineProcess = new EngineProcess(this.options.command(), this.logFile(id), {
      message: (message) => {
        try {
          if (this.training.get(id)?.engine === engine) this.hear(id, message);
        } catch (thrown) {
          // What cannot be stored ends the run: nothing may be shown that is not kept.
          this.end(id, 'failed', errorFrom(thrown));
          engine.kill();
        }
      },
      exit: (ending) => {
        this.answering.forget(id, engine);
        const training = this.training.get(id);
        if (training?.engine !== engine) return;
        const { step, checkpointStep } = this.find(id);
        this.end(id, 'failed', engineDied(ending, Math.max(training.storedStep, step), checkpointStep, this.logFile(id)));
      },
    });
    this.training.set(id, { engine, stepsPerSecond: null, storedStep: 0, notedAt: 0, paused: false });
    const { model, data, seed, training } = run.experiment;
    this.note(id, run.checkpointStep > 0 ? `resumed from the checkpoint of step ${run.checkpointStep}` : `started: ${model} on ${data}, seed ${seed}, ${training.steps} steps`);
    this.update(id, { status: 'starting', owner: self, startedAt: run.startedAt ?? now() });
    engine.send({ type: 'open', run: open });
  }

  private hear(id: string, message: Exclude<FromEngine, { type: 'answer' | 'refused' }>): void {
    const training = this.driven(id);
    switch (message.type) {
      case 'opened': {
        const { compute, abilities, parameterCount, latentSize } = message;
        this.update(id, { status: 'running', compute, abilities, parameterCount, latentSize });
        this.note(id, `training ${parameterCount.toLocaleString('en')} parameters with ${compute.library} on ${compute.device}, steps run ${stepsRun[compute.lowering]}`);
        return;
      }
      case 'metrics': {
        const { steps, stepsPerSecond } = message.block;
        this.store.metrics.append(id, message.block);
        training.storedStep = steps.at(-1) ?? training.storedStep;
        training.stepsPerSecond = stepsPerSecond;
        training.engine.send({ type: 'stored', step: training.storedStep });
        this.announceSoon(id);
        return;
      }
      case 'progress': {
        // Before its first step of making its data, after its last one of measuring it.
        const measured = this.find(id).status !== 'starting';
        if (measured && message.done === 0) this.note(id, `measuring on ${message.total.toLocaleString('en')} examples`);
        this.options.publish({ type: 'progress', what: `${measured ? 'evaluate' : 'prepare'} ${id}`, done: message.done, total: message.total });
        return;
      }
      case 'checkpoint':
        this.update(id, { checkpointStep: message.step });
        if (Date.now() - training.notedAt >= noteCheckpointEveryMs) {
          training.notedAt = Date.now();
          this.note(id, `checkpoint of step ${message.step}`);
        }
        return;
      case 'paused':
      case 'continued':
        training.paused = message.type === 'paused';
        training.stepsPerSecond = null;
        this.update(id, { status: training.paused ? 'paused' : 'running' });
        this.note(id, message.type);
        this.startNext();
        return;
      case 'stopped':
        this.end(id, 'stopped', null);
        return;
      case 'done':
        this.store.evaluations.replace(id, message.evaluations);
        this.end(id, 'done', null);
        // It has model and data on the device: whoever looks at the run now asks it.
        if (this.closing) training.engine.kill();
        else this.answering.adopt(id, training.engine, message.step);
        return;
      case 'failed':
        this.end(id, 'failed', message.error);
    }
  }

  private end(id: string, status: RunStatus, error: ElboError | null): void {
    this.training.delete(id);
    const patch = { status, error, owner: null, endedAt: now() };
    try {
      this.store.runs.update(id, patch);
    } catch (thrown) {
      this.unstored.set(id, { ...patch, status: 'failed', error: error ?? errorFrom(thrown) });
    }
    this.announce(id);
    const { step, checkpointStep } = this.find(id);
    this.note(id, `${status} at step ${step}, checkpoint of step ${checkpointStep}${error ? `: ${[error.message, error.repair].filter(Boolean).join(' ')}` : ''}`);
    this.options.ended(this.find(id));
    this.startNext();
  }

  /** A line of the log. One that cannot be written ends nothing: the log repeats what is stored. */
  private note(id: string, text: string): void {
    try {
      appendFileSync(this.logFile(id), `${now()}  ${text}\n`);
    } catch {
      return;
    }
  }

  private update(id: string, patch: RunPatch): RunSummary {
    this.store.runs.update(id, patch);
    return this.announce(id);
  }

  private announce(id: string): RunSummary {
    clearTimeout(this.publishing.get(id));
    this.publishing.delete(id);
    const run = this.find(id);
    const summary = this.summary(run);
    this.known.set(id, fingerprint(run));
    this.options.publish({ type: 'run', run: summary });
    for (const check of this.waiters) check();
    return summary;
  }

  private announceSoon(id: string): void {
    if (!this.publishing.has(id)) this.publishing.set(id, setTimeout(() => this.announce(id), publishEveryMs));
  }

  private async until(id: string, holds: (status: RunStatus) => boolean): Promise<RunSummary> {
    await this.when(() => holds(this.find(id).status));
    return this.summary(this.find(id));
  }

  private when(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!holds()) return;
        this.waiters.delete(check);
        resolve();
      };
      this.waiters.add(check);
      check();
    });
  }

  private look(): void {
    const runs = this.store.runs.list();
    this.known = new Map(runs.map((run) => [run.id, fingerprint(run)]));
    this.owners = new Set(runs.flatMap(({ status, owner }) => (activeStatuses.includes(status) && owner !== null ? [owner] : [])));
  }

  /** Active runs whose process is gone. */
  private interruptAbandoned(): void {
    for (const { id, status, owner, checkpointStep } of this.store.runs.list()) {
      if (!activeStatuses.includes(status) || (owner !== null && isAlive(owner))) continue;
      const message = status === 'queued' ? 'The program that had queued this run went away before it began.' : 'The program that was training this run went away without a word.';
      const repair = checkpointStep > 0 ? `Resume it: it goes on from the checkpoint of step ${checkpointStep}.` : 'Resume it: it starts from step 0.';
      this.store.runs.update(id, { status: 'interrupted', error: { code: 'disconnected', message, repair }, owner: null, endedAt: now() });
      if (status !== 'queued') this.note(id, `interrupted: ${message} ${repair}`);
    }
  }

  private find(id: string): StoredRun {
    const run = this.store.runs.get(id) ?? refuse('not-found', `There is no run "${id}".`, { where: 'id', repair: 'List the runs there are.' });
    return { ...run, ...this.unstored.get(id) };
  }

  private mustBe(id: string, statuses: readonly RunStatus[], verb: string): StoredRun {
    const run = this.find(id);
    if (!statuses.includes(run.status)) refuse('conflict', `The run is ${run.status} and cannot be ${verb}.`, { where: `run ${id}`, repair: `Only a run that is ${statuses.join(' or ')} can be.` });
    return run;
  }

  private driven(id: string): Training {
    return this.training.get(id) ?? refuse('conflict', 'Another Elbo trains this run.', { where: `run ${id}`, repair: 'Ask there: in the window or the terminal in which it was started.' });
  }

  summary(run: StoredRun): RunSummary {
    const { id, name, status, error, experiment, recipe, variant, execution, step, checkpointStep, createdAt, startedAt, endedAt } = run;
    const stepsPerSecond = status === 'running' ? (this.training.get(id)?.stepsPerSecond ?? null) : null;
    return { id, name, status, error, experiment, recipe, variant, execution, step, checkpointStep, createdAt, startedAt, endedAt, stepsPerSecond, latest: this.store.metrics.latest(id) };
  }

  private openRun({ id, experiment, compute }: StoredRun, purpose: OpenRun['purpose']): OpenRun {
    const dataset = this.options.datasets.get(experiment.data);
    return { id, experiment, folder: this.folder(id), loweringsFile: join(this.options.home, 'lowerings.json'), dataset, datasetFolder: this.options.datasets.folder(dataset.id), purpose, compute };
  }

  private folder(id: string): string {
    return join(this.options.home, 'runs', id);
  }

  private logFile(id: string): string {
    return join(this.folder(id), 'engine.log');
  }

  private defaultName({ data, model }: Experiment): string {
    const taken = new Set(this.store.runs.list().map(({ name }) => name));
    for (let number = 1; ; number += 1) if (!taken.has(`${data} ${model} ${number}`)) return `${data} ${model} ${number}`;
  }
}

const now = (): string => new Date().toISOString();

const fingerprint = ({ status, step, checkpointStep, name, endedAt }: StoredRun): string => JSON.stringify([status, step, checkpointStep, name, endedAt]);
