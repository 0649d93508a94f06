import { engine, type Tensor } from '@tensorflow/tfjs-core';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend';
import type { TensorMetadata, TFEOpAttr, TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding';

export type { NodeJSKernelBackend, TensorMetadata, TFEOpAttr, TFJSBinding };

/** The backend that was loaded, where that is TensorFlow. */
export const tensorflow = (): NodeJSKernelBackend => engine().backend as NodeJSKernelBackend;

/** What the binding knows a tensor by. Values that were only written in JavaScript go to TensorFlow now. */
export const tensorId = (tensor: Tensor): number => (tensorflow() as unknown as { getInputTensorIds(tensors: Tensor[]): number[] }).getInputTensorIds([tensor])[0] ?? -1;

/** A tensor of what the binding returned. */
export const fromBinding = (metadata: TensorMetadata): Tensor => (tensorflow() as unknown as { createOutputTensor(metadata: TensorMetadata): Tensor }).createOutputTensor(metadata);
