import { scalar, tidy, type Scalar, type Tensor } from '@tensorflow/tfjs-core';

/** The loop's state after `count` times `body`: new tensors of the same shapes and types, given the int32 count of the times before. */
export type LoopRunner = (count: number, state: readonly Tensor[], body: LoopBody) => Tensor[];

/**
 * One turn: tensors all the way, no number on the host that depends on `i`, so that a recorder can make one loop of the graph of all turns.
 * What it takes from outside of `state` stays the same from turn to turn. It may itself contain a loop.
 */
export type LoopBody = (i: Scalar, state: readonly Tensor[]) => Tensor[];

let runner: LoopRunner | undefined;

/** Has every loop run by `next` (a recorder's, while it records), or turn by turn when there is none. */
export const setLoopRunner = (next: LoopRunner | undefined): void => {
  runner = next;
};

/** Runs `body` `count` times from `state`, inside the caller's `tidy`. */
export const loop: LoopRunner = (count, state, body) => (runner ?? turnByTurn)(count, state, body);

export const turnByTurn: LoopRunner = (count, state, body) => {
  let current = [...state];
  for (let i = 0; i < count; i++) {
    const next = tidy(() => body(scalar(i, 'int32'), current));
    current.forEach((tensor) => {
      if (!next.includes(tensor) && !state.includes(tensor)) tensor.dispose();
    });
    current = next;
  }
  return current;
};
