// A function of a graph names an output of a node by the argument's name in TensorFlow's registry of ops, where a graph itself counts outputs.

/** Output arguments by op, for ops with other names than `output`. A star marks an argument that is a list. */
const names: Record<string, readonly string[]> = Object.fromEntries(
  Object.entries({
    y: 'Abs Acos Acosh Asin Asinh Atan Atanh Cast Ceil ComplexAbs Cos Cosh Erf Exp Expm1 Floor IsFinite IsInf IsNan Log Log1p LogicalNot Neg OnesLike Reciprocal Round Rsqrt Sigmoid Sign Sin Sinh Sqrt Square Tan Tanh Transpose ZerosLike',
    z: 'Add AddV2 Atan2 Div DivNoNan Equal FloorDiv FloorMod Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr Maximum Minimum Mod Mul NotEqual Pow RealDiv SigmoidGrad SquaredDifference Sub TanhGrad',
    activations: 'Elu LeakyRelu Relu Relu6 Selu Softplus',
    backprops: 'EluGrad ReluGrad SeluGrad SoftplusGrad',
    out: 'Complex Cumprod Cumsum',
    'output*': 'SplitV Unpack StatefulPartitionedCall While StatelessWhile',
    'values,indices': 'TopK TopKV2',
    'y,idx': 'Unique UniqueV2',
    resized_images: 'ResizeBilinear ResizeNearestNeighbor',
    sum: 'AddN',
    bins: 'Bincount',
    product: 'MatMul',
    value: 'ReadVariableOp',
    softmax: 'Softmax',
    resource: 'VarHandleOp',
  }).flatMap(([outputs, ops]) => ops.split(' ').map((op) => [op, outputs.split(',')])),
);

/** `name:argument:index` of the output that a graph calls `name:index`. */
export function outputName(op: string, name: string, index: number): string {
  const outputs = names[op] ?? ['output'];
  const [first] = outputs;
  if (outputs.length === 1 && first?.endsWith('*')) return `${name}:${first.slice(0, -1)}:${index}`;
  return `${name}:${outputs[index] ?? 'output'}:0`;
}
