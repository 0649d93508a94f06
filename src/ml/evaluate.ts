import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Binarisation } from '../contract/experiment';
import type { Evaluation } from '../contract/runs';
import type { Model } from './model';
import type { Noise } from './random/noise';

/** An evaluation before it is known of which split, protocol and step it is. */
export type Measure = Omit<Evaluation, 'split' | 'protocol' | 'step'>;

export interface EvaluationRequest {
  model: Model;
  /** A split in pieces, each disposed of after use; see `chunksOf`. Under `dynamic` these are grey values, drawn from here. */
  chunks: Iterable<Tensor4D>;
  binarisation: Binarisation;
  /** Chunk c is evaluated with the noise of step c, under purposes of its own: the same noise at every step of a run. */
  noise: Noise;
}

export declare function chunksOf(data: Tensor4D, rows?: number): Generator<Tensor4D>;
export declare function evaluateModel(request: EvaluationRequest): Measure[];
/** Means of the objective's terms over the examples: a point of the held-out curves. For a fitted model its squared error. */
export declare function evaluateTerms(request: EvaluationRequest): Record<string, number>;
