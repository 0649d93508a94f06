import { MessageChannelMain, type MessagePortMain } from 'electron';
import type { Answers, FromCore, Method, Params, ToCore } from '../../contract/api';
import { Refusal, type ElboError } from '../../contract/errors';
import type { CoreProcess, LaunchCore } from './launch-core';

const closeWithinMs = 60_000;
const deathsPerMinute = 3;

/** Keeps one core running: starts it when a port is asked for, notices its death, closes it in good order. */
export class CoreHost {
  private starting: Promise<CoreProcess | ElboError> | null = null;
  private running: CoreProcess | null = null;
  private exited: Promise<void> = Promise.resolve();
  private deaths: number[] = [];
  private closing = false;

  /** @param died is called when a core that was ready went away by itself */
  constructor(
    private readonly launch: LaunchCore,
    private readonly died: () => void,
  ) {}

  /** A port to the core, which is started if it does not run. Where it cannot be, every request on the port is answered with the reason. */
  async port(): Promise<MessagePortMain> {
    const starting = (this.starting ??= this.start());
    const core = await starting;
    // The next port asked for tries again.
    if ('code' in core && this.starting === starting) this.starting = null;
    const { port1, port2 } = new MessageChannelMain();
    if ('code' in core) {
      port2.on('message', ({ data }) => port2.postMessage({ id: (data as ToCore).id, error: core } satisfies FromCore));
      port2.start();
    } else core.connect(port2);
    return port1;
  }

  /** One request, on a port of its own. @throws Refusal */
  async ask<M extends Method>(method: M, params: Params<M>): Promise<Answers[M]> {
    const port = await this.port();
    return new Promise((resolve, reject) => {
      port.on('message', ({ data }) => {
        const answer = data as FromCore;
        if ('event' in answer) return;
        if ('error' in answer) reject(new Refusal(answer.error));
        else resolve(answer.value as Answers[M]);
        port.close();
      });
      port.on('close', () => reject(new Refusal({ code: 'disconnected', message: 'The core went away before it answered.' })));
      port.start();
      port.postMessage({ id: 0, method, params } satisfies ToCore);
    });
  }

  /** Stops every run with a checkpoint and waits until the core has left; ends it when that takes longer than a minute. */
  async close(): Promise<void> {
    this.closing = true;
    await this.starting;
    this.running?.close();
    const timer = setTimeout(() => this.running?.kill(), closeWithinMs);
    await this.exited;
    clearTimeout(timer);
  }

  private async start(): Promise<CoreProcess | ElboError> {
    this.deaths = this.deaths.filter((time) => Date.now() - time < 60_000);
    if (this.deaths.length >= deathsPerMinute)
      return {
        code: 'disconnected',
        message: `The core went away ${this.deaths.length} times within a minute.`,
        repair: 'Wait a minute, then reload the window (Ctrl+R). The terminal in which Elbo was started says more.',
      };
    return new Promise((resolve) => {
      let left = (): void => undefined;
      this.exited = new Promise((done) => (left = done));
      const core = this.launch({
        told: (message) => {
          if (message.type === 'refused') return resolve(message.error);
          this.running = core;
          resolve(core);
        },
        exited: (how) => {
          const wasReady = this.running !== null;
          this.running = null;
          this.starting = null;
          left();
          if (wasReady && !this.closing) {
            this.deaths.push(Date.now());
            this.died();
          }
          resolve({ code: 'disconnected', message: `The core could not be started: ${how}.`, repair: 'Run `npx elbo doctor`, then reload the window (Ctrl+R).' });
        },
      });
    });
  }
}
