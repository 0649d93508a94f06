import { add, concat, div, exp, log, mul, neg, relu, reshape, sigmoid, slice, sub, sum, tanh, tensor, tidy, zeros, type Scalar, type Tensor, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core';
import { sumEvent } from '../distributions/gaussian';
import { convolution, type PictureLayer } from '../nets/convolution';
import { parameter, type Construction } from '../nets/dense';
import { flowConvolutions, zeroConvolution } from '../nets/flow-conv';
import { actnorm } from './actnorm';
import { chain, invert, sameLogDet, zeroLogDet, type Bijector } from './bijector';
import { reverseChannels } from './permute';

// Layers of pictures [batch, height, width, channels].

export type CouplingKind = 'affine' | 'exponential' | 'additive';

const leastScale = 1e-3;

/** Channels from `start`, `size` of them. */
const channels = (x: Tensor, start: number, size: number): Tensor4D => slice(x as Tensor4D, [0, 0, 0, start], [-1, -1, -1, size]);
const join = (...parts: Tensor4D[]): Tensor4D => concat(parts, 3);
const total = (x: Tensor): Tensor1D => sumEvent(x) as Tensor1D;

/**
 * `flowConvolutions` with an activation normalisation before each ReLU in the place of a bias (Kingma and Dhariwal's code): by `initialise` on a batch each hidden unit's
 * sums have mean zero and variance one, and its kink lies amid the data.
 */
function normalisedConvolutions(construction: Construction, name: string, inputs: number, width: number, outputs: number): { net: PictureLayer; initialise(x: Tensor4D): void } {
  const hidden = [
    { part: `${name}/first`, inputs, size: 3 },
    { part: `${name}/second`, inputs: width, size: 1 },
  ].map(({ part, ...options }) => ({ sums: convolution(construction, part, { ...options, outputs: width, bias: false }), normal: actnorm(construction, `${part}/actnorm`, width) }));
  const last = zeroConvolution(construction, `${name}/last`, width, outputs);
  return {
    net: (x) => last(hidden.reduce((value, { sums, normal }) => relu(normal.forward(sums(value)).y as Tensor4D), x)),
    initialise(x) {
      hidden.reduce((value, { sums, normal }) => {
        const before = sums(value);
        normal.initialise?.(before);
        return relu(normal.forward(before).y as Tensor4D);
      }, x);
    },
  };
}

export interface ChannelCouplingOptions {
  /** Channels of the hidden layers of the net. */
  width: number;
  kind: CouplingKind;
  /** Whether the net has activation normalisation inside. */
  normalised?: boolean;
}

/**
 * Coupling of the channels: the first half, the smaller one of an odd number, changes the second to (b + t) s. In the affine kind s = sigmoid(h + 2) (Kingma and Dhariwal's code), which cannot diverge
 * and starts as sigmoid(2); so that the inverse cannot diverge either, s has a floor: it runs from 1e-3 to 1. In the exponential kind s = exp(3 tanh(h / 3)), table 1 of the paper with a bound, which
 * starts as the identity; in the additive kind s = 1.
 */
export function channelCoupling(construction: Construction, name: string, count: number, { width, kind, normalised = false }: ChannelCouplingOptions): Bijector {
  const kept = Math.floor(count / 2);
  const changed = count - kept;
  const size = [kept, width, kind === 'additive' ? changed : 2 * changed] as const;
  const { net, initialise } = normalised ? normalisedConvolutions(construction, name, ...size) : { net: flowConvolutions(construction, name, ...size) };
  const shiftOf = (outputs: Tensor4D): Tensor4D => channels(outputs, 0, changed);
  const scaleOf = (outputs: Tensor4D): { scale: Tensor4D; logScale: Tensor4D } => {
    const h = channels(outputs, changed, changed);
    if (kind === 'exponential') return { scale: exp(boundedLogScale(h)), logScale: boundedLogScale(h) };
    const scale = add<Tensor4D>(mul(sigmoid(add(h, 2)), 1 - leastScale), leastScale);
    return { scale, logScale: log(scale) };
  };
  return {
    forward(x) {
      const [a, b] = [channels(x, 0, kept), channels(x, kept, changed)];
      const outputs = net(a);
      if (kind === 'additive') return { y: join(a, add(b, outputs)), logDet: zeroLogDet(x) };
      const { scale, logScale } = scaleOf(outputs);
      return { y: join(a, mul(add(b, shiftOf(outputs)), scale)), logDet: total(logScale) };
    },
    inverse(y) {
      const [a, b] = [channels(y, 0, kept), channels(y, kept, changed)];
      const outputs = net(a);
      if (kind === 'additive') return { x: join(a, sub(b, outputs)), logDet: zeroLogDet(y) };
      const { scale, logScale } = scaleOf(outputs);
      return { x: join(a, sub(div(b, scale), shiftOf(outputs))), logDet: neg(total(logScale)) };
    },
    ...(initialise && { initialise: (x: Tensor) => tidy(() => initialise(channels(x, 0, kept))) }),
  };
}

/** The channel coupling with the halves' roles exchanged. */
export const flippedChannelCoupling = (construction: Construction, name: string, count: number, options: ChannelCouplingOptions): Bijector =>
  chain([reverseChannels, channelCoupling(construction, name, count, options), reverseChannels]);

/**
 * Affine coupling by a mask of ones and zeros in a checkerboard (Dinh, Sohl-Dickstein and Bengio 2017, equation 9): the pixels at ones are kept and change the others, with log-scales
 * s = c tanh(o) for an output o of the net and a learned c for each channel. It starts as the identity.
 */
export function checkerboardCoupling(construction: Construction, name: string, [height, columns, count]: readonly [number, number, number], { width, odd }: { width: number; odd: boolean }): Bijector {
  const net: PictureLayer = flowConvolutions(construction, name, count, width, 2 * count);
  const limit = parameter(construction, `${name}/limit`, () => add(zeros([count]), 1));
  const mask = (): Tensor => tensor(Array.from({ length: height * columns }, (_, i) => (Math.floor(i / columns) + (i % columns) + (odd ? 1 : 0)) % 2), [1, height, columns, 1]);
  const parameters = (x: Tensor) => {
    const kept = mask();
    const outputs = net(mul<Tensor4D>(x, kept));
    const others = sub(1, kept);
    return { logScale: mul(others, mul(limit, tanh(channels(outputs, count, count)))), shift: mul(others, channels(outputs, 0, count)) };
  };
  return {
    forward(x) {
      const { logScale, shift } = parameters(x);
      return { y: add(mul(x, exp(logScale)), shift), logDet: total(logScale) };
    },
    inverse(y) {
      const { logScale, shift } = parameters(y);
      return { x: mul(sub(y, shift), exp(neg(logScale))), logDet: neg(total(logScale)) };
    },
  };
}

/**
 * Standardises the second half of the channels by a mean and a log-scale that are functions of the first half (Kingma and Dhariwal's code): with a standard normal base
 * it gives the part that leaves the flow there a learned prior given the part that goes on. It starts as the identity.
 */
export function conditionalPrior(construction: Construction, name: string, count: number): Bijector {
  const on = Math.ceil(count / 2);
  const out = count - on;
  const net = zeroConvolution(construction, name, on, 2 * out);
  // In the direction of sampling: mean + exp(s) eps.
  return invert({
    forward(eps) {
      const [a, e] = [channels(eps, 0, on), channels(eps, on, out)];
      const outputs = net(a);
      const logScale = boundedLogScale(channels(outputs, out, out));
      return { y: join(a, add(mul(e, exp(logScale)), channels(outputs, 0, out))), logDet: total(logScale) };
    },
    inverse(z) {
      const [a, b] = [channels(z, 0, on), channels(z, on, out)];
      const outputs = net(a);
      const logScale = boundedLogScale(channels(outputs, out, out));
      return { x: join(a, mul(sub(b, channels(outputs, 0, out)), exp(neg(logScale)))), logDet: neg(total(logScale)) };
    },
  });
}

const boundedLogScale = (s: Tensor4D): Tensor4D => mul(tanh(div(s, 3)), 3);

/** Standardises each channel by a learned mean and log-scale, starting as the identity: with a standard normal base, the learned prior of the last level (Kingma and Dhariwal's code). */
export function topPrior(construction: Construction, name: string, count: number): Bijector {
  const mean = parameter(construction, `${name}/mean`, () => zeros([count]));
  const logScale = parameter(construction, `${name}/log-scale`, () => zeros([count]));
  const logDet = (x: Tensor): Scalar => mul(sum<Scalar>(logScale), -x.size / (x.shape[0] ?? 1) / count);
  return {
    forward: (x) => ({ y: mul(sub(x, mean), exp(neg(logScale))), logDet: sameLogDet(x, logDet(x)) }),
    inverse: (y) => ({ x: add(mul(y, exp(logScale)), mean), logDet: sameLogDet(y, neg(logDet(y))) }),
  };
}

/** How the channels part: those that go on come first. */
export const goingOn = (count: number): number => Math.ceil(count / 2);

/** Of pictures of `shape`: rows whose first numbers are the channels that go on, the others following. */
export function parted([height, width, count]: readonly [number, number, number]): { bijector: Bijector; on: [number, number, number]; out: number } {
  const on = goingOn(count);
  const pixels = height * width;
  return {
    on: [height, width, on],
    out: pixels * (count - on),
    bijector: {
      forward: (x) => ({ y: concat([channels(x, 0, on).reshape([-1, pixels * on]), channels(x, on, count - on).reshape([-1, pixels * (count - on)])], 1), logDet: zeroLogDet(x) }),
      inverse(y) {
        const rows = reshape(y, [-1, pixels * count]);
        const [first, second] = [slice(rows, [0, 0], [-1, pixels * on]), slice(rows, [0, pixels * on])];
        return { x: join(reshape(first, [-1, height, width, on]), reshape(second, [-1, height, width, count - on])), logDet: zeroLogDet(y) };
      },
    },
  };
}
