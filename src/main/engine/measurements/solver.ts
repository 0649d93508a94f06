import { add, dispose, sum, type Scalar, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Split } from '../../../contract/datasets';
import { refuse } from '../../../contract/errors';
import { dataShape } from '../../../contract/models';
import { parse } from '../../../contract/parse';
import { logNormalDensity } from '../../../ml/bijectors/normal';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { Sample } from '../../../ml/metrics/sample';
import { findModel } from '../../../ml/models/registry';
import { createNoise } from '../../../ml/random/noise';
import { readValues } from '../../../ml/read';
import { chunks, need, noiseOf, rowsOf, whole } from '../answers/examples';
import { askModel } from '../ask';
import type { Session } from '../session';
import { dealt } from '../subset';
import { aroundExamples, integralOf } from './density';
import { valuesOf } from './examples';
import type { Measuring } from './measurement';

const rowsAtOnce = 500;

/**
 * `solverGapNats`: |mean log p(x) at the solver's steps - the same at `factor` times as many|, the parameters being the same. A field that cheats its solver shows here. For each of the
 * `tolerances`: `adaptiveGapNats`, the same of Dormand and Prince's adaptive method, and `evaluations`, how often that evaluated the field.
 */
export const solver: Measuring<'solver'> = function* (session, { factor, tolerances, split, seed }, count): Generator<Progress, Measure[]> {
  const { data } = session.shown(split);
  const finer = refined(session, factor);
  const means: Sample[] = [];
  let done = 0;
  const after = (rows: number): Progress => ({ done: (done += rows), total: (2 + tolerances.length) * count });
  for (const [k, of] of [session, finer].entries()) {
    const logProb = need(of, 'logProb');
    const sample = (means[k] = new Sample());
    for (const [first, rows] of chunks(0, count, rowsAtOnce)) {
      sample.add(askModel(of, 'log p(x)', [rowsOf(data, first, rows), whole(seed)], (x, drawn: Scalar) => ({ log: logProb(x, noiseOf(drawn)) })).log);
      yield after(rows);
    }
  }
  dispose(Object.values(finer.model.parameters));
  const [own, fine] = means.map((mean) => mean.summary());
  if (!own || !fine) return [];
  const one = { k: null, n: count };
  const measures: Measure[] = [
    { ...one, metric: 'finerNllNats', unit: 'nats', value: -fine.value, standardError: fine.standardError, estimator: `-log p(x) with ${factor} times as many solver steps` },
    { ...one, metric: 'solverGapNats', unit: 'nats', value: Math.abs(own.value - fine.value), standardError: null, estimator: `|difference of the mean log p(x) with ${factor} times as many solver steps|` },
  ];
  for (const tolerance of tolerances) {
    const logs = new Sample();
    let evaluations = 0;
    for (const [first, rows] of chunks(0, count, rowsAtOnce)) {
      const solved = adaptive(session, rowsOf(data, first, rows), whole(seed), tolerance);
      logs.add(solved.log);
      evaluations = Math.max(evaluations, solved.evaluations);
      yield after(rows);
    }
    const { value, standardError } = logs.summary();
    const by = `Dormand and Prince's adaptive method, absolute and relative tolerance ${tolerance.toExponential()}`;
    measures.push(
      { ...one, metric: 'adaptiveNllNats', unit: 'nats', value: -value, standardError, estimator: `-log p(x) by ${by}` },
      { ...one, metric: 'adaptiveGapNats', unit: 'nats', value: Math.abs(own.value - value), standardError: null, estimator: `|difference of the mean log p(x) by ${by}|` },
      { ...one, metric: 'evaluations', unit: 'evaluations', value: evaluations, standardError: null, estimator: `of the field for ${Math.min(count, rowsAtOnce)} examples at once, rejected steps too, by ${by}` },
    );
  }
  return measures;
};

/** log p(x) with the layers that follow a field solved adaptively, of a flow to N(0, I). Disposes of the inputs. */
function adaptive(session: Session, x: Tensor4D, seed: Scalar, tolerance: number): { log: Float32Array; evaluations: number } {
  let evaluations = 0;
  const { log } = readValues(() => {
    const [data, ...layers] = need(session, 'stages')(x, noiseOf(seed));
    let values: Tensor = data?.values ?? x;
    let logDet: Tensor = data?.logDet ?? x;
    for (const { layer } of layers) {
      const solved = layer?.adaptively?.(values, tolerance);
      const next = solved ?? layer?.forward(values);
      if (!next) throw new Error('A stage after the data has a layer.');
      evaluations += solved?.evaluations ?? 0;
      [values, logDet] = [next.y, add(logDet, next.logDet)];
    }
    return { log: add(logDet, sum(logNormalDensity(values), 1)) };
  });
  dispose([x, seed]);
  return { log, evaluations };
}

/** The same model with more solver steps, also beyond those that may be trained with. */
function refined(session: Session, factor: number): Session {
  const { experiment, dataset } = session.run;
  const settings = settingsOf(session);
  const { solverSteps } = settings;
  if (solverSteps === undefined) return refuse('bad-request', `The model "${experiment.model}" has no solver.`, { where: 'measure' });
  const model = findModel(experiment.model).build({ settings: { ...settings, solverSteps: solverSteps * factor }, data: dataShape(dataset, experiment.binarisation), noise: createNoise(0) });
  for (const [name, variable] of Object.entries(model.parameters)) variable.assign(session.model.parameters[name] ?? variable);
  return { ...session, model };
}

const settingsOf = ({ run: { experiment } }: Session): { solverSteps?: number } => parse(findModel(experiment.model).settings, experiment.settings, 'settings', 'bad-experiment');

const gateRows = 300;
const gateCells = 100;

/**
 * What every run of a model with a solver is measured by at its end: `solverGapNats` on 300 examples that are dealt out and, of two columns, `roughIntegral`, that of the density on 100 x 100 cells. A
 * field that has learned to cheat its solver has a likelihood that is none, and shows it in one of them. Nothing of other models.
 */
export function* solverGate(session: Session, split: Split): Generator<Progress, Measure[]> {
  if (settingsOf(session).solverSteps === undefined || !session.model.abilities.logProb) return [];
  const examples = dealt(session.shown(split), Math.min(gateRows, session.run.dataset.counts[split]));
  const rows = examples.data.shape[0];
  try {
    const measures = yield* solver({ ...session, shown: () => examples }, { measure: 'solver', factor: 4, tolerances: [], split, seed: 0 }, rows);
    const { kind, channels } = session.run.dataset;
    if (kind !== 'table' || channels !== 2) return measures;
    return [...measures, { ...(yield* integralOf(session, aroundExamples(valuesOf(examples.data, rows)), { cells: gateCells, seed: 0 })), metric: 'roughIntegral' }];
  } finally {
    examples.data.dispose();
  }
}
