import type { ComputeInfo } from '../../../contract/runs';

export type Backend = ComputeInfo['backend'];

export interface LoadedBackend extends Omit<ComputeInfo, 'lowering'> {
  /** Why it is not TensorFlow, in a sentence; null when it is, or when WebAssembly was asked for. */
  why: string | null;
}

export declare function loadBackend(wanted?: Backend): Promise<LoadedBackend>;
