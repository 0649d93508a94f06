import {
  broadcastTo,
  eye,
  getBackend,
  getGradient,
  getKernel,
  mul,
  neg,
  registerGradient,
  registerKernel,
  reshape,
  scalar,
  sum,
  tensor1d,
  unregisterGradient,
  unregisterKernel,
  util,
  type GradFunc,
  type KernelConfig,
  type NamedAttrMap,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { unitTriangularInverseKernel } from '../../../ml/inverse';
import { adamUpdate } from '../../../ml/optimizers/adam';
import { philoxNormal, philoxUniform } from '../../../ml/random/noise';
import { tensorflow, type TFEOpAttr } from './tensorflow';

// What tfjs-node computes by way of a slower op, or with several ops where TensorFlow has one. An eager training step of a
// multilayer perceptron takes about half the time with this file.

const run = (op: string, attributes: TFEOpAttr[], inputs: TensorInfo[]): Tensor => tensorflow().executeSingleOutput(op, attributes, inputs);

const typeAttribute = (name: string, dtype: 'float32' | 'int32'): TFEOpAttr => ({ name, type: tensorflow().binding.TF_ATTR_TYPE, value: tensorflow().getDTypeInteger(dtype) });
const flag = (name: string, value: boolean): TFEOpAttr => ({ name, type: tensorflow().binding.TF_ATTR_BOOL, value });
const float = (): TFEOpAttr => typeAttribute('T', 'float32');

/** Called once, after the backend was loaded; a second call changes nothing. */
export function registerTensorFlowKernels(): void {
  if (getKernel(philoxUniform, 'tensorflow')) return;
  registerNoise();
  multiplyMatricesByMatMul();
  convolvePixelsByMatMul();
  gatherOnTheDevice();
  nameTypesOfExpandDims();
  updateByOneAdam();
  invertTriangles();
  registerGradients();
}

/** TensorFlow's own Philox ops; the seed stays on the device. */
function registerNoise(): void {
  for (const [kernelName, op] of [
    [philoxUniform, 'StatelessRandomUniform'],
    [philoxNormal, 'StatelessRandomNormal'],
  ] as const)
    registerKernel({
      kernelName,
      backendName: 'tensorflow',
      kernelFunc: ({ inputs, attrs }) => {
        const shape = tensor1d(attrs?.shape as number[], 'int32');
        const draw = run(op, [typeAttribute('dtype', 'float32'), typeAttribute('T', 'int32'), typeAttribute('Tseed', 'int32')], [shape, inputs.seed as TensorInfo]);
        shape.dispose();
        return draw;
      },
    });
}

function override(kernelName: string, kernelFunc: (args: { inputs: Record<string, TensorInfo>; attrs: NamedAttrMap }, original: () => TensorInfo) => TensorInfo): void {
  const original = getKernel(kernelName, 'tensorflow');
  unregisterKernel(kernelName, 'tensorflow');
  registerKernel({
    ...original,
    kernelFunc: (args) => kernelFunc({ inputs: args.inputs as Record<string, TensorInfo>, attrs: args.attrs ?? {} }, () => original.kernelFunc(args) as TensorInfo),
  } as KernelConfig);
}

/** tfjs multiplies matrices by BatchMatMulV2, which takes two to three times as long as MatMul. */
function multiplyMatricesByMatMul(): void {
  override('BatchMatMul', ({ inputs: { a, b }, attrs }, original) =>
    a?.shape.length === 2 && b?.shape.length === 2 && a.dtype === 'float32'
      ? run('MatMul', [float(), flag('transpose_a', attrs.transposeA === true), flag('transpose_b', attrs.transposeB === true)], [a, b])
      : original(),
  );
}

/** A convolution of stride 1 with a 1 x 1 kernel is a product of pixels and a matrix, and so are its gradients; as convolutions they take longer. */
function convolvePixelsByMatMul(): void {
  const pointwise = ([height, width]: number[], { strides, pad, dataFormat }: NamedAttrMap): boolean =>
    height === 1 && width === 1 && [strides].flat().every((stride) => stride === 1) && (pad === 'same' || pad === 'valid' || pad === 0) && dataFormat === 'NHWC';
  const shaped = (x: TensorInfo, shape: number[]): Tensor => {
    const to = tensor1d(shape, 'int32');
    const y = run('Reshape', [typeAttribute('T', 'float32'), typeAttribute('Tshape', 'int32')], [x, to]);
    to.dispose();
    return y;
  };
  const asMatrix = (x: TensorInfo): Tensor => shaped(x, [-1, x.shape.at(-1) ?? 1]);
  const product = (a: TensorInfo, b: TensorInfo, shape: number[], { left = false, right = false } = {}): Tensor => {
    const [rows, columns] = [asMatrix(a), asMatrix(b)];
    const flat = run('MatMul', [float(), flag('transpose_a', left), flag('transpose_b', right)], [rows, columns]);
    const y = shaped(flat, shape);
    [rows, columns, flat].forEach((used) => used.dispose());
    return y;
  };
  override('Conv2D', ({ inputs, attrs }, original) => {
    const { x, filter } = inputs as Record<'x' | 'filter', TensorInfo>;
    return pointwise(filter.shape, attrs) ? product(x, filter, [...x.shape.slice(0, 3), filter.shape[3] ?? 1]) : original();
  });
  override('Conv2DBackpropInput', ({ inputs, attrs }, original) => {
    const { dy, filter } = inputs as Record<'dy' | 'filter', TensorInfo>;
    return pointwise(filter.shape, attrs) ? product(dy, filter, attrs.inputShape as number[], { right: true }) : original();
  });
  override('Conv2DBackpropFilter', ({ inputs, attrs }, original) => {
    const { x, dy } = inputs as Record<'x' | 'dy', TensorInfo>;
    const shape = attrs.filterShape as number[];
    return pointwise(shape, attrs) ? product(x, dy, shape, { left: true }) : original();
  });
}

/** tfjs leaves out the types, which the eager interface infers but a graph has to have. */
function nameTypesOfExpandDims(): void {
  override('ExpandDims', ({ inputs: { input }, attrs }, original) => {
    if (!input || (input.dtype !== 'float32' && input.dtype !== 'int32')) return original();
    const axis = scalar(attrs.dim as number, 'int32');
    const expanded = run('ExpandDims', [typeAttribute('T', input.dtype), typeAttribute('Tdim', 'int32')], [input, axis]);
    axis.dispose();
    return expanded;
  });
}

/** tfjs reads the indices back to check them. TensorFlow checks them itself on the CPU, and on a GPU gives zeros for those out of range. */
function gatherOnTheDevice(): void {
  override('GatherV2', ({ inputs: { x, indices }, attrs }, original) => {
    if (!x || !indices || x.dtype !== 'float32' || attrs.batchDims !== 0) return original();
    const axis = scalar(attrs.axis as number, 'int32');
    const rows = run('GatherV2', [typeAttribute('Tparams', 'float32'), typeAttribute('Tindices', 'int32'), typeAttribute('Taxis', 'int32')], [x, indices, axis]);
    axis.dispose();
    return rows;
  });
}

/**
 * TensorFlow's fused Adam works on resource variables, which tfjs lacks: the tensors are put into anonymous ones for the length of the
 * update. Elementary operations take more than twice as long.
 */
function updateByOneAdam(): void {
  const text = (name: string, value: string): TFEOpAttr => ({ name, type: tensorflow().binding.TF_ATTR_STRING, value });
  const dtype = (): TFEOpAttr => typeAttribute('dtype', 'float32');
  const into = (x: TensorInfo): Tensor => {
    const shape = { name: 'shape', type: tensorflow().binding.TF_ATTR_SHAPE, value: x.shape };
    const held = run('VarHandleOp', [text('container', ''), text('shared_name', anonymous), dtype(), shape], []);
    tensorflow().executeMultipleOutputs('AssignVariableOp', [dtype()], [held, x], 0);
    return held;
  };
  registerKernel({
    kernelName: adamUpdate,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs }) => {
      const { parameter, first, second, gradient, power1, power2, learningRate, beta1, beta2, epsilon } = inputs as Record<string, TensorInfo>;
      const held = ([parameter, first, second] as TensorInfo[]).map(into);
      const rest = [power1, power2, learningRate, beta1, beta2, epsilon, gradient] as TensorInfo[];
      tensorflow().executeMultipleOutputs('ResourceApplyAdam', [float(), flag('use_locking', false), flag('use_nesterov', false)], [...held, ...rest], 0);
      const updated = held.map((variable) => run('ReadVariableOp', [dtype()], [variable]));
      held.forEach((variable) => variable.dispose());
      return updated;
    },
  });
}

