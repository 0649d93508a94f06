import type { CoreEvent } from '../../contract/api';
import type { OpenRun } from '../../contract/engine';
import { Refusal, refuse } from '../../contract/errors';
import type { Measurement } from '../../contract/measurements';
import type { Evaluation } from '../../contract/runs';
import { EngineProcess, type EngineCommand } from './launch-engine';

/** Engines that measure a run's newest checkpoint: one for each run, beside those that answer questions, which a long measurement does not hold up. */
export class Measuring {
  /** How to cancel the measurement of each run. */
  private readonly going = new Map<string, () => void>();

  constructor(
    private readonly command: () => EngineCommand,
    private readonly publish: (event: CoreEvent) => void,
  ) {}

  /** @throws Refusal as the engine refuses, `conflict` while the run is being measured, or `cancelled` */
  async measure(open: OpenRun, measurement: Measurement, log: string): Promise<Evaluation[]> {
    const { id } = open;
    if (this.going.has(id)) refuse('conflict', 'This run is being measured.', { where: `run ${id}`, repair: 'Wait for it, or cancel it.' });
    try {
      return await new Promise<Evaluation[]>((resolve, reject) => {
        const fail = (error: Refusal['error']): void => reject(new Refusal(error));
        const engine = new EngineProcess(this.command(), log, {
          message: (message) => {
            if (message.type === 'progress') this.publish({ type: 'progress', what: `measure ${id}`, done: message.done, total: message.total });
            else if (message.type === 'evaluated') resolve(message.evaluations);
            else if (message.type === 'failed') fail(message.error);
          },
          exit: (ending) => fail({ code: 'engine-died', message: `The engine ended before it had measured the run (${ending}).`, where: log, repair: 'Measure it again; the log may say why.' }),
        });
        this.going.set(id, () => {
          fail({ code: 'cancelled', message: 'The measurement was cancelled; nothing of it is kept.' });
          engine.kill();
        });
        engine.send({ type: 'open', run: open, measure: measurement });
      });
    } finally {
      this.going.delete(id);
    }
  }

  /** Nothing where none is going on. */
  cancel(id: string): void {
    this.going.get(id)?.();
  }

  close(): void {
    for (const cancel of [...this.going.values()]) cancel();
  }
}
