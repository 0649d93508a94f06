/** Pictures of one channel: row-major, `n x height x width`. */
export interface Greys {
  values: ArrayLike<number>;
  height: number;
  width: number;
}

/** The variance of the Laplacian (4 neighbours) inside each picture: small where it is blurred. */
export function sharpness({ values, height, width }: Greys): Float64Array {
  const size = height * width;
  return Float64Array.from({ length: values.length / size }, (_, n) => {
    let sum = 0;
    let squares = 0;
    for (let y = 1; y < height - 1; y += 1)
      for (let x = 1; x < width - 1; x += 1) {
        const at = n * size + y * width + x;
        const laplacian = (values[at - 1] as number) + (values[at + 1] as number) + (values[at - width] as number) + (values[at + width] as number) - 4 * (values[at] as number);
        sum += laplacian;
        squares += laplacian * laplacian;
      }
    const count = (height - 2) * (width - 2);
    return squares / count - (sum / count) ** 2;
  });
}

/**
 * The mean power of the pictures' Fourier coefficients by the distance of the frequency from zero, in cycles a picture, rounded (0 to half the
 * smaller side). A blurred picture lacks the last ones.
 */
export function spectrum({ values, height, width }: Greys): Float64Array {
  const size = height * width;
  const n = values.length / size;
  const rings = Math.floor(Math.min(height, width) / 2) + 1;
  const power = new Float64Array(rings);
  const counts = new Float64Array(rings);
  // Columns first, then rows: O(size (height + width)) each.
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  const turns = (length: number) => Array.from({ length }, (_, i) => [Math.cos((2 * Math.PI * i) / length), -Math.sin((2 * Math.PI * i) / length)] as const);
  const [down, across] = [turns(height), turns(width)];
  for (let picture = 0; picture < n; picture += 1) {
    for (let v = 0; v < height; v += 1)
      for (let x = 0; x < width; x += 1) {
        let [real, imaginary] = [0, 0];
        for (let y = 0; y < height; y += 1) {
          const value = values[picture * size + y * width + x] as number;
          const [cos, sin] = down[(v * y) % height] ?? [0, 0];
          real += value * cos;
          imaginary += value * sin;
        }
        re[v * width + x] = real;
        im[v * width + x] = imaginary;
      }
    for (let v = 0; v < height; v += 1)
      for (let u = 0; u < width; u += 1) {
        const ring = Math.round(Math.hypot(Math.min(v, height - v), Math.min(u, width - u)));
        if (ring >= rings) continue;
        let [real, imaginary] = [0, 0];
        for (let x = 0; x < width; x += 1) {
          const [cos, sin] = across[(u * x) % width] ?? [0, 0];
          real += (re[v * width + x] as number) * cos - (im[v * width + x] as number) * sin;
          imaginary += (re[v * width + x] as number) * sin + (im[v * width + x] as number) * cos;
        }
        power[ring] = (power[ring] as number) + (real * real + imaginary * imaginary) / size;
        counts[ring] = (counts[ring] as number) + 1;
      }
  }
  return power.map((sum, ring) => sum / (counts[ring] || 1));
}
