import { codeColumn, factorColumn, mean, type FactorCodes } from './factor-codes';
import { equalWidthBins } from './information';

/**
 * Interventional robustness (Suter et al. 2019): 1 - the least, over the factors, of how far a code strays from its mean while a factor is held
 * (99th percentile, the mean over the factor's values, of more than 20 in bins of equal width) over how far it strays at most; the mean over the codes, weighted by the latter. Codes
 * that never change are left out. Its floor is high: about .38 for noise.
 */
export function interventionalRobustness(data: FactorCodes, { quantile = 0.99, bins = 20 } = {}): number {
  const factors = data.sizes.map((_, k) => equalWidthBins(factorColumn(data, k), bins));
  let weighted = 0;
  let weights = 0;
  for (let j = 0; j < data.size; j += 1) {
    const codes = codeColumn(data, j);
    const center = mean(codes);
    const most = codes.reduce((largest, code) => Math.max(largest, Math.abs(code - center)), 0);
    if (most === 0) continue;
    const strays = factors.map((factor) => {
      const groups = new Map<number, number[]>();
      factor.forEach((value, row) => {
        const group = groups.get(value) ?? [];
        groups.set(value, group);
        group.push(codes[row] as number);
      });
      return mean([...groups.values()].map((group) => percentile(deviations(group), quantile))) / most;
    });
    weighted += most * (1 - Math.min(...strays));
    weights += most;
  }
  return weights > 0 ? weighted / weights : 0;
}

function deviations(group: number[]): number[] {
  const center = mean(group);
  return group.map((code) => Math.abs(code - center));
}

/** Linear between the two nearest ranks. */
function percentile(values: number[], quantile: number): number {
  const sorted = values.sort((a, b) => a - b);
  const rank = quantile * (sorted.length - 1);
  const below = sorted[Math.floor(rank)] ?? 0;
  return below + (rank - Math.floor(rank)) * ((sorted[Math.ceil(rank)] ?? 0) - below);
}
