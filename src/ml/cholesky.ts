/** L of a symmetric positive definite matrix L L^T, row-major. */
export function cholesky(matrix: Float64Array, size: number): Float64Array {
  const lower = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1)
    for (let j = 0; j <= i; j += 1) {
      let sum = matrix[i * size + j] ?? NaN;
      for (let c = 0; c < j; c += 1) sum -= (lower[i * size + c] ?? 0) * (lower[j * size + c] ?? 0);
      lower[i * size + j] = i === j ? Math.sqrt(sum) : sum / (lower[j * size + j] ?? NaN);
    }
  return lower;
}

/** L^-1 b */
export function solveLower(lower: Float64Array, size: number, b: Float64Array): Float64Array {
  const solved = new Float64Array(size);
  for (let i = 0; i < size; i += 1) {
    let sum = b[i] ?? NaN;
    for (let j = 0; j < i; j += 1) sum -= (lower[i * size + j] ?? 0) * (solved[j] ?? 0);
    solved[i] = sum / (lower[i * size + i] ?? NaN);
  }
  return solved;
}

/** L^-1 of a lower triangular L. */
export function inverseOfLower(lower: Float64Array, size: number): Float64Array {
  const columns = Array.from({ length: size }, (_, j) => solveLower(lower, size, Float64Array.from({ length: size }, (_unused, i) => (i === j ? 1 : 0))));
  return Float64Array.from({ length: size * size }, (_, i) => columns[i % size]?.[Math.floor(i / size)] ?? 0);
}
