/**
 * Variance over the examples of each dimension's posterior mean, Var_x(E_q(z|x)[z_j]), and how many dimensions are active: above `threshold`
 * (Burda, Grosse and Salakhutdinov 2016, section 5; theirs is 0.01).
 * @param means row-major, `n x size`
 */
export function activeUnits(means: Float32Array, size: number, threshold = 0.01): { variances: Float64Array; active: number } {
  const n = means.length / size;
  const mean = new Float64Array(size);
  means.forEach((value, i) => (mean[i % size] = (mean[i % size] ?? 0) + value / n));
  const variances = new Float64Array(size);
  means.forEach((value, i) => (variances[i % size] = (variances[i % size] ?? 0) + (value - (mean[i % size] ?? 0)) ** 2 / n));
  return { variances, active: variances.filter((variance) => variance > threshold).length };
}
