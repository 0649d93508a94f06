import { fork } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { FromEngine, ToEngine } from '../../contract/engine';
import { Refusal, type ElboError } from '../../contract/errors';
import type { Probe, ProbeAnswer } from '../../contract/probes';

/** The program that runs an engine: a Node binary and the bundle it is given. */
export interface EngineCommand {
  node: string;
  script: string;
}

/** How an engine process ended by itself, in words: `exit code 1`, `signal SIGKILL`. */
type Ending = string;

interface Listener {
  message(message: Exclude<FromEngine, { type: 'answer' | 'refused' }>): void;
  /** Once, after the last message. */
  exit(ending: Ending): void;
}

/** An engine process, from the core's side. */
export class EngineProcess {
  private readonly child;
  private readonly asked = new Map<number, { resolve(answer: ProbeAnswer): void; reject(refusal: Refusal): void }>();
  private readonly inFlight = new Set<Promise<ProbeAnswer>>();
  private lastId = 0;
  private failure: ElboError | undefined;

  /** @param log file that everything the engine prints is added to */
  constructor({ node, script }: EngineCommand, log: string, listener: Listener) {
    mkdirSync(dirname(log), { recursive: true });
    const output = openSync(log, 'a');
    // DEP0044: TensorFlow's binding calls util.isArray.
    this.child = fork(script, [], { execPath: node, execArgv: ['--disable-warning=DEP0044'], serialization: 'advanced', stdio: ['ignore', output, output, 'ipc'] });
    closeSync(output);
    this.child.on('message', (message: FromEngine) => {
      if (message.type === 'answer') this.settle(message.id)?.resolve(message.answer);
      else if (message.type === 'refused') this.settle(message.id)?.reject(new Refusal(message.error));
      else {
        if (message.type === 'failed') this.failure = message.error;
        listener.message(message);
      }
    });
    const ended = new Promise<Ending>((resolve) => {
      this.child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
      this.child.once('error', (error) => resolve(error.message));
    });
    const disconnected = new Promise<void>((resolve) => this.child.once('disconnect', resolve));
    void ended.then(async (ending) => {
      // The channel may still hold messages when the process has exited.
      await Promise.race([disconnected, setTimeout(500)]);
      const reason = this.failure ?? { code: 'engine-died', message: `The engine ended before it answered (${ending}).`, repair: 'Ask again.' };
      for (const id of [...this.asked.keys()]) this.settle(id)?.reject(new Refusal(reason));
      listener.exit(ending);
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Lost without a word when the process is gone: its exit is told anyway. */
  send(message: ToEngine): void {
    if (this.child.connected) this.child.send(message, () => undefined);
  }

  /** @throws Refusal as the engine refuses, or `engine-died` */
  ask(probe: Probe): Promise<ProbeAnswer> {
    const id = (this.lastId += 1);
    const answer = new Promise<ProbeAnswer>((resolve, reject) => this.asked.set(id, { resolve, reject }));
    this.inFlight.add(answer);
    this.send({ type: 'probe', id, probe });
    return answer.finally(() => this.inFlight.delete(answer));
  }

  /** Resolves when every question that was asked until now has its answer. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.inFlight);
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private settle(id: number) {
    const waiting = this.asked.get(id);
    this.asked.delete(id);
    return waiting;
  }
}

/** `engine.js` beside the program's bundle, on a plain Node. */
export function defaultEngineCommand(): EngineCommand {
  const script = above(['engine.js', 'out/main/engine.js']);
  if (!script) throw new Refusal({ code: 'no-compute', message: 'The engine has not been built.', where: __dirname, repair: 'Run npm run build.' });
  const plain = !process.versions['electron'];
  const windows = process.platform === 'win32';
  // Electron runs as a plain Node too, where there is no other.
  return { script, node: (plain ? undefined : above([`node_modules/node/bin/node${windows ? '.exe' : ''}`])) ?? process.execPath };
}

function above(names: string[]): string | undefined {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const found = names.map((name) => join(folder, name)).find((path) => existsSync(path));
    if (found || folder === dirname(folder)) return found;
  }
}

export const engineDied = (ending: Ending, storedStep: number, checkpointStep: number, log: string): ElboError => ({
  code: 'engine-died',
  message: `The engine process went away without a word (${ending}) after step ${storedStep}.`,
  where: log,
  repair: checkpointStep > 0 ? `Resume the run: it goes on from the checkpoint of step ${checkpointStep}. The log may say why.` : 'Resume the run: it starts again from step 0. The log may say why.',
});
