import { cholesky } from '../../cholesky';
import { moments, type Features } from '../features';

/** The total correlation of a normal distribution with the codes' covariance S: (sum_j ln S_jj - ln|S|) / 2, nats. Codes that never change are left out. */
export function gaussianTotalCorrelation(codes: Features): number {
  const { covariance } = moments(codes);
  const kept = Array.from({ length: codes.size }, (_, j) => j).filter((j) => (covariance[j * codes.size + j] as number) > 0);
  const part = Float64Array.from(kept.flatMap((a) => kept.map((b) => covariance[a * codes.size + b] as number)));
  const lower = cholesky(part, kept.length);
  return kept.reduce((sum, j, i) => sum + 0.5 * Math.log(covariance[j * codes.size + j] as number) - Math.log(lower[i * kept.length + i] as number), 0);
}
