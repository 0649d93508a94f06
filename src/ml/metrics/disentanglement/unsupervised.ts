import { cholesky } from '../../cholesky';
import { symmetricEigen } from '../../models/baselines/symmetric-eigen';
import { moments, type Features } from '../features';
import { codeColumn, mean } from './factor-codes';
import { equalWidthBins, mutualInformation } from './information';

/** The total correlation of a normal distribution with the codes' covariance S: (sum_j ln S_jj - ln|S|) / 2, nats. Codes that never change are left out. */
export function gaussianTotalCorrelation(codes: Features): number {
  const { covariance } = moments(codes);
  const kept = Array.from({ length: codes.size }, (_, j) => j).filter((j) => (covariance[j * codes.size + j] as number) > 0);
  const part = Float64Array.from(kept.flatMap((a) => kept.map((b) => covariance[a * codes.size + b] as number)));
  const lower = cholesky(part, kept.length);
  return kept.reduce((sum, j, i) => sum + 0.5 * Math.log(covariance[j * codes.size + j] as number) - Math.log(lower[i * kept.length + i] as number), 0);
}

/**
 * The squared Wasserstein distance of a normal distribution with the codes' covariance S from that with its diagonal D, 2 (tr S - tr (D^1/2 S D^1/2)^1/2), over tr S, as disentanglement_lib has it: 0
 * of codes without correlation.
 */
export function wassersteinCorrelation(codes: Features): number {
  const { size } = codes;
  const { covariance } = moments(codes);
  const deviation = (j: number): number => Math.sqrt(covariance[j * size + j] as number);
  const { values } = symmetricEigen(covariance.map((value, at) => value * deviation(Math.floor(at / size)) * deviation(at % size)), size);
  const trace = Array.from({ length: size }, (_, j) => covariance[j * size + j] as number).reduce((sum, value) => sum + value, 0);
  return trace > 0 ? 2 - (2 * values.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0)) / trace : 0;
}

/** The mean over pairs of codes of what one tells of the other, in bins of equal width, nats; 0 of a single code. */
export function pairwiseInformation(codes: Features, bins = 20): number {
  const columns = Array.from({ length: codes.size }, (_, j) => equalWidthBins(codeColumn(codes, j), bins));
  const pairs = columns.flatMap((one, j) => columns.slice(0, j).map((other) => mutualInformation(one, other)));
  return pairs.length > 0 ? mean(pairs) : 0;
}
