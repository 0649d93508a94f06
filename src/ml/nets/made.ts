import { add, cast, expandDims, gather, greater, greaterEqual, matMul, mul, neg, oneHot, relu, reshape, sub, sum, tanh, tensor1d, tidy, transpose, zeros, type Tensor, type Tensor1D, type Tensor2D, type Variable } from '@tensorflow/tfjs-core';
import { parameter, type Activation, type Construction } from './dense';

export interface MadeShape {
  /** Values of an example. */
  size: number;
  /** Hidden layers' widths, the first one first; none connects the values to the outputs directly. */
  widths: readonly number[];
  activation: Activation;
  /** Parameters of each value's conditional distribution. */
  outputsPerValue: number;
  /** Whether weights connect the values to the outputs beside the hidden layers. */
  direct?: boolean;
  /** Whether the hidden biases start uniform within 1 / sqrt(inputs) of zero, and not at zero, where ReLUs of few values would all have their kinks at the origin. */
  spreadBiases?: boolean;
  /** Numbers beside the values that every unit of the first layer sees, `name/context/kernel`; without it none. */
  contextSize?: number;
}

export interface MaskedLayer {
  kernel: Variable;
  bias: Variable;
}

/** What makes the masks. */
export interface Masks<T extends Tensor = Tensor1D> {
  /** The place (from 1) of each value in the order, `[size]`. */
  places: T;
  /** For each hidden layer the places (from 0) of its units by rising degree, `[width]`; without it units stand in that order. */
  ranks?: readonly T[];
}

/** The layers of a masked autoencoder, whose masks come with the question. */
export interface MadeLayers {
  shape: MadeShape;
  /** From the values on; the last one makes the outputs. */
  layers: readonly MaskedLayer[];
  /** From the values to the outputs, where there are such weights. */
  direct?: Variable;
  /** `[batch, size]`, and with a context `[batch, contextSize]`, to `[batch, size, outputsPerValue]`. */
  outputs(x: Tensor2D, masks: Masks, context?: Tensor2D): Tensor;
  /** `placeKinks` for each hidden layer, by examples `[batch, size]`. */
  spreadKinks(x: Tensor2D, masks: Masks): void;
}

/** Degrees of a hidden layer's units: 1 to size - 1 spread evenly, so that few units reach far as well. A unit of degree m sees the first m values. */
export const hiddenDegrees = (width: number, size: number): number[] => Array.from({ length: width }, (_, k) => 1 + Math.floor((k * Math.max(size - 1, 1)) / width));

/** The place (from 1) of each value, when `order` lists the values, the first one first. */
export const placesOf = (order: readonly number[]): number[] => {
  const places = new Array<number>(order.length);
  order.forEach((value, place) => (places[value] = place + 1));
  return places;
};

/** `kernel` without the connections from a unit of a higher degree; to an output of place d none from a unit of degree d or higher. */
export const maskedKernel = (kernel: Tensor2D, from: Tensor1D, to: Tensor1D, last: boolean): Tensor2D =>
  mul(kernel, cast((last ? greater : greaterEqual)(expandDims(to, 0), expandDims(from, 1)), 'float32'));

/**
 * Sets the biases of a layer by its units' sums before them `[batch, units]`: each unit becomes zero, where a ReLU has its kink, at an example of its own, so that the kinks lie all over the data.
 * With biases of zero they would all go through the origin.
 */
export function placeKinks(bias: Variable, sums: Tensor2D): void {
  const [count, units] = sums.shape;
  const own = tensor1d(Int32Array.from({ length: units }, (_, unit) => unit % count), 'int32');
  bias.assign(neg(sum(mul(sums, transpose(cast(oneHot(own, count), 'float32'))), 0)));
}

export const activate = { relu, tanh, none: <T extends Tensor>(x: T): T => x };

/**
 * Masked autoencoder for distribution estimation (Germain et al. 2015, equations 12 and 13): what the outputs of a value say depends on no value
 * but those before it in the order. Variables `name/dense-i/kernel`, `name/dense-i/bias`, and `name/output/...`; they start as those of `dense`, but for
 * `spreadBiases`. Direct weights (section 4.1), `name/direct/kernel`, start at zero. A context has no place in the order and is not masked: it is added to the sums of the first
 * layer, as in the code of Kingma et al. 2016 (`ar_multiconv2d`). Hidden units then pass it on to all values but the first, which no hidden unit reaches.
 */
