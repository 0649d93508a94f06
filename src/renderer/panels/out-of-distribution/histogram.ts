/**
 * From the lowest to the highest score of several sets but for those that lie far out, three times the distance of a set's quartiles beyond them
 * (Tukey, "Exploratory data analysis", 1977): a few of a foreign set may be a hundred times as far away as all others. Scores that are not finite do not count.
 */
export function rangeOf(sets: readonly Float32Array[]): [number, number] {
  const ends = sets.flatMap((scores) => {
    const sorted = scores.filter(Number.isFinite).sort();
    const [low = NaN, high = NaN] = [0.25, 0.75].map((share) => sorted[Math.round(share * (sorted.length - 1))] ?? NaN);
    const inside = sorted.filter((score) => score >= low - 3 * (high - low) && score <= high + 3 * (high - low));
    return [...inside.slice(0, 1), ...inside.slice(-1)];
  });
  return ends.length > 0 ? [Math.min(...ends), Math.max(...ends)] : [0, 1];
}

/** Shares of the scores in `bins` equal parts of a range. */
export function histogram(scores: ArrayLike<number>, [from, to]: readonly [number, number], bins: number): number[] {
  const shares = new Array<number>(bins).fill(0);
  for (let i = 0; i < scores.length; i++) {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor((((scores[i] ?? NaN) - from) / (to - from)) * bins)));
    shares[bin] = (shares[bin] ?? 0) + 1 / scores.length;
  }
  return shares;
}
