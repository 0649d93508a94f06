/**
 * Eigenvalues of a symmetric matrix, largest first, with their orthonormal eigenvectors (cyclic Jacobi rotations; Golub and Van Loan,
 * Matrix Computations, section 8.5).
 * @param matrix row-major, `size` x `size`; overwritten
 * @returns `vectors[j]` belongs to `values[j]`
 */
export function symmetricEigen(matrix: Float64Array, size: number): { values: Float64Array; vectors: Float64Array[] } {
  const at = (i: number, j: number): number => matrix[i * size + j] as number;
  const vectors = Array.from({ length: size }, (_, j) => Float64Array.from({ length: size }, (_, i) => (i === j ? 1 : 0)));
  const scale = matrix.reduce((sum, value) => sum + value * value, 0);
  for (let sweep = 0; sweep < 50; sweep++) {
    let off = 0;
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) off += at(p, q) ** 2;
    if (off <= 1e-30 * scale) break;
    for (let p = 0; p < size; p++)
      for (let q = p + 1; q < size; q++) {
        if (at(p, q) === 0) continue;
        const theta = (at(q, q) - at(p, p)) / (2 * at(p, q));
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (let i = 0; i < size; i++) {
          const ip = at(i, p);
          const iq = at(i, q);
          matrix[i * size + p] = c * ip - s * iq;
          matrix[i * size + q] = s * ip + c * iq;
        }
        rotate(matrix.subarray(p * size, (p + 1) * size), matrix.subarray(q * size, (q + 1) * size), c, s);
        rotate(vectors[p] as Float64Array, vectors[q] as Float64Array, c, s);
      }
  }
  const order = vectors.map((_, j) => j).sort((a, b) => at(b, b) - at(a, a));
  return { values: Float64Array.from(order, (j) => at(j, j)), vectors: order.map((j) => vectors[j] as Float64Array) };
}

function rotate(p: Float64Array, q: Float64Array, c: number, s: number): void {
  for (let i = 0; i < p.length; i++) {
    const pi = p[i] as number;
    const qi = q[i] as number;
    p[i] = c * pi - s * qi;
    q[i] = s * pi + c * qi;
  }
}