export function madeLayers(construction: Construction, name: string, shape: MadeShape): MadeLayers {
  const { size, widths, activation, outputsPerValue, direct: hasDirect = false, contextSize = 0, spreadBiases = false } = shape;
  const sizes = [size, ...widths, size * outputsPerValue];
  const within = (limit: number, shape: number[], purpose: string): Tensor => mul(sub(mul(construction.noise.uniform(shape, purpose), 2), 1), limit);
  const kernelOf = (layer: string, inputs: number, i: number): Variable => {
    const [seen = 0, outputs = 0] = [(sizes[i] ?? 0) + (i === 0 ? contextSize : 0), sizes[i + 1]];
    const limit = Math.sqrt(6 / (activation === 'relu' && i < widths.length ? seen : seen + outputs));
    return parameter(construction, `${layer}/kernel`, () => within(limit, [inputs, outputs], layer));
  };
  const layers = sizes.slice(1).map((outputs, i) => {
    const inputs = sizes[i] as number;
    const layer = i === widths.length ? `${name}/output` : `${name}/dense-${i}`;
    const start = (): Tensor => (spreadBiases && i < widths.length ? within(1 / Math.sqrt(inputs), [outputs], `${layer}/bias`) : zeros([outputs]));
    return { kernel: kernelOf(layer, inputs, i), bias: parameter(construction, `${layer}/bias`, start) };
  });
  const ofContext = contextSize > 0 ? kernelOf(`${name}/context`, contextSize, 0) : undefined;
  const endsOf = (places: Tensor1D): Tensor1D => reshape(mul(expandDims(places, 1), tensor1d(new Array<number>(outputsPerValue).fill(1))), [size * outputsPerValue]);
  /** Values of the last layer; `visit` sees each hidden layer's sums before its bias is added. */
  const pass = (x: Tensor2D, { places, ranks }: Masks, context?: Tensor2D, visit?: (sums: Tensor2D, bias: Variable) => void): Tensor2D => {
    const degrees = [places, ...widths.map((width, l) => degreesOf(width, size, ranks?.[l])), endsOf(places)];
    return layers.reduce((value, { kernel, bias }, i) => {
      const last = i === widths.length;
      const own = matMul<Tensor2D>(value, maskedKernel(kernel as unknown as Tensor2D, degrees[i] as Tensor1D, degrees[i + 1] as Tensor1D, last));
      if (!last) visit?.(own, bias);
      const sum = add<Tensor2D>(own, bias);
      const seen = i === 0 && ofContext ? add<Tensor2D>(sum, matMul(context as Tensor2D, ofContext as unknown as Tensor2D)) : sum;
      return last ? seen : activate[activation](seen);
    }, x);
  };
  const direct = hasDirect ? parameter(construction, `${name}/direct/kernel`, () => zeros([size, size * outputsPerValue])) : undefined;
  return {
    shape,
    layers,
    ...(direct && { direct }),
    outputs(x, masks, context) {
      const output = pass(x, masks, context);
      const whole = direct ? add(output, matMul(x, maskedKernel(direct as unknown as Tensor2D, masks.places, endsOf(masks.places), true))) : output;
      return reshape(whole, [x.shape[0], size, outputsPerValue]);
    },
    spreadKinks: (x, masks) => void pass(x, masks, undefined, (sums, bias) => placeKinks(bias, sums)),
  };
}

function degreesOf(width: number, size: number, ranks: Tensor1D | undefined): Tensor1D {
  const degrees = tensor1d(hiddenDegrees(width, size));
  return ranks ? gather(degrees, cast(ranks, 'int32')) : degrees;
}

/** The masked autoencoder for one order. */
export interface Made {
  /** `[batch, size]`, and with a context `[batch, contextSize]`, to `[batch, size, outputsPerValue]`, where `[:, i, :]` depends on the values before i in the order alone, and on the context; the first value's outputs on nothing. */
  outputs(x: Tensor2D, context?: Tensor2D): Tensor;
  /** The kinks of its hidden units over examples `[batch, size]`; before that they start near the origin. */
  spreadKinks(x: Tensor2D): void;
}

/** For the layers of flows, which see few values; `order` lists the values, the first one first. */
export function made(construction: Construction, name: string, { order, ...shape }: MadeShape & { order: readonly number[] }): Made {
  const net = madeLayers(construction, name, { ...shape, spreadBiases: true });
  const places = placesOf(order);
  return {
    outputs: (x, context) => net.outputs(x, { places: tensor1d(places) }, context),
    spreadKinks: (x) => tidy(() => net.spreadKinks(x, { places: tensor1d(places) })),
  };
}
