import type { FromEngine, ToEngine } from '../../contract/engine';
import { errorFrom, refuse } from '../../contract/errors';
import { loadBackend } from './backends/load';
import { askedStep } from './checkpoint';
import { Link } from './link';
import { measure } from './measurements/measure';
import { answerProbe } from './probes';
import { lastCheckpoint, opened, openSession, restoreParameters, type Session } from './session';
import { train } from './train-loop';

// A step that cannot be compiled is refused with the model's line, not with that of the bundle.
process.setSourceMapsEnabled(true);

// An engine: trains one run, or answers questions about a trained one. Its core is the process that started it.

/** Sends, and resolves when the message is on its way out. */
const send = (message: FromEngine): Promise<void> => new Promise((sent) => (process.send ? process.send(message, () => sent()) : sent()));

const link = new Link(send);

async function fail(thrown: unknown): Promise<never> {
  console.error(thrown);
  await send({ type: 'failed', error: errorFrom(thrown) });
  process.exit(1);
}

async function open({ run, measure: asked }: Extract<ToEngine, { type: 'open' }>): Promise<void> {
  const session = await openSession(run, (done, total) => link.send({ type: 'progress', done, total }));
  if (run.purpose === 'train') {
    const end = await train(session, link);
    if (end !== null) await answer(session, end);
    return;
  }
  const checkpoint = lastCheckpoint(session);
  if (!checkpoint) return refuse('not-found', 'The checkpoint of this run is gone: its folder has none any more, so there is no trained model to ask.', { where: run.folder, repair: 'Put its checkpoints back, or clone the run and train it again.' });
  restoreParameters(session.model, checkpoint.state);
  link.send(opened(session, checkpoint.step));
  if (asked) await measure(session, askedStep(checkpoint), asked, link);
  else await answer(session, askedStep(checkpoint));
}

/** Answers until it is told to leave. */
async function answer(session: Session, step: number): Promise<void> {
  for (;;) {
    await link.request();
    for (let request = link.take(); request; request = link.take()) {
      if (request.type === 'stop') return;
      if (request.type === 'probe') answerProbe(session, step, request, link);
    }
  }
}

if (process.argv[2] === 'compute') {
  // `elbo doctor` asks what this machine computes with: one line of JSON.
  loadBackend().then(
    (compute) => console.log(JSON.stringify({ compute })),
    (thrown: unknown) => console.log(JSON.stringify({ error: errorFrom(thrown) })),
  );
} else {
  process.on('uncaughtException', (thrown) => void fail(thrown));
  // Ctrl+C reaches every process of a terminal; the core decides what becomes of its engines.
  process.on('SIGINT', () => undefined);
  // The core is gone: nobody would store what comes next, and another core may already go on from the last checkpoint.
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message: ToEngine) => {
    if (message.type === 'open') open(message).then(() => link.flush().then(() => process.exit(0)), fail);
    else link.receive(message);
  });
}
