import { philoxWords, streamKey } from '../../ml/random/philox';

/** The order of an epoch's examples: a permutation of 0 to `count - 1`, a function of (seed, epoch) alone (Fisher and Yates). */
export function permutation(count: number, seed: number, epoch: number): Int32Array {
  const words = philoxWords(count, streamKey(seed, 'data order'), epoch);
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i -= 1) {
    const j = Math.floor(((words[i] ?? 0) / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  return order;
}
