/** The probability that a positive has a larger score than a negative, a tie counting half (the area under the receiver operating characteristic). */
export function auroc(positives: ArrayLike<number>, negatives: ArrayLike<number>): number {
  const all = [...Array.from(positives, (score) => ({ score, positive: 1 })), ...Array.from(negatives, (score) => ({ score, positive: 0 }))].sort((a, b) => a.score - b.score);
  let ranks = 0;
  for (let from = 0; from < all.length; ) {
    let to = from;
    while (to < all.length && all[to]?.score === all[from]?.score) to += 1;
    for (let i = from; i < to; i += 1) ranks += (all[i]?.positive ?? 0) * ((from + 1 + to) / 2);
    from = to;
  }
  return (ranks - (positives.length * (positives.length + 1)) / 2) / (positives.length * negatives.length);
}

/**
 * How untypical each batch of consecutive examples is: |mean of -log p(x) - H|, with the entropy H estimated by the mean over the training set
 * (Nalisnick et al. 2019). Examples that do not fill a batch are left out.
 */
export function typicality(negativeLogs: ArrayLike<number>, entropy: number, batch: number): Float64Array {
  return Float64Array.from({ length: Math.floor(negativeLogs.length / batch) }, (_, b) => {
    let sum = 0;
    for (let i = b * batch; i < (b + 1) * batch; i += 1) sum += negativeLogs[i] as number;
    return Math.abs(sum / batch - entropy);
  });
}

/**
 * -log2 p(x) less the bits that a general compressor takes: high for what the model finds unlikely for what it is (Serra et al. 2020, equation 2).
 * @param negativeLogs nats
 * @param bytesOf the compressed length of example i
 */
export const complexityScores = (negativeLogs: ArrayLike<number>, bytesOf: (example: number) => number): Float64Array =>
  Float64Array.from(negativeLogs, (nats, i) => nats / Math.LN2 - 8 * bytesOf(i));
