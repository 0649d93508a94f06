/** Pictures of any number of channels: row-major, `n x height x width x channels`. */
export interface Pixels {
  values: Float32Array;
  height: number;
  width: number;
  channels: number;
}

/** Means over squares of `by` x `by` pixels, of what there is of them at the right and lower edge: `n x ceil(height / by) x ceil(width / by) x channels`. */
export function pooled({ values, height, width, channels }: Pixels, by: number): Float32Array {
  if (by === 1) return values;
  const n = values.length / height / width / channels;
  const [rows, columns] = [Math.ceil(height / by), Math.ceil(width / by)];
  const means = new Float32Array(n * rows * columns * channels);
  for (let at = 0; at < values.length; at += 1) {
    const channel = at % channels;
    const x = Math.floor(at / channels) % width;
    const y = Math.floor(at / channels / width) % height;
    const picture = Math.floor(at / channels / width / height);
    const [row, column] = [Math.floor(y / by), Math.floor(x / by)];
    const pixels = Math.min(by, height - row * by) * Math.min(by, width - column * by);
    const to = ((picture * rows + row) * columns + column) * channels + channel;
    means[to] = (means[to] as number) + (values[at] as number) / pixels;
  }
  return means;
}

/** The smallest side of squares to average over so that at most `most` values are left; a whole picture where no square is enough. */
export function poolingFor({ height, width, channels }: Omit<Pixels, 'values'>, most: number): number {
  let by = 1;
  while (Math.ceil(height / by) * Math.ceil(width / by) * channels > most && by < Math.max(height, width)) by += 1;
  return by;
}
