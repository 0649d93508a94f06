import { abs, add, cast, clipByValue, concat, cumsum, div, fill, greaterEqual, log, mul, neg, ones, relu, reshape, slice, softmax, softplus, sqrt, square, sub, sum, tidy, where, zerosLike, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Construction } from '../nets/dense';
import { flowMlp, spreadKinks } from '../nets/flow-mlp';
import type { Bijector } from './bijector';
import { halves, type CouplingOptions } from './coupling';

/** Least width and height of a bin, as a share of the box, and least slope at a knot. */
const least = 1e-3;

/** Of the bin that a value is in, each the shape of the values: its left end and width, lower end and height, and the slopes at both ends. */
interface Bin {
  left: Tensor;
  width: Tensor;
  lower: Tensor;
  height: Tensor;
  slope: Tensor;
  nextSlope: Tensor;
}

/** Knots along one axis, `[..., bins + 1]` from -bound to bound, from `[..., bins]` unbounded numbers. */
function knots(raw: Tensor, bound: number): { starts: Tensor; sizes: Tensor } {
  const bins = raw.shape.at(-1) ?? 0;
  const sizes = mul(add(mul(softmax(raw), 1 - least * bins), least), 2 * bound);
  return { starts: sub(cumsum(sizes, 2, true), bound), sizes };
}

/**
 * A monotone rational-quadratic spline on [-bound, bound] for each value, the identity outside (Durkan, Bekasov, Murray and Papamakarios 2019, equations 4 to 8).
 * @param raw `[batch, values, 3 bins - 1]`, unbounded; zeros give the identity
 */
function spline(raw: Tensor, bins: number, bound: number) {
  const part = (start: number, size: number): Tensor => slice(raw, [0, 0, start], [-1, -1, size]);
  const x = knots(part(0, bins), bound);
  const y = knots(part(bins, bins), bound);
  const inner = add(softplus(add(part(2 * bins, bins - 1), Math.log(Math.expm1(1 - least)))), least);
  const [batch = 0, values = 0] = raw.shape;
  const end = ones([batch, values, 1]);
  const slopes = concat([end, inner], 2);
  const nextSlopes = concat([inner, end], 2);
  /** What the bin of `value` has, by a mask over the bins in place of an index. */
  const binOf = (value: Tensor, axis: { starts: Tensor }): Bin => {
    const reached = cast(greaterEqual(reshape(value, [batch, values, 1]), axis.starts), 'float32');
    const passed = concat([slice(reached, [0, 0, 1], [-1, -1, bins - 1]), fill([batch, values, 1], 0)], 2);
    const here = sub(reached, passed);
    const pick = (all: Tensor): Tensor => sum(mul(here, all), 2);
    return { left: pick(x.starts), width: pick(x.sizes), lower: pick(y.starts), height: pick(y.sizes), slope: pick(slopes), nextSlope: pick(nextSlopes) };
  };
  /** Equations 4 and 5 at the share `t` of the bin's width, and the logarithm of the slope there. */
  const evaluate = ({ lower, width, height, slope, nextSlope }: Bin, t: Tensor): { value: Tensor; logSlope: Tensor } => {
    const s = div(height, width);
    const between = mul(t, sub(1, t));
    const denominator = add(s, mul(sub(add(slope, nextSlope), mul(s, 2)), between));
    const value = add(lower, div(mul(height, add(mul(s, square(t)), mul(slope, between))), denominator));
    const numerator = mul(square(s), add(add(mul(nextSlope, square(t)), mul(mul(s, 2), between)), mul(slope, square(sub(1, t)))));
    return { value, logSlope: sub(log(numerator), mul(log(denominator), 2)) };
  };
  const within = (value: Tensor) => greaterEqual(bound, abs(value));
  return {
    forward(value: Tensor): { value: Tensor; logSlope: Tensor } {
      const inside = within(value);
      const safe = where(inside, value, zerosLike(value));
      const bin = binOf(safe, x);
      const at = evaluate(bin, clipByValue(div(sub(safe, bin.left), bin.width), 0, 1));
      return { value: where(inside, at.value, value), logSlope: where(inside, at.logSlope, zerosLike(value)) };
    },
    inverse(value: Tensor): { value: Tensor; logSlope: Tensor } {
      const inside = within(value);
      const safe = where(inside, value, zerosLike(value));
      const bin = binOf(safe, y);
      const s = div(bin.height, bin.width);
      const above = sub(safe, bin.lower);
      const bend = sub(add(bin.slope, bin.nextSlope), mul(s, 2));
      // Equations 6 to 8: a t^2 + b t + c = 0. Where slopes are nearly zero its discriminant may be rounded below zero, and t beyond the bin.
      const a = add(mul(bin.height, sub(s, bin.slope)), mul(above, bend));
      const b = sub(mul(bin.height, bin.slope), mul(above, bend));
      const c = neg(mul(s, above));
      const t = clipByValue(div(mul(c, 2), sub(neg(b), sqrt(relu(sub(square(b), mul(mul(a, c), 4)))))), 0, 1);
      const { logSlope } = evaluate(bin, t);
      return { value: where(inside, add(bin.left, mul(t, bin.width)), value), logSlope: where(inside, neg(logSlope), zerosLike(value)) };
    },
  };
}

/** Coupling by a spline for each changed value of rows `[batch, size]`, whose knots are a function of the kept half. It starts as the identity; `initialise` spreads the kinks of its net's units over the data. */
export function splineCoupling(construction: Construction, name: string, size: number, { widths, activation, flip, bins, bound }: CouplingOptions & { bins: number; bound: number }): Bijector {
  const { kept, changed, split, join } = halves(size, flip);
  const net = flowMlp(construction, name, kept, widths, activation, changed * (3 * bins - 1));
  const splineOf = (a: Tensor2D) => spline(reshape(net(a), [a.shape[0], changed, 3 * bins - 1]), bins, bound);
  return {
    forward(x) {
      const { kept: a, changed: b } = split(x);
      const { value, logSlope } = splineOf(a).forward(b);
      return { y: join(a, value as Tensor2D), logDet: sum<Tensor1D>(logSlope, 1) };
    },
    inverse(y) {
      const { kept: a, changed: b } = split(y);
      const { value, logSlope } = splineOf(a).inverse(b);
      return { x: join(a, value as Tensor2D), logDet: sum<Tensor1D>(logSlope, 1) };
    },
    initialise: (x) => tidy(() => spreadKinks(construction, name, widths.length, activation, split(x).kept)),
  };
}
