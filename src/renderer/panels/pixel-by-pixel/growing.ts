import type { Pictures } from '../../../contract/datasets';

/** Pictures of which only the first `values` (rows from the top, pixels from the left, channels last) are there yet, the rest in the colour of `ground`; in red, green and blue. */
export function growing({ count, height, width, channels, pixels }: Pictures, values: number, ground: readonly [number, number, number]): Pictures {
  const [pixelCount, there] = [height * width, Math.floor(values / channels)];
  const shown = new Uint8Array(count * pixelCount * 3);
  for (let p = 0; p < count * pixelCount; p++) {
    const from = p * channels;
    const [red = 0, green = red, blue = red] = channels < 3 ? [pixels[from]] : pixels.subarray(from, from + 3);
    shown.set(p % pixelCount < there ? [red, green, blue] : ground, 3 * p);
  }
  return { count, height, width, channels: 3, pixels: shown };
}
