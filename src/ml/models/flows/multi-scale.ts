import type { DataShape } from '../../../contract/models';
import { chain, onFirst, type Bijector } from '../../bijectors/bijector';
import { squeeze } from '../../bijectors/permute';
import { parted } from '../../bijectors/picture-layers';
import type { FlowLayer } from './flow-model';

export type PictureShape = [number, number, number];

export interface ScaleParts {
  /** Before the squeeze, if any. */
  before?(level: number, shape: PictureShape): FlowLayer[];
  /** After the squeeze. */
  steps(level: number, shape: PictureShape, last: boolean): FlowLayer[];
  /** After the steps, on the channels that part. */
  split?(level: number, shape: PictureShape): Bijector;
}

/**
 * The multi-scale architecture (Dinh, Sohl-Dickstein and Bengio 2017, section 3.6): at each level pixels become channels, the level's steps follow, and half of the channels
 * leave the flow, except at the last level. Layers of rows, whose last variables are those of the last level first.
 */
export function multiScale({ height, width, channels }: DataShape, levels: number, parts: ScaleParts): { layers: FlowLayer[]; sizes: number[] } {
  let shape: PictureShape = [height, width, channels];
  const layers: FlowLayer[] = [];
  const sizes: number[] = [];
  const left: PictureShape[] = [];
  const lift = ({ name, bijector }: FlowLayer): FlowLayer => ({ name, bijector: onFirst(shape, bijector) });
  for (let level = 1; level <= levels; level++) {
    const last = level === levels;
    layers.push(...(parts.before?.(level, shape) ?? []).map(lift));
    const squeezed = squeeze(shape);
    layers.push({ ...lift({ name: `level ${level}: pixels to channels`, bijector: squeezed.bijector }), shapes: [squeezed.shape, ...left] });
    shape = squeezed.shape;
    layers.push(...parts.steps(level, shape, last).map(lift));
    if (last) break;
    const { bijector, on, out } = parted(shape);
    const prior = parts.split?.(level, shape);
    left.unshift([shape[0], shape[1], shape[2] - on[2]]);
    layers.push({ ...lift({ name: `level ${level}: half leaves`, bijector: prior ? chain([prior, bijector]) : bijector }), shapes: [on, ...left] });
    sizes.unshift(out);
    shape = on;
  }
  return { layers, sizes: [shape[0] * shape[1] * shape[2], ...sizes] };
}

/** Why pictures do not fit `levels` levels: each needs two channels at least after its squeeze. */
export function refuseShape({ kind, height, width, channels }: DataShape, levels: number): string | null {
  if (kind === 'table') return 'The columns of a table have no neighbours: choose RealNVP or a masked autoregressive flow.';
  let shape: PictureShape = [height, width, channels];
  for (let level = 1; level <= levels; level++) {
    const before = shape;
    shape = squeeze(shape).shape;
    if (shape.join() === before.join() && level > 1) return `After ${level - 1} levels the pictures are ${before[0]} by ${before[1]}, which cannot be halved again: choose ${level - 1} levels.`;
    if (shape[2] < 2) return `Pictures of ${height} by ${width} with one channel have no side to halve: crop or resize them to an even size.`;
    if (level < levels) shape = [shape[0], shape[1], Math.ceil(shape[2] / 2)];
  }
  return null;
}
