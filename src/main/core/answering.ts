import type { OpenRun } from '../../contract/engine';
import type { Probe, ProbeAnswer } from '../../contract/probes';
import { EngineProcess, type EngineCommand } from './launch-engine';

const idleMs = 120_000;
const atMost = 2;

interface Answerer {
  engine: EngineProcess;
  /** The checkpoint that it loaded. */
  step: number;
  timer?: NodeJS.Timeout;
}

/** Engines that answer questions about runs that nobody trains: at most two; the longest unasked makes room, or leaves after two minutes. */
export class Answering {
  /** By run id, the longest unasked first. */
  private readonly answerers = new Map<string, Answerer>();

  constructor(private readonly command: () => EngineCommand) {}

  /** @param step the newest checkpoint's. @throws Refusal */
  async ask(open: OpenRun, step: number, log: string, probe: Probe): Promise<ProbeAnswer> {
    if (this.answerers.get(open.id)?.step !== step) this.end(open.id);
    while (!this.answerers.has(open.id) && this.answerers.size >= atMost) {
      const [oldest] = this.answerers;
      if (!oldest) break;
      const [id, { engine }] = oldest;
      await engine.idle();
      // Whoever was asked in the meantime has moved on from the first place.
      if (this.answerers.keys().next().value === id) this.end(id);
    }
    const { engine } = this.answerers.get(open.id) ?? this.start(open, step, log);
    this.touch(open.id);
    return engine.ask(probe);
  }

  /** Takes over an engine that has finished training its run. */
  adopt(id: string, engine: EngineProcess, step: number): void {
    this.end(id);
    this.answerers.set(id, { engine, step });
    this.touch(id);
    const [oldest] = this.answerers.keys();
    if (this.answerers.size > atMost && oldest !== undefined) this.end(oldest);
  }

  /** The engine has exited by itself. */
  forget(id: string, engine: EngineProcess): void {
    const answerer = this.answerers.get(id);
    if (answerer?.engine !== engine) return;
    clearTimeout(answerer.timer);
    this.answerers.delete(id);
  }

  end(id: string): void {
    const engine = this.answerers.get(id)?.engine;
    if (!engine) return;
    this.forget(id, engine);
    engine.kill();
  }

  close(): void {
    for (const id of [...this.answerers.keys()]) this.end(id);
  }

  private start(open: OpenRun, step: number, log: string): Answerer {
    const engine: EngineProcess = new EngineProcess(this.command(), log, { message: () => undefined, exit: () => this.forget(open.id, engine) });
    engine.send({ type: 'open', run: open });
    const answerer = { engine, step };
    this.answerers.set(open.id, answerer);
    return answerer;
  }

  private touch(id: string): void {
    const answerer = this.answerers.get(id);
    if (!answerer) return;
    this.answerers.delete(id);
    this.answerers.set(id, answerer);
    clearTimeout(answerer.timer);
    answerer.timer = setTimeout(() => this.end(id), idleMs).unref();
  }
}
