import { add, concat, div, fill, log, mean, mul, neg, reshape, slice, softplus, sub, tidy, tile, type Scalar, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { DataShape } from '../../../contract/models';
import { described, type When } from '../../../contract/settings';
import { chain, type Bijector } from '../../bijectors/bijector';
import { dequantise, inverseLogit, logit, quantise } from '../../data/dequantise';
import { standardNormal, sumEvent } from '../../distributions/gaussian';
import { point } from '../../distributions/point';
import type { Batch, GradientModel, Levels, Stage, Terms } from '../../model';
import { activations, type Construction } from '../../nets/dense';
import { under, type Noise } from '../../random/noise';

/** The settings of flows whose layers have nets of dense layers. */
export const netSettings = {
  widths: described(z.array(z.int().min(1).max(4096)).max(8).default([64, 64]), { title: 'Hidden layers', unit: 'units', help: 'Widths of the net in each layer of the flow, first one first.' }),
  activation: described(z.enum(activations).default('relu'), { title: 'Activation', help: 'Of the nets\' hidden layers.' }),
};

/** How many layers a flow has. */
export const layerCount = (standard: number, least = 1, besides = '') => described(z.int().min(least).max(64).default(standard), { title: 'Layers', help: `Layers of the flow, one after another.${besides}` });

/** The setting of flows that see pictures through the logit, with its usual value. */
export const marginSetting = (standard: number, when?: When) =>
  described(z.number().min(1e-6).max(0.4).default(standard), { title: 'Logit margin', ...(when && { when }), help: 'Of pictures, whose grey values y in [0, 1] are seen as logit(m + (1 - 2 m) y) with this m, for which 0 and 1 are finite. The smaller, the further apart black and nearly black are.' });

export interface FlowLayer {
  name: string;
  bijector: Bijector;
  /** Of pictures, where it moves values to other places: the arrays that they are afterwards (see `Stage`). */
  shapes?: NonNullable<Stage['shapes']>;
}

/** What the flow ends in: the distribution of its last variables, independent of each other. */
export interface Base {
  /** `z` `[batch, size]` to `[batch]`, nats. */
  logProb(z: Tensor2D): Tensor1D;
  sample(shape: [number, number], noise: Noise, purpose: string): Tensor2D;
}

export const normalBase: Base = {
  logProb: (z) => standardNormal(...z.shape).logProb(z) as Tensor1D,
  sample: (shape, noise, purpose) => noise.normal(shape, purpose) as Tensor2D,
};

/** The standard logistic, log p = -softplus(z) - softplus(-z) (Dinh, Krueger and Bengio 2014, section 3.4). */
export const logisticBase: Base = {
  logProb: (z) => neg(sumEvent(add(softplus(z), softplus(neg(z))))) as Tensor1D,
  sample(shape, noise, purpose) {
    const u = add(mul(noise.uniform(shape, purpose), 1 - 2e-7), 1e-7);
    return sub(log(u), log(sub(1, u))) as Tensor2D;
  },
};

export interface FlowParts {
  data: DataShape;
  construction: Construction;
  state?: GradientModel['state'];
  /** From the data on; each maps rows `[batch, size]` to rows. */
  layers: readonly FlowLayer[];
  base?: Base;
  /** How pictures get onto the real line: through the logit with this margin, or, at null and without it, by taking one half off. */
  margin?: number | null;
  /** Numbers in each level, the top one first, in the order in which the last variables have them. */
  levels?: readonly number[];
  /** Added to the loss, by its name. */
  penalty?(values: Tensor2D): Terms;
}

export const sizeOf = ({ height, width, channels }: DataShape): number => height * width * channels;

/** Why a flow does not take data of one value. */
export const refuseSingle = (data: DataShape): string | null =>
  sizeOf(data) < 2 ? 'A coupling keeps some of the values to change the others, and these data have a single value: choose a masked autoregressive flow.' : null;

const middle: Noise = { uniform: (shape) => fill(shape, 0.5), normal: (shape) => fill(shape, 0), at: () => middle };

/** What the flow sees of the data, rows of real numbers: a table's own, or a picture's dequantised levels; and the way back. */
export function dataRows(data: DataShape, margin: number | null) {
  const { levels, height, width, channels } = data;
  const size = sizeOf(data);
  const rows = (x: Batch): Tensor2D => reshape(x, [x.shape[0], size]);
  const pictures = (values: Tensor2D): Batch => reshape(values, [values.shape[0], height, width, channels]);
  if (levels === null) return { to: (x: Batch) => ({ values: rows(x), logDet: fill([x.shape[0]], 0) as Tensor1D }), from: pictures };
  return {
    /** Without noise each level lies in the middle of its interval. */
    to(x: Batch, noise: Noise = middle) {
      const uniform = dequantise(x, levels, noise);
      if (margin === null) return { values: rows(sub(uniform.values, 0.5)), logDet: uniform.logDet };
      const real = logit(uniform.values, margin);
      return { values: rows(real.values), logDet: add<Tensor1D>(uniform.logDet, real.logDet) };
    },
    from: (values: Tensor2D): Batch => quantise(margin === null ? add(pictures(values), 0.5) : inverseLogit(pictures(values), margin), levels),
  };
}

/** A flow as a model: layers, a base, and everything that can be asked of them. Codes are the base's variables, as many as there are values. */
export function flowModel({ data, construction, state, layers, base = normalBase, margin = null, levels, penalty }: FlowParts): GradientModel {
  const size = sizeOf(data);
  const whole = chain(layers.map(({ bijector }) => bijector));
  const { to, from } = dataRows(data, margin);
  const logProbRows = (values: Tensor2D): Tensor1D => {
    const { y, logDet } = whole.forward(values);
    return add(base.logProb(y as Tensor2D), logDet);
  };
  const logProb = (x: Batch, noise: Noise): Tensor1D => {
    const { values, logDet } = to(x, noise);
    return add(logProbRows(values), logDet);
  };
  const encode = (x: Batch): Tensor2D => whole.forward(to(x).values).y as Tensor2D;
  const decode = (code: Tensor2D): Batch => from(whole.inverse(code).x as Tensor2D);
  const stages = (x: Batch, noise: Noise): Stage[] => {
    const { values, logDet } = to(x, noise);
    const all: Stage[] = [{ name: 'data', values, logDet, ...(data.kind === 'pictures' && { shapes: [[data.height, data.width, data.channels]] }) }];
    for (const { name, bijector, shapes: moved } of layers) {
      const last = all.at(-1) as Stage;
      const next = bijector.forward(last.values);
      const shapes = last.shapes && (moved ?? last.shapes);
      all.push({ name, values: next.y as Tensor2D, logDet: add(last.logDet, next.logDet), layer: bijector, ...(shapes && { shapes }) });
    }
    return all;
  };
  return {
    parameters: construction.parameters,
    ...(state && { state }),
    latentSize: size,
    unit: 'nats',
    abilities: {
      encode: (x) => point(encode(x)),
      decode: (code) => point(decode(code)),
      sample: ({ count, temperature, noise }) => decode(mul(base.sample([count, size], noise, 'base'), temperature)),
      reconstruct: (x) => decode(encode(x)),
      logProb,
      stages,
      ...(levels && { levels: levelsOf(levels, base, decode) }),
    },
    initialise: (batch, noise) => tidy(() => whole.initialise?.(to(batch, noise).values)),
    objective(x, { noise }) {
      const { values, logDet } = to(x, noise);
      const negativeLogLikelihood = neg<Scalar>(mean(add(logProbRows(values), logDet)));
      const bits: Terms = data.levels === null ? {} : { bitsPerDim: div<Scalar>(negativeLogLikelihood, size * Math.LN2) };
      if (!penalty) return { loss: negativeLogLikelihood, terms: { lossNats: negativeLogLikelihood, ...bits } };
      const penalties = penalty(values);
      const loss = Object.values(penalties).reduce((sum, term) => add(sum, term), negativeLogLikelihood);
      return { loss, terms: { lossNats: loss, likelihoodNats: negativeLogLikelihood, ...penalties, ...bits } };
    },
  };
}

function levelsOf(sizes: readonly number[], base: Base, decode: (code: Tensor2D) => Batch): Levels {
  return {
    sizes,
    sample({ count, temperatures, held, noise, heldNoise }) {
      const parts = sizes.map((size, level) => {
        const purpose = `level-${level}`;
        const draws = level < held ? tile(base.sample([1, size], heldNoise, purpose), [count, 1]) : base.sample([count, size], noise, purpose);
        return mul<Tensor2D>(draws, slice(temperatures, [level], [1]));
      });
      return decode(parts.length === 1 ? (parts[0] as Tensor2D) : concat(parts, 1));
    },
  };
}

/** Where a flow under construction keeps its variables. */
export const constructionOf = (noise: Noise): Construction => ({ parameters: {}, noise: under('initial', noise) });

