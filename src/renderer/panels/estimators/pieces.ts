import type { ProbeAnswers } from '../../../contract/probes';

type Answer = ProbeAnswers['estimators'];

/** ln of the sum of e^x. */
function logSumExp(logs: readonly number[]): number {
  const largest = Math.max(...logs);
  return largest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - largest), 0));
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Answers about the same examples, each by `draws` draws of its own, as one of all draws: up to `draws` the means of what they say, beyond it by the sums of their weights, of all disjoint
 * groups of as many answers as make K.
 */
export function merged(pieces: readonly Answer[], draws: number): Answer {
  const [first] = pieces;
  if (!first) throw new RangeError('There are no answers to put together.');
  const sums = pieces.map((piece) => piece.sums);
  const more = Array.from({ length: pieces.length - 1 }, (_, i) => i + 2).filter((m) => m === pieces.length || /^[125]0*$/.test(String(m)));
  const wide = more.map((m) => {
    const groups = Array.from({ length: Math.floor(pieces.length / m) }, (_, g) => sums.slice(g * m, (g + 1) * m));
    const each = groups.flatMap((group) =>
      Array.from({ length: first.examples }, (_, i) => {
        const of = (name: 'weights' | 'squares' | 'naive'): number => logSumExp(group.map((sum) => sum[name]?.[i] ?? NaN));
        return { weighted: of('weights') - Math.log(m * draws), effective: Math.exp(2 * of('weights') - of('squares')), naive: of('naive') - Math.log(m * draws) };
      }),
    );
    return { k: m * draws, weighted: meanOf(each.map(({ weighted }) => weighted)), effective: meanOf(each.map(({ effective }) => effective)), naive: meanOf(each.map(({ naive }) => naive)) };
  });
  const curve = (name: 'weighted' | 'effective' | 'naive'): Float64Array => Float64Array.from([...first.ks.map((_, j) => meanOf(pieces.map((piece) => piece[name]?.[j] ?? NaN))), ...wide.map((point) => point[name])]);
  return {
    ...first,
    ks: [...first.ks, ...wide.map(({ k }) => k)],
    elbo: meanOf(pieces.map(({ elbo }) => elbo)),
    weighted: curve('weighted'),
    effective: curve('effective'),
    naive: first.naive && curve('naive'),
  };
}
