import { matMul, mul, reshape, slice, square, sub, sum, tidy, topk, transpose, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';

/** A k-nearest-neighbour classifier over labelled pictures (Euclidean distance; a tied vote goes to the nearest of the tied). */
export interface Classifier {
  /** `5 nearest of 1,000 examples`. */
  name: string;
  /** The label of each picture `[count, height, width, channels]`. */
  classify(pictures: Tensor4D): Uint16Array;
  dispose(): void;
}

/**
 * @param pictures `[count, height, width, channels]`, not disposed of; the classifier keeps a copy
 * @param labels one each
 */
export function nearestNeighbours(pictures: Tensor4D, labels: Uint16Array, neighbours = 5): Classifier {
  const count = pictures.shape[0];
  const k = Math.min(neighbours, count);
  const size = pictures.size / count;
  // |x - y|^2 = |x|^2 - 2 x.y + |y|^2, of which |x|^2 does not matter for the order.
  const [columns, norms] = tidy(() => {
    const rows = reshape(pictures, [count, size]);
    return [transpose(rows), sum(square(rows), 1)] as const;
  });
  const rowsAtOnce = Math.max(1, Math.floor(10_000_000 / count));
  const classifyRows = (rows: Tensor2D): Uint16Array => {
    const nearest = topk(sub(mul(matMul(rows, columns as Tensor2D), 2), norms), k).indices.dataSync();
    return Uint16Array.from({ length: rows.shape[0] }, (_, row) => vote(Array.from(nearest.subarray(row * k, (row + 1) * k), (index) => labels[index] ?? 0)));
  };
  return {
    name: `${k} nearest of ${count.toLocaleString('en')} examples`,
    classify(queries) {
      const found = new Uint16Array(queries.shape[0]);
      for (let start = 0; start < found.length; start += rowsAtOnce)
        tidy(() => {
          const rows = Math.min(rowsAtOnce, found.length - start);
          found.set(classifyRows(reshape(slice(queries, start, rows), [rows, size])), start);
        });
      return found;
    },
    dispose: () => [columns, norms].forEach((tensor) => tensor.dispose()),
  };
}

/** The most frequent label; of equally frequent ones that which comes first. */
function vote(labels: number[]): number {
  const votes = new Map<number, number>();
  for (const label of labels) votes.set(label, (votes.get(label) ?? 0) + 1);
  return [...votes].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}

/**
 * Which pictures the classifier gives the label they should have, 0 or 1 each, and the share: of a model's outputs the share of classes
 * kept, of its inputs the classifier's own accuracy.
 */
export function classKept(classifier: Classifier, pictures: Tensor4D, labels: Uint16Array): { kept: Uint8Array; share: number } {
  const kept = Uint8Array.from(classifier.classify(pictures), (label, i) => (label === labels[i] ? 1 : 0));
  return { kept, share: kept.reduce((sum, one) => sum + one, 0) / kept.length };
}
