/** Rows of numbers: row-major, `n x size`. */
export interface Features {
  values: ArrayLike<number>;
  size: number;
}

export const rowCount = ({ values, size }: Features): number => values.length / size;

/** Mean, and covariance (row-major) over n - `less` examples. */
export function moments({ values, size }: Features, less = 1): { mean: Float64Array; covariance: Float64Array } {
  const n = values.length / size;
  const mean = new Float64Array(size);
  for (let i = 0; i < values.length; i += 1) mean[i % size] = (mean[i % size] as number) + (values[i] as number) / n;
  const covariance = new Float64Array(size * size);
  const centred = new Float64Array(size);
  for (let row = 0; row < n; row += 1) {
    for (let a = 0; a < size; a += 1) centred[a] = (values[row * size + a] as number) - (mean[a] as number);
    for (let a = 0; a < size; a += 1) for (let b = 0; b <= a; b += 1) covariance[a * size + b] = (covariance[a * size + b] as number) + (centred[a] as number) * (centred[b] as number);
  }
  for (let a = 0; a < size; a += 1)
    for (let b = 0; b <= a; b += 1) covariance[a * size + b] = covariance[b * size + a] = (covariance[a * size + b] as number) / (n - less);
  return { mean, covariance };
}

export function squaredDistance(a: Features, i: number, b: Features, j: number): number {
  let sum = 0;
  for (let d = 0; d < a.size; d += 1) sum += ((a.values[i * a.size + d] as number) - (b.values[j * b.size + d] as number)) ** 2;
  return sum;
}

/**
 * The projection on the first principal components of training data, the features of distances named FD-PCA64 and the like. By orthogonal
 * iteration on the covariance (Golub and Van Loan, Matrix Computations, section 8.2.4).
 * @param count fewer where the data have fewer columns
 */
export function principalFeatures(training: Features, count = 64, iterations = 40): (data: Features) => Features {
  const { mean, covariance } = moments(training);
  const { size } = training;
  const k = Math.min(count, size);
  let basis = orthonormal(Array.from({ length: k }, (_, j) => Float64Array.from({ length: size }, (_, i) => Math.sin((i + 1) * (j + 1) * 1.7) + (i % k === j ? 1 : 0))));
  for (let iteration = 0; iteration < iterations; iteration += 1)
    basis = orthonormal(
      basis.map((vector) => {
        const image = new Float64Array(size);
        for (let a = 0; a < size; a += 1) {
          let sum = 0;
          for (let b = 0; b < size; b += 1) sum += (covariance[a * size + b] as number) * (vector[b] as number);
          image[a] = sum;
        }
        return image;
      }),
    );
  return (data) => {
    const n = rowCount(data);
    const values = new Float32Array(n * k);
    for (let row = 0; row < n; row += 1)
      basis.forEach((vector, j) => {
        let sum = 0;
        for (let i = 0; i < size; i += 1) sum += ((data.values[row * size + i] as number) - (mean[i] as number)) * (vector[i] as number);
        values[row * k + j] = sum;
      });
    return { values, size: k };
  };
}

/** Gram-Schmidt, twice, for rounding. A direction that vanishes stays zero. */
function orthonormal(vectors: Float64Array[]): Float64Array[] {
  vectors.forEach((vector, j) => {
    for (let pass = 0; pass < 2; pass += 1)
      for (const before of vectors.slice(0, j)) {
        const along = dot(vector, before);
        for (let i = 0; i < vector.length; i += 1) vector[i] = (vector[i] as number) - along * (before[i] as number);
      }
    const length = Math.sqrt(dot(vector, vector));
    for (let i = 0; i < vector.length; i += 1) vector[i] = length > 1e-12 ? (vector[i] as number) / length : 0;
  });
  return vectors;
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