/** The name by which TensorFlow makes a variable that lives as long as its handle (ResourceHandle::ANONYMOUS_NAME). */
const anonymous = 'cd2c89b7-88b7-44c8-ad83-06c2a9158347';

/** By a solver, where elementary operations are dozens for each row. The diagonal of ones is one that the solver takes. */
function invertTriangles(): void {
  registerKernel({
    kernelName: unitTriangularInverseKernel,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs }) => {
      const matrix = inputs.matrix as TensorInfo;
      const identity = eye(matrix.shape[0] ?? 0);
      const inverse = run('MatrixTriangularSolve', [float(), flag('lower', attrs?.lower === true), flag('adjoint', false)], [matrix, identity]);
      identity.dispose();
      return inverse;
    },
  });
}

/** Replaces the gradient of a kernel on this backend; what it saves stays the same. */
function gradient(kernelName: string, gradFunc: GradFunc): void {
  const original = getGradient(kernelName);
  unregisterGradient(kernelName);
  registerGradient({
    ...original,
    gradFunc: (dy, saved, attrs) => (getBackend() === 'tensorflow' ? gradFunc : original.gradFunc)(dy, saved, attrs),
  });
}

function registerGradients(): void {
  // One op each. ReluGrad and SoftplusGrad take (dy, x), EluGrad (dy, y), the other two (y, dy).
  const one = (kernelName: string, op: string, savedFirst = false): void =>
    gradient(kernelName, (dy, saved) => ({ x: () => run(op, [float()], savedFirst ? [saved[0] as Tensor, dy as Tensor] : [dy as Tensor, saved[0] as Tensor]) }));
  one('Relu', 'ReluGrad');
  one('Softplus', 'SoftplusGrad');
  one('Elu', 'EluGrad');
  one('Tanh', 'TanhGrad', true);
  one('Sigmoid', 'SigmoidGrad', true);

  gradient('Square', (dy, [x]) => ({ x: () => mul(dy as Tensor, mul(x as Tensor, 2)) }));
  // Broadcasts dy instead of multiplying it by ones made on the host.
  gradient('Sum', (dy, saved, attrs) => {
    const [x] = saved as [Tensor];
    const summed = util.parseAxisParam(attrs.axis as number | number[], x.shape);
    const kept = x.shape.map((size, axis) => (summed.includes(axis) ? 1 : size));
    return { x: () => broadcastTo(reshape(dy as Tensor, kept), x.shape) };
  });
  // Sums the copies at once instead of cutting out each.
  gradient('Tile', (dy, saved, attrs) => {
    const [x] = saved as [Tensor];
    const copies = attrs.reps as number[];
    const shape = x.shape.flatMap((size, axis) => [copies[axis] ?? 1, size]);
    return { x: () => sum(reshape(dy as Tensor, shape), x.shape.map((_, axis) => 2 * axis)) };
  });
  binary('Add', (dy) => dy, (dy) => dy);
  binary('Sub', (dy) => dy, neg);
  binary('Multiply', (dy, _, b) => mul(dy, b), (dy, a) => mul(dy, a));
}

type Side = (dy: Tensor, a: Tensor, b: Tensor) => Tensor;

function binary(kernelName: string, sideA: Side, sideB: Side): void {
  gradient(kernelName, (dy, saved) => {
    const [a, b] = saved as [Tensor, Tensor];
    return { a: () => sumTo(sideA(dy as Tensor, a, b), a.shape), b: () => sumTo(sideB(dy as Tensor, a, b), b.shape) };
  });
}

/** Sums `dy` over the dimensions along which `shape` was broadcast. Always a new tensor: the tape disposes of what it gets. */
function sumTo(dy: Tensor, shape: number[]): Tensor {
  const added = dy.rank - shape.length;
  const axes = dy.shape.map((_, axis) => axis).filter((axis) => axis < added || (shape[axis - added] === 1 && dy.shape[axis] !== 1));
  const lastOnly = axes.length > 0 && axes.length === dy.rank - 1 && !axes.includes(dy.rank - 1);
  if (lastOnly) return reshape(run('BiasAddGrad', [float()], [dy]), shape);
  return reshape(axes.length > 0 ? sum(dy, axes) : dy, shape);
}
