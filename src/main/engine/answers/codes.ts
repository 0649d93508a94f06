import { tensor2d, tensor4d, type Scalar, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import { joinedPosteriors, posteriorsFrom, posteriorTensors, type Posteriors } from '../../../ml/metrics/aggregate-posterior';
import { classKept, nearestNeighbours, type Classifier } from '../../../ml/metrics/class-kept';
import { Sample } from '../../../ml/metrics/sample';
import type { Batch } from '../../../ml/model';
import { joined } from '../../../ml/joined';
import { askModel } from '../ask';
import { rowsAt } from '../../../ml/data/shown-order';
import type { Session } from '../session';
import type { Answerer } from './answer';
import { bytes, factorsOf, need, needPictures, needTable, noiseOf, picturesOf, portions, rangeOf, whole, type Examples } from './examples';

const classifierAtMost = 10_000;

export const encode: Answerer<'encode'> = (session, probe) => {
  const examples = rangeOf(session, probe);
  const { means, standardDeviations } = posteriors(session, examples);
  const names = session.run.dataset.factors?.names.length ?? 0;
  return {
    latentSize: means.length / examples.count,
    means,
    standardDeviations,
    labels: examples.labels,
    factors: names > 0 ? rowsAt(factorsOf(session, probe.split), names, examples.rows) : null,
  };
};

/** Means and standard deviations of q(z|x). */
export function posteriors(session: Session, { at, count }: Pick<Examples, 'at' | 'count'>): { means: Float32Array; standardDeviations: Float32Array | null } {
  const ability = need(session, 'encode');
  const parts = portions(session, count).map(([first, rows]) =>
    askModel(session, 'encode', [at(first, rows)], (x): Record<string, Tensor> => {
      const posterior = ability(x);
      const standardDeviation = posterior.standardDeviation?.();
      return { mean: posterior.mean(), ...(standardDeviation && { standardDeviation }) };
    }),
  );
  const deviations = parts.flatMap(({ standardDeviation }) => standardDeviation ?? []);
  return { means: joined(parts.flatMap(({ mean }) => mean ?? [])), standardDeviations: deviations.length > 0 ? joined(deviations) : null };
}

/** q(z|x) of the examples, for its density at any code. @throws Refusal where that is not known */
export function posteriorsOf(session: Session, { at, count }: Pick<Examples, 'at' | 'count'>): Posteriors {
  const ability = need(session, 'encode');
  const pieces = portions(session, count).map(([first, rows]) => {
    const { codes = new Float32Array(), ...parts } = askModel(session, 'posterior', [at(first, rows), whole(first)], (x, step: Scalar): Record<string, Tensor> => {
      const posterior = ability(x);
      const z = posterior.sample(noiseOf(step), 'posterior');
      return { ...posteriorTensors(posterior, z), codes: z };
    });
    const { model, settings } = session.run.experiment;
    return (
      posteriorsFrom(parts, codes, rows) ??
      refuse('bad-request', `The density of the posterior of "${model}"${typeof settings['posterior'] === 'string' ? ` with the posterior ${settings['posterior']}` : ''} at any code is not known.`, {
        where: 'posterior',
        repair: 'Take one of independent normals, a mixture of normals, or discrete variables.',
      })
    );
  });
  return joinedPosteriors(pieces);
}

export const decode: Answerer<'decode'> = (session, { codes, count }) => {
  const ability = need(session, 'decode');
  needPictures(session);
  const size = session.model.latentSize ?? codes.length / count;
  if (codes.length !== count * size) refuse('bad-request', `${count} codes of ${size} numbers are ${count * size} numbers, not ${codes.length}.`, { where: 'probe.codes' });
  if (!codes.every(Number.isFinite)) refuse('bad-request', 'A code has a number that is not finite.', { where: 'probe.codes' });
  const parts = portions(session, count).map(([first, rows]) => {
    const piece: Tensor2D = tensor2d(codes.slice(first * size, (first + rows) * size), [rows, size]);
    return askModel(session, 'decode', [piece], (z) => ({ pixels: bytes(ability(z).mean()) })).pixels;
  });
  return { pictures: picturesOf(session, parts) };
};

export const reconstruct: Answerer<'reconstruct'> = (session, probe) => {
  const ability = need(session, 'reconstruct');
  needPictures(session);
  const { at, labels, count } = rangeOf(session, probe);
  const classifier = classifierOf(session);
  const judged = classifier && labels ? { keptClass: new Uint8Array(count), inputRight: inputRight(session, probe, classifier, labels), classifier: classifier.name } : { keptClass: null, inputRight: null, classifier: null };
  const { height, width, channels } = session.run.dataset;
  const parts = portions(session, count).map(([first, rows]) => {
    const part = askModel(session, 'reconstruct', [at(first, rows)], (x: Batch) => {
      const outputs = ability(x);
      return { inputs: bytes(x), values: outputs, outputs: bytes(outputs) };
    });
    if (classifier && labels) {
      const outputs = tensor4d(part.values, [rows, height, width, channels]);
      judged.keptClass?.set(classKept(classifier, outputs, labels.slice(first, first + rows)).kept, first);
      outputs.dispose();
    }
    return part;
  });
  return {
    inputs: picturesOf(session, parts.map(({ inputs }) => inputs)),
    outputs: picturesOf(session, parts.map(({ outputs }) => outputs)),
    labels,
    ...judged,
  };
};

export const reconstructRows: Answerer<'reconstruct-rows'> = (session, probe) => {
  const ability = need(session, 'reconstruct');
  needTable(session);
  const { at, count } = rangeOf(session, probe);
  const columns = session.run.dataset.channels;
  const parts = portions(session, count).map(([first, rows]) => {
    const x = at(first, rows);
    const inputs = x.dataSync<'float32'>();
    return { inputs, ...askModel(session, 'reconstruct rows', [x], (given) => ({ outputs: ability(given) })) };
  });
  const [inputs, outputs] = [joined(parts.map((part) => part.inputs)), joined(parts.map((part) => part.outputs))];
  const errors = new Sample();
  errors.add(Float64Array.from({ length: count }, (_, i) => Array.from({ length: columns }, (_, c) => ((outputs[i * columns + c] ?? NaN) - (inputs[i * columns + c] ?? NaN)) ** 2).reduce((sum, square) => sum + square, 0)));
  const { value, standardError, n: rows } = errors.summary();
  return { columns, inputs, outputs, squaredError: { value, standardError, rows } };
};

const inputsJudged = new WeakMap<Classifier, Map<string, Uint8Array>>();

/** Which of the examples the classifier gives their labels. They are the same at every step of a run: judged once. */
function inputRight(session: Session, range: Parameters<typeof rangeOf>[1], classifier: Classifier, labels: Uint16Array): Uint8Array {
  const known = inputsJudged.get(classifier) ?? new Map<string, Uint8Array>();
  inputsJudged.set(classifier, known);
  const key = `${range.split} ${range.offset} ${range.count}`;
  const before = known.get(key);
  if (before) return before;
  const { at, count } = rangeOf(session, range);
  const right = new Uint8Array(count);
  for (const [first, some] of portions(session, count)) {
    const inputs = at(first, some);
    right.set(classKept(classifier, inputs, labels.slice(first, first + some)).kept, first);
    inputs.dispose();
  }
  known.set(key, right);
  return right;
}

const classifiers = new WeakMap<Session, Classifier>();

/** Judges classes by the training set's pictures, at most 10,000; undefined without labels. Made once. */
export function classifierOf(session: Session): Classifier | undefined {
  const known = classifiers.get(session);
  if (known || !session.shown('train').labels) return known;
  const { at, labels, count } = rangeOf(session, { split: 'train', offset: 0, count: classifierAtMost });
  const classifier = nearestNeighbours(at(0, count), labels ?? new Uint16Array());
  classifiers.set(session, classifier);
  return classifier;
}
