/**
 * How much each factor answers to each code: the mean absolute change of a factor's estimate from one picture of a traversal to the next, over
 * its range. A code that moves one factor alone has one large number in its row.
 * @param estimates `[code][picture of the traversal][factor]`, by whatever reads factors off pictures
 * @param ranges the largest less the smallest value of each factor
 * @returns `[code][factor]`
 */
export const factorResponse = (estimates: readonly (readonly ArrayLike<number>[])[], ranges: readonly number[]): number[][] =>
  estimates.map((traversal) =>
    ranges.map((range, k) => {
      const changes = traversal.slice(1).map((picture, i) => Math.abs((picture[k] as number) - (traversal[i]?.[k] as number)));
      return changes.reduce((sum, change) => sum + change, 0) / (range * Math.max(1, changes.length));
    }),
  );
