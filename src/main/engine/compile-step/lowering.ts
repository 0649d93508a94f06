/** How a compiled step is run: by TensorFlow's kernels, or compiled into one by XLA. */
export type Lowering = 'graph' | 'xla';

/** XLA has to be faster by a twentieth: a difference under it is within the noise of a machine. */
export const xlaPays = (graphMs: number, xlaMs: number): boolean => xlaMs < 0.95 * graphMs;
