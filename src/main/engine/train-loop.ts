import { gather, tensor1d, tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Split } from '../../contract/datasets';
import { refuse } from '../../contract/errors';
import { dataShape } from '../../contract/models';
import type { Evaluation } from '../../contract/runs';
import { chunksOf, evaluateByPieces, evaluateTerms, type EvaluationRequest, type Measure } from '../../ml/evaluate';
import { drawBinary } from '../../ml/data/binarise';
import type { FittedModel, GradientModel } from '../../ml/model';
import { createNoise, under } from '../../ml/random/noise';
import { permutation } from '../../ml/random/philox';
import { createTrainStep, valuesOf } from '../../ml/train-step';
import { askModel } from './ask';
import { askedStep, writeCheckpoint, type Checkpoint } from './checkpoint';
import type { Link, Request } from './link';
import { reconstruct } from './answers/codes';
import { solverGate } from './measurements/solver';
import { answerProbe } from './probes';
import { Recorder } from './recorder';
import { Selection } from './selection';
import { lastCheckpoint, opened, restoreParameters, type Session, type SplitData } from './session';
import { computeOf, lowered } from './step';
import { dealt } from './subset';

const checkpointEveryMs = 1000 * Number(process.env['ELBO_CHECKPOINT_SECONDS'] ?? 20);
const heldOutAtMost = 1000;
const selectedByAtMost = 10_000;

/**
 * Trains a run from its newest checkpoint, or from step 0, to its last step. Step n is the n-th step of the optimiser: its terms
 * are those of the parameters before it, and a checkpoint of step n holds the parameters after it. Everything that a step depends
 * on is a function of (seed, n), so a resumed run repeats the steps that its checkpoint lacks, to the bit.
 * @returns the step whose parameters the model has in the end, or null when it was stopped before
 * @throws Refusal `not-finite`, with the metrics of the steps before stored
 */
export async function train(session: Session, link: Link): Promise<number | null> {
  const { run, model } = session;
  const { seed, training } = run.experiment;
  const heldOut = heldOutSplit(session);
  const checkpoint = 'objective' in model ? lastCheckpoint(session) : null;
  const trainer = 'objective' in model ? byGradient(session, model, checkpoint) : byFit(session, model);
  const selection = 'objective' in model && training.keepBest ? new Selection(training, { ...model.parameters, ...model.state }, checkpoint) : undefined;

  let step = trainer.start;
  let saved = step;
  let savedAt = performance.now();
  let ended = false;
  const recorder = new Recorder((message) => link.send(message));
  link.send(opened(session, step));
  recorder.restartClock(step);

  /** What a checkpoint keeps. */
  const whole = (): Pick<Checkpoint, 'state' | 'best'> => ({ state: { ...trainer.read(), ...selection?.state }, ...(selection?.best && { best: selection.best }) });
  /** Stores all that was recorded; a checkpoint never runs ahead of it. */
  const settle = async (): Promise<void> => {
    recorder.flush();
    await link.stored(recorder.sentStep);
  };
  const save = async (): Promise<void> => {
    await settle();
    if (step === saved) return;
    trainer.settle();
    const { state, best } = whole();
    const bad = Object.keys(state).find((name) => !state[name]?.values.every(Number.isFinite));
    if (bad) notFinite(bad, step, saved);
    writeCheckpoint(run.folder, { step, seed, model: run.experiment.model, compute: computeOf(session), state, ...(best && { best }) });
    link.send({ type: 'checkpoint', step });
    saved = step;
    savedAt = performance.now();
  };
  const recordFinite = async (split: Split, terms: Record<string, number>): Promise<void> => {
    const bad = Object.keys(terms).find((name) => !Number.isFinite(terms[name]));
    if (bad) {
      await settle();
      notFinite(split === 'train' ? bad : `${bad} of the ${split} split`, step, saved, terms[bad]);
    }
    recorder.record(step, split, terms);
  };

  /** Between two pieces of work: does what the core asked, and waits where that is a pause. @returns whether the run is to stop */
  const attend = async (answer: (request: Extract<Request, { type: 'probe' }>) => void): Promise<boolean> => {
    await link.breathe();
    for (let paused = false; ; ) {
      for (let request = link.take(); request; request = link.take()) {
        if (request.type === 'probe') {
          answer(request);
          await link.flush();
        } else if (request.type === 'continue') {
          paused = false;
          recorder.restartClock(step);
          link.send({ type: 'continued' });
        } else {
          await save();
          link.send({ type: request.type === 'stop' ? 'stopped' : 'paused', step });
          if (request.type === 'stop') return true;
          paused = true;
        }
      }
      if (!paused) return false;
      await link.request();
    }
  };

  for (;;) {
    if (await attend((request) => trainer.shown(() => answerProbe(session, step, request, link)))) return null;
    if (ended || step === training.steps || selection?.isOver(step)) break;

    // One step.
    const terms = trainer.take(step + 1);
    ended = terms === null;
    if (terms) {
      step += 1;
      await recordFinite('train', terms);
    }
    if (heldOut && (ended || step % training.evaluateEvery === 0 || step === training.steps)) {
      const evaluated = trainer.shown(() => {
        const terms = heldOut.terms(step);
        // The first of the terms is the loss.
        selection?.consider(step, Object.values(terms)[0] ?? NaN);
        return terms;
      });
      await recordFinite(heldOut.split, evaluated);
    }
    recorder.flushIfDue();
    if (performance.now() - savedAt >= checkpointEveryMs) await save();
  }

  await save();
  const { state, best } = whole();
  if (training.averaging > 0 || best) restoreParameters(model, state);
  const at = askedStep({ step, ...(best && { best }) });
  const final = finalEvaluations(session, at, (done, total) => link.send({ type: 'progress', done, total }));
  for (;;) {
    const { done, value } = final.next();
    if (done) {
      link.send({ type: 'done', step, evaluations: value });
      return at;
    }
    if (await attend((request) => answerProbe(session, at, request, link))) return null;
  }
}

