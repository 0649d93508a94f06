import { tensor2d, tensor4d } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import { finished } from '../../../ml/finished';
import { nearestNeighbours } from '../../../ml/metrics/class-kept';
import { factorColumn, varying } from '../../../ml/metrics/disentanglement/factor-codes';
import { entropy, informationMatrix } from '../../../ml/metrics/disentanglement/information';
import { disentanglementScores, type ScoreOptions } from '../../../ml/metrics/disentanglement/scores';
import { factorResponse, traversals } from '../../../ml/metrics/disentanglement/traversal';
import type { Features } from '../../../ml/metrics/features';
import { rowsAt } from '../../../ml/data/shown-order';
import { askModel } from '../ask';
import type { Session } from '../session';
import type { Answerer } from './answer';
import { posteriors } from './codes';
import { factorsOf, portions, rangeOf } from './examples';

/** Between two training steps there is no time for more. */
const brief: Omit<ScoreOptions, 'seed'> = { questions: { train: 800, test: 400 }, trees: 10 };

export const factors: Answerer<'factors'> = (session, { seed, ...range }) => {
  const { dataset } = session.run;
  if (!dataset.factors) return refuse('bad-request', `The data set ${dataset.id} comes without factors.`);
  const { names, sizes } = dataset.factors;
  const examples = rangeOf(session, range);
  const { count } = examples;
  const { means, standardDeviations } = posteriors(session, examples);
  const { data, kept } = varying({ values: means, size: means.length / count, factors: rowsAt(factorsOf(session, range.split), sizes.length, examples.rows), sizes });
  if (kept.length === 0) return refuse('bad-request', 'Every factor is the same for all of these examples: there is nothing to know of them.', { where: 'probe.count' });
  const entropies = kept.map((_, k) => entropy(factorColumn(data, k)));
  const scores = finished(disentanglementScores(data, { ...brief, seed }));
  return {
    names: kept.map((k) => names[k] ?? ''),
    constant: names.filter((_, k) => !kept.includes(k)),
    examples: count,
    information: informationMatrix(data).map((codes) => codes.map((nats, k) => nats / (entropies[k] ?? NaN))),
    response: responseOf(session, sizes, kept, data, standardDeviations),
    scores: scores.map(({ title, source, estimator, value, floor }) => ({ name: title, source, estimator, value, floor })),
  };
};

const traversedCodes = 32;
const traversedExamples = 4;
const readFrom = 5000;

/** How much the first codes move each factor along the traversals of some examples, factors being read off decoded pictures by the nearest training picture; null where the model does not decode. */
function responseOf(session: Session, sizes: readonly number[], kept: number[], codes: Features, deviations: ArrayLike<number> | null): number[][] | null {
  const { decode } = session.model.abilities;
  const { height, width, channels, counts } = session.run.dataset;
  if (!decode || counts.train === 0) return null;
  const { size } = codes;
  const count = Math.min(traversedCodes, size);
  const moved = traversals(codes, deviations, { values: Array.from(codes.values).slice(0, traversedExamples * size), size }, count);
  const known = rangeOf(session, { split: 'train', offset: 0, count: readFrom });
  const shown = known.at(0, known.count);
  const nearest = nearestNeighbours(shown, Uint16Array.from({ length: known.count }, (_, i) => i), 1);
  shown.dispose();
  const found = portions(session, moved.length / size).flatMap(([first, rows]) => {
    const { pixels } = askModel(session, 'decode traversals', [tensor2d(moved.subarray(first * size, (first + rows) * size), [rows, size])], (z) => ({ pixels: decode(z).mean() }));
    const pictures = tensor4d(pixels, [rows, height, width, channels]);
    const like = nearest.classify(pictures);
    pictures.dispose();
    return Array.from(like);
  });
  nearest.dispose();
  const factorsAt = factorsOf(session, 'train');
  const estimates = found.map((like) => kept.map((k) => factorsAt[(known.rows[like] ?? NaN) * sizes.length + k] ?? NaN));
  return factorResponse(estimates, kept.map((k) => (sizes[k] ?? NaN) - 1), count);
}
