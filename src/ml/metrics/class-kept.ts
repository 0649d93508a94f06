import type { Tensor4D } from '@tensorflow/tfjs-core';

/** A k-nearest-neighbour classifier over labelled pictures (Euclidean distance; a tied vote goes to the nearest of the tied). */
export interface Classifier {
  /** `5 nearest of 1,000 training images`. */
  name: string;
  /** The label of each picture `[batch, height, width, channels]`. */
  classify(pictures: Tensor4D): Uint16Array;
  dispose(): void;
}

/** Which outputs keep the class of their inputs, 0 or 1 each, and the share that does. */
export interface ClassKept {
  kept: Uint8Array;
  share: number;
}

export declare function nearestNeighbours(pictures: Tensor4D, labels: Uint16Array, neighbours?: number): Classifier;
export declare function classKept(classifier: Classifier, outputs: Tensor4D, labels: Uint16Array): ClassKept;
