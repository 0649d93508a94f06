/** Shares of the scores in `bins` equal parts of a range. */
export function histogram(scores: ArrayLike<number>, [from, to]: readonly [number, number], bins: number): number[] {
  const shares = new Array<number>(bins).fill(0);
  for (let i = 0; i < scores.length; i++) {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor((((scores[i] ?? NaN) - from) / (to - from)) * bins)));
    shares[bin] = (shares[bin] ?? 0) + 1 / scores.length;
  }
  return shares;
}
