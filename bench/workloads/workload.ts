import type { Scalar, Tensor } from '@tensorflow/tfjs-core';

/** Tensors by name: parameters and constants of a model, or the noise of a step. */
export type Values = Record<string, Tensor>;

export interface ParameterSpec {
  shape: number[];
  /** Starts uniform in [-bound, bound]; 0 for zeros. */
  bound: number;
}

export interface NoiseSpec {
  kind: 'normal' | 'uniform';
  shape: number[];
}

/** A model and its objective, written out so that other libraries can be given the same work: docs/performance.md has the layer lists. */
export interface Workload {
  id: string;
  title: string;
  batch: number;
  /** Shape of one example; images `[height, width, channels]`. */
  example: number[];
  /** `binary` and `unit` lie in [0, 1], `grey` are multiples of 1/256, `moons` are points of the plane. */
  data: 'binary' | 'unit' | 'grey' | 'moons';
  parameters: Record<string, ParameterSpec>;
  /** What is not trained; the same in every library. */
  constants: () => Values;
  /** What a step draws, by purpose. */
  noise: Record<string, NoiseSpec>;
  /** @param values parameters and constants @param x `[batch, ...example]` @returns nats per example */
  loss: (values: Values, x: Tensor, noise: Values) => Scalar;
  /** What the sampling rows time; absent where there is none. */
  sample?: Sampling;
}

export interface Sampling {
  title: string;
  noise: Record<string, NoiseSpec>;
  /** Whether the noise is given, as the codes of a grid are, instead of drawn in every call. */
  given: boolean;
  /** @returns what was generated, pixels in [0, 1] */
  run: (values: Values, noise: Values) => Tensor;
}

/** The tensor of that name. @throws Error (a bug) when there is none */
export function pick(values: Values, name: string): Tensor {
  const found = values[name];
  if (!found) throw new Error(`There is no tensor ${name}.`);
  return found;
}
