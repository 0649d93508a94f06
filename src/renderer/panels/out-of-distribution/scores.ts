/** The chance that a score of `inside` is above one of `outside`, ties counted half (area under the ROC curve, by ranks). */
export function auroc(inside: ArrayLike<number>, outside: ArrayLike<number>): number {
  const all = [...Array.from(inside, (score) => ({ score, own: true })), ...Array.from(outside, (score) => ({ score, own: false }))].sort((a, b) => a.score - b.score);
  let ranks = 0;
  for (let from = 0; from < all.length; ) {
    let to = from;
    while (to < all.length && all[to]?.score === all[from]?.score) to++;
    for (let i = from; i < to; i++) if (all[i]?.own) ranks += (from + to + 1) / 2;
    from = to;
  }
  const n = inside.length;
  return (ranks - (n * (n + 1)) / 2) / (n * outside.length);
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