function notFinite(name: string, step: number, saved: number, value = NaN): never {
  return refuse('not-finite', `${name} is ${Number.isNaN(value) ? 'not a number' : 'infinite'} at step ${step}.`, {
    where: `step ${step}, ${name}`,
    repair: `Start again with a smaller learning rate. Metrics up to step ${step - 1}${saved > 0 ? ` and the checkpoint of step ${saved}` : ''} are kept.`,
  });
}

interface Trainer {
  /** The step that the parameters stand at. */
  start: number;
  /** Takes step n and returns its terms; null when the procedure is at its end. */
  take(step: number): Record<string, number> | null;
  /** Brings the model's variables to the step that was taken last. */
  settle(): void;
  /** What `f` finds of the model after the step that was taken last: of its moving average, where the run keeps one. */
  shown<T>(f: () => T): T;
  read(): Checkpoint['state'];
}

/** The order in which an epoch of a run with this seed takes the examples. */
export const epochOrder = (count: number, seed: number, epoch: number): Int32Array => permutation(count, seed, epoch, 'data order');

/** Steps of the optimiser on batches, each epoch in an order of its own. */
function byGradient(session: Session, model: GradientModel, checkpoint: Checkpoint | null): Trainer {
  const { binarisation, seed, training } = session.run.experiment;
  const { data } = session.split('train');
  const [count] = data.shape;
  const { batch, learningRate, schedule, steps, warmUp, clipNorm, skipNorm, weightDecay, averaging } = training;
  const batchesPerEpoch = Math.floor(count / batch);
  const eager = createTrainStep({ model, learningRate, pace: { schedule, steps, warmUp }, clipNorm, skipNorm, weightDecay, averaging, data, binarisation, seed });
  if (checkpoint) eager.write(checkpoint.state);
  else initialise(session, model, data);
  const trainStep = lowered(session, eager, { data, batch });

  let order = { epoch: -1, rows: new Int32Array(0) as Int32Array };
  return {
    start: checkpoint?.step ?? 0,
    take(step) {
      const epoch = Math.floor((step - 1) / batchesPerEpoch);
      const first = ((step - 1) % batchesPerEpoch) * batch;
      if (order.epoch !== epoch) order = { epoch, rows: epochOrder(count, seed, epoch) };
      const values = trainStep.run(step, order.rows.slice(first, first + batch));
      return Object.fromEntries(trainStep.terms.map((name, i) => [name, values[i] ?? NaN]));
    },
    settle: () => trainStep.settle(),
    shown(f) {
      trainStep.settle();
      return eager.averaged(f);
    },
    read: () => eager.read(),
  };
}

/** The model's own start from data: the first 256 of epoch 0's order, in the protocol of the run. */
function initialise({ run: { experiment } }: Session, model: GradientModel, data: Tensor4D): void {
  if (!model.initialise) return;
  const rows = epochOrder(data.shape[0], experiment.seed, 0).slice(0, 256);
  const noise = under('initialise', createNoise(experiment.seed));
  tidy(() => {
    const grey = gather(data, tensor1d(rows, 'int32'));
    model.initialise?.(experiment.binarisation === 'dynamic' ? drawBinary(grey, noise) : grey, noise);
  });
}

