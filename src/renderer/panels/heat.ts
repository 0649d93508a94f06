import type { Pictures } from '../../contract/datasets';

type Colour = readonly [number, number, number];

/** One value for each of a picture's values as colours of a ramp that ends at `most`: the mean over a pixel's channels. */
export function heatPictures({ count, height, width, channels }: Pictures, values: Float32Array, most: number, ramp: readonly Colour[]): Pictures {
  const pixelCount = count * height * width;
  const means = Float32Array.from({ length: pixelCount }, (_, p) => values.subarray(p * channels, (p + 1) * channels).reduce((sum, value) => sum + value, 0) / channels);
  const pixels = new Uint8Array(pixelCount * 3);
  means.forEach((value, p) => pixels.set(colourAt(ramp, value / most), 3 * p));
  return { count, height, width, channels: 3, pixels };
}

function colourAt(ramp: readonly Colour[], part: number): Colour {
  const at = Math.min(1, Math.max(0, part)) * (ramp.length - 1);
  const low = Math.min(ramp.length - 2, Math.floor(at));
  const [a, b] = [ramp[low] ?? [0, 0, 0], ramp[low + 1] ?? [0, 0, 0]];
  const mix = (channel: 0 | 1 | 2): number => Math.round(a[channel] + (at - low) * (b[channel] - a[channel]));
  return [mix(0), mix(1), mix(2)];
}
