import type { CoreEvent } from '../../contract/api';
import type { OpenRun } from '../../contract/engine';
import { Refusal, refuse } from '../../contract/errors';
import type { EvaluateRequest } from '../../contract/evaluate';
import type { Evaluation } from '../../contract/runs';
import { EngineProcess, type EngineCommand } from './launch-engine';

/** Engines that measure a run's newest checkpoint: one for each run, beside those that answer questions, which a long evaluation does not hold up. */
export class Evaluating {
  /** How to cancel the evaluation of each run. */
  private readonly going = new Map<string, () => void>();

  constructor(
    private readonly command: () => EngineCommand,
    private readonly publish: (event: CoreEvent) => void,
  ) {}

  /** @throws Refusal as the engine refuses, `conflict` while the run is being evaluated, or `cancelled` */
  async evaluate(open: OpenRun, request: EvaluateRequest, log: string): Promise<Evaluation[]> {
    const { id } = open;
    if (this.going.has(id)) refuse('conflict', 'This run is being evaluated.', { where: `run ${id}`, repair: 'Wait for it, or cancel it.' });
    try {
      return await new Promise<Evaluation[]>((resolve, reject) => {
        const fail = (error: Refusal['error']): void => reject(new Refusal(error));
        const engine = new EngineProcess(this.command(), log, {
          message: (message) => {
            if (message.type === 'progress') this.publish({ type: 'progress', what: `evaluate ${id}`, done: message.done, total: message.total });
            else if (message.type === 'evaluated') resolve(message.evaluations);
            else if (message.type === 'failed') fail(message.error);
          },
          exit: (ending) => fail({ code: 'engine-died', message: `The engine ended before it had evaluated the run (${ending}).`, where: log, repair: 'Evaluate it again; the log may say why.' }),
        });
        this.going.set(id, () => {
          fail({ code: 'cancelled', message: 'The evaluation was cancelled; nothing of it is kept.' });
          engine.kill();
        });
        engine.send({ type: 'open', run: open, evaluate: request });
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