/** The model's own procedure. It holds state that no checkpoint has, and is short: a resumed run repeats it from the start. */
function byFit(session: Session, model: FittedModel): Trainer {
  const procedure = model.fit(session.split('train').data, createNoise(session.run.experiment.seed));
  return {
    start: 0,
    take: () => procedure.next().value ?? null,
    settle: () => undefined,
    shown: (f) => f(),
    read: () => valuesOf(model.parameters),
  };
}

/**
 * The terms on examples that are not trained on, at most 1,000, with the same noise each time; undefined where there are none. A run that keeps the best compares
 * them: then on up to 10,000, and weights that change while training have the values of the last step.
 */
function heldOutSplit(session: Session): { split: Split; terms(step: number): Record<string, number> } | undefined {
  const { dataset, experiment: { training } } = session.run;
  const split = (['valid', 'test'] as const).find((name) => dataset.counts[name] > 0);
  if (!split) return undefined;
  const { data } = someOf(session.split(split), training.keepBest ? selectedByAtMost : heldOutAtMost);
  return { split, terms: (step) => evaluateTerms(evaluationOf(session, data, training.keepBest ? training.steps : step)) };
}

function evaluationOf(session: Session, data: Tensor4D, step: number): EvaluationRequest {
  const { model, run: { experiment, dataset } } = session;
  return {
    model,
    chunks: chunksOf(data),
    binarisation: experiment.binarisation,
    noise: createNoise(experiment.seed),
    step,
    levels: dataShape(dataset, experiment.binarisation).levels,
    ask: (key, inputs, f) => askModel(session, key, inputs, f),
  };
}

/** All examples, or a copy of some. */
const someOf = (split: SplitData, count: number): SplitData => (split.data.shape[0] <= count ? split : dealt(split, count));

/**
 * What the trained model is measured by: on the whole test and validation splits, and on as many training examples as there are test examples (10,000 without a test split). Pauses between pieces;
 * stopped there, a resumed run does it again from its last checkpoint.
 *
 * @param tell how many of all these examples are done
 */
function* finalEvaluations(session: Session, step: number, tell: (done: number, total: number) => void): Generator<unknown, Evaluation[]> {
  const { counts } = session.run.dataset;
  const parts: [Split, number][] = [['test', counts.test], ['valid', counts.valid], ['train', Math.min(counts.train, counts.test || 10_000)]];
  const total = parts.reduce((sum, [, count]) => sum + count, 0);
  let done = 0;
  tell(done, total);
  function* counted(chunks: Iterable<Tensor4D>): Generator<Tensor4D> {
    for (const chunk of chunks) {
      const rows = chunk.shape[0];
      yield chunk;
      done += rows;
      tell(done, total);
    }
  }
  const evaluations: Evaluation[] = [];
  for (const [split, count] of parts.filter(([, each]) => each > 0)) {
    const whole = session.split(split);
    const { data } = someOf(whole, count);
    const request = evaluationOf(session, data, step);
    const measures = yield* evaluateByPieces({ ...request, chunks: counted(request.chunks) });
    if (data !== whole.data) data.dispose();
    evaluations.push(...[...measures, ...keptShare(session, split)].map((measure) => ({ ...measure, split, protocol: session.protocol, step })));
  }
  const split: Split = counts.test > 0 ? 'test' : 'train';
  const gate = (yield* solverGate(session, split)).filter(({ value }) => Number.isFinite(value));
  return [...evaluations, ...gate.map((measure) => ({ ...measure, split, protocol: session.protocol, step }))];
}

/** The share of test pictures whose reconstruction a classifier gives their label. */
function keptShare(session: Session, split: Split): Measure[] {
  if (split !== 'test' || session.run.dataset.kind === 'table' || !session.model.abilities.reconstruct) return [];
  const { keptClass, classifier } = reconstruct(session, { kind: 'reconstruct', split, offset: 0, count: heldOutAtMost });
  if (!keptClass) return [];
  const n = keptClass.length;
  const share = keptClass.reduce((sum, kept) => sum + kept, 0) / n;
  return [{ metric: 'classKept', value: share, standardError: Math.sqrt((share * (1 - share)) / n), unit: 'share', estimator: `reconstructions with their input's label, by ${classifier}`, k: null, n }];
}
