import { add, dispose, div, fill, linspace, logSumExp, memory, mul, neg, range, scalar, sigmoid, slice, stack, sub, tidy, tile, variableGrads, type Rank, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D, type Variable } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { DataShape } from '../../contract/models';
import type { SettingValue } from '../../contract/settings';
import { drawBinary } from '../data/binarise';
import { chunksOf, evaluateModel, evaluateTerms } from '../evaluate';
import type { FittedModel, GradientModel, Model, ModelDefinition, StepContext } from '../model';
import { findPreset, modelDefinitions, modelInfo } from '../models/registry';
import { createNoise, under, type Noise } from '../random/noise';
import { readValues } from '../read';
import { createTrainStep } from '../train-step';

const grey: DataShape = { kind: 'pictures', levels: 256, examples: 48, height: 5, width: 4, channels: 1, binary: false };
const binary: DataShape = { ...grey, levels: 2, binary: true };
const colour: DataShape = { ...grey, height: 3, width: 4, channels: 3 };
const table: DataShape = { kind: 'table', levels: null, examples: 48, height: 1, width: 1, channels: 3, binary: false };
const large: DataShape = { ...grey, height: 64, width: 64, channels: 3 };
const count = 48;
const noise = createNoise(20);

/** The context of a training step on all examples, with the noise that belongs to it. */
const contextAt = (step: number): StepContext => ({ noise: noise.at(step), step: scalar(step, 'int32'), rows: range(0, count, 1, 'int32'), training: true });

/** Every promise of `ModelDefinition`, `Abilities` and the training step, held against one model in each of the cases, of those that `cases` gives. */
export function conformance(definition: ModelDefinition, chosen: readonly Case[]): void {
  describe(`${definition.id} conforms:`, () => {
    it('its settings describe themselves, with defaults that it accepts', () => {
      const { settings, abilities } = modelInfo(definition);
      expect(Object.keys(definition.settings.parse({}))).toEqual(settings.map(({ key }) => key));
      expect(new Set(abilities).size).toBe(abilities.length);
    });

    it('it takes some data, and refuses other in a sentence', () => {
      const answers = [grey, binary, colour, table].map((data) => definition.refuses(data, definition.settings.parse({})));
      expect(answers).toContain(null);
      for (const answer of answers) if (answer !== null) expect(answer).toMatch(/^[A-Z].{30,}\.$/);
    });

    for (const preset of definition.presets ?? [])
      it(`its preset ${preset.id} has a name of its own, settings that it accepts, and takes a step`, () => {
        const owner = findPreset(preset.id);
        expect(owner?.preset).toBe(preset);
        expect(modelDefinitions.flatMap(({ presets = [] }) => presets).filter(({ id }) => id === preset.id)).toHaveLength(1);
        if (modelDefinitions.some(({ id }) => id === preset.id)) expect([preset.id, preset]).toEqual([definition.id, definition.presets?.[0]]);
        expect(preset.summary).toMatch(/^[A-Z].{20,}\.$/);
        expect(Object.keys(definition.settings.parse(preset.settings))).toEqual(modelInfo(definition).settings.map(({ key }) => key));
        const settings = definition.settings.parse({ ...preset.settings, ...smallSizes(definition) });
        const data = [binary, colour, grey, table, large].find((shape) => definition.refuses(shape, settings) === null);
        expect(data, 'data that it takes').toBeDefined();
        if (data && definition.trainedBy === 'gradient') stepOfPreset(definition, settings, data);
      });

    for (const { name, settings, data } of chosen) describe(name, () => (definition.trainedBy === 'gradient' ? gradientModel : fittedModel)(definition, settings, data));
  });
}

export interface Case {
  name: string;
  settings: Record<string, unknown>;
  data: DataShape;
}

/** Small nets, by the settings that they have of these. */
const sizes: Record<string, SettingValue> = { widths: [12, 8], upperWidths: [6], latentSizes: [3, 4], architecture: 'tiny', halvings: 2, flowWidth: 8, flowLayers: 2, priorLayers: 2, teacherLayers: 2, layers: 2, steps: 1, solverSteps: 2, components: 3, blocks: 2, filters: 6, head: 6 };

const smallSizes = (definition: ModelDefinition): Record<string, SettingValue> => {
  const fields = modelInfo(definition).settings;
  return Object.fromEntries(Object.entries(sizes).filter(([name]) => fields.some(({ key }) => key === name)));
};

function stepOfPreset(definition: ModelDefinition, settings: Record<string, unknown>, data: DataShape): void {
  using<GradientModel>(definition, settings, data, (model, batch) => {
    const step = createTrainStep({ model, learningRate: 1e-3, data: batch, binarisation: 'none', seed: 5 });
    expect(step.run(1, Int32Array.of(0, 5, 7, 11)).every(Number.isFinite)).toBe(true);
    expect(Object.values(step.read()).every(({ values }) => values.every(Number.isFinite))).toBe(true);
    step.dispose();
  });
}

/** The defaults on each kind of data that the model takes, and each other choice alone on one. */
export function cases(definition: ModelDefinition): Case[] {
  const fields = modelInfo(definition).settings;
  const small = smallSizes(definition);
  const variants: [string, Record<string, SettingValue>][] = [['defaults', {}], ...fields.flatMap(({ key, choices = [] }) => choices.slice(1).map((choice): [string, Record<string, SettingValue>] => [`${key} ${choice}`, { [key]: choice }]))];
  if (small.widths) variants.push(['no hidden layers', { widths: [] }]);
  return variants.flatMap(([name, variant], i) => {
    const settings = definition.settings.parse({ ...small, ...variant });
    const kinds = definition.accepts.includes('tables') ? [table, colour, binary, grey] : [colour, binary, grey];
    const taken = kinds.filter((data) => definition.refuses(data, settings) === null);
    return (i === 0 ? taken : taken.slice(0, 1)).map((data) => ({ name: `with ${name}, ${nameOf(data)}`, settings, data }));
  });
}

const nameOf = ({ kind, binary, channels }: DataShape): string => (kind === 'table' ? 'a table' : `${binary ? 'binary' : channels === 1 ? 'grey' : 'coloured'} pictures`);

/** Pictures of a few underlying directions, so that there is something to learn; the rows of a table are bent and not centred. */
export const pictures = ({ kind, height, width, channels, binary: zeroOne }: DataShape): Tensor4D =>
  tidy(() => {
    const codes = noise.normal([count, 2], 'codes') as Tensor2D;
    const values = sigmoid(mul(codes.matMul(noise.normal([2, height * width * channels], 'directions') as Tensor2D), 2)).reshape([count, height, width, channels]) as Tensor4D;
    if (kind === 'table') return add<Tensor4D>(mul(values, 3), mul(noise.normal(values.shape, 'rows'), 0.3));
    return zeroOne ? drawBinary(values, noise) : values;
  });

export const disposeOf = (model: Model): void => [model.parameters, 'state' in model ? model.state ?? {} : {}].forEach((variables) => Object.values(variables).forEach((variable) => variable.dispose()));

const valuesOf = (model: GradientModel): Record<string, Float32Array> => readValues(() => Object.fromEntries(Object.entries({ ...model.parameters, ...model.state }).map(([name, variable]) => [name, variable.clone()])));

/** Runs `test` with a new model and its data, and expects it to leave no tensor behind. */
function using<M extends Model>(definition: ModelDefinition, settings: Record<string, unknown>, data: DataShape, test: (model: M, batch: Tensor4D) => void): void {
  const before = memory().numTensors;
  const batch = pictures(data);
  const model = definition.build({ settings, data, noise: createNoise(1) }) as M;
  if ('initialise' in model) tidy(() => model.initialise?.(batch, noise));
  test(model, batch);
  disposeOf(model);
  batch.dispose();
  expect(memory().numTensors).toBe(before);
}

function gradientModel(definition: ModelDefinition, settings: Record<string, unknown>, data: DataShape): void {
  const withModel = (test: (model: GradientModel, batch: Tensor4D) => void) => () => using<GradientModel>(definition, settings, data, test);
  const stepOf = (model: GradientModel, batch: Tensor4D, learningRate = 1e-2) => createTrainStep({ model, learningRate, data: batch, binarisation: data.binary ? 'dynamic' : 'none', seed: 5 });
  const rows = (step: number): Int32Array => Int32Array.from({ length: 16 }, (_, i) => (step * 16 + i * 7) % count);
  const lossOf = (model: GradientModel, batch: Tensor4D, step = 3): number => readValues(() => ({ loss: model.objective(batch, contextAt(step)).loss })).loss[0] ?? NaN;

  it('does what it declares', withModel((model, batch) => declaredAbilities(definition, model, data, batch)));

  it('minimises its first term, the sum of the other terms in the same unit', withModel((model, batch) => {
    const { minimised, ...terms } = readValues(() => {
      const objective = model.objective(batch, contextAt(1));
      return { minimised: objective.loss, ...objective.terms };
    });
    const [[unit, first] = ['', undefined], ...others] = Object.entries(terms as Record<string, Float32Array>);
    expect(first?.[0]).toBe(minimised?.[0]);
    const parts = others.filter(([name]) => unit.endsWith('Nats') && name.endsWith('Nats')).map(([, value]) => value[0] ?? NaN);
    if (parts.length > 0) expect(Math.abs(parts.reduce((sum, part) => sum + part, 0) / (minimised?.[0] ?? NaN) - 1)).toBeLessThan(1e-5);
  }));

  it('has the gradient of its loss, layer by layer', withModel((model, batch) => {
    // Away from the start, where biases of zero put ReLUs on their kinks.
    tidy(() => Object.entries(model.parameters).forEach(([name, variable]) => variable.assign(add(variable, mul(noise.normal(variable.shape, name), 0.05)))));
    const variables = Object.entries(model.parameters);
    const { value, grads } = variableGrads(() => model.objective(batch, contextAt(3)).loss, variables.map(([, variable]) => variable));
    value.dispose();
    // A layer's at a time: along each one's own gradient, of length 1, the slopes are the norms and add up. ELBO_LONG=1: each parameter alone.
    const layers: Record<string, { variable: Variable; direction: Tensor; norm: number }[]> = {};
    for (const [name, variable] of variables) {
      const gradient = grads[variable.name];
      expect(gradient, name).toBeDefined();
      if (!gradient) continue;
      const norm = readValues(() => ({ norm: gradient.norm() })).norm[0] ?? NaN;
      expect(norm, name).toBeGreaterThan(0);
      (layers[process.env.ELBO_LONG ? name : name.replace(/\/[^/]*$/, '')] ??= []).push({ variable, direction: div(gradient, norm), norm });
      gradient.dispose();
    }
    for (const [name, parts] of Object.entries(model.gradientIsEstimate ? {} : layers)) {
      const expected = parts.reduce((sum, { norm }) => sum + norm, 0);
      const shifted = (by: number): number => shiftedLoss(parts, by, () => lossOf(model, batch));
      // One of three widths has to agree: a wide one may take in the kink of a ReLU, a narrow one the rounding of the loss.
      const slopes: number[] = [];
      const agrees = [0.004, 0.01, 0.001].some((h) => Math.abs((slopes[slopes.length] = (shifted(h) - shifted(-h)) / (2 * h)) - expected) < 0.02 * expected + 0.005);
      expect(agrees, `${name}: ${slopes} by differences, ${expected} by the gradient`).toBe(true);
    }
    Object.values(layers).flat().forEach(({ direction }) => direction.dispose());
  }));

  it('is a function of seed and step', withModel((model, batch) => {
    expect(lossOf(model, batch)).toBe(lossOf(model, batch));
    if (!model.abilities.elbo) return;
    const drawn = drawsNoise(model, batch);
    expect(lossOf(model, batch, 4) !== lossOf(model, batch, 3)).toBe(drawn);
    if (!drawn) return;
    const step = stepOf(model, batch, 1e-12);
    const start = step.read();
    const from = (number: number, indices: Int32Array): Float32Array => {
      step.write(start);
      return step.run(number, indices);
    };
    expect(from(4, rows(0))).not.toEqual(from(3, rows(0)));
    expect(from(3, rows(1))).not.toEqual(from(3, rows(0)));
    expect(from(3, rows(0))).toEqual(from(3, rows(0)));
    step.dispose();
  }));

  it('starts from the data alike each time, in variables that it keeps', withModel((model, batch) => {
    const variables = { ...model.parameters, ...model.state };
    expect(Object.keys(variables)).toHaveLength(Object.keys(model.parameters).length + Object.keys(model.state ?? {}).length);
    // A checkpoint keeps the optimiser's own under these names.
    expect(Object.keys(variables).filter((name) => /^(adam|average|best)\//.test(name))).toEqual([]);
    const again = definition.build({ settings, data, noise: createNoise(1) }) as GradientModel;
    tidy(() => again.initialise?.(batch, noise));
    expect(valuesOf(again)).toEqual(valuesOf(model));
    expect(Object.values(valuesOf(model)).every((values) => values.every(Number.isFinite))).toBe(true);
    disposeOf(again);
  }));

  it('changes its state in training steps alone, and in all that it says it would', withModel((model, batch) => {
    const before = valuesOf(model);
    evaluateTerms({ model, binarisation: 'none', noise, step: 1, chunks: chunksOf(batch, 20) });
    expect(valuesOf(model)).toEqual(before);
    const updates = Object.keys(readValues(() => model.objective(batch, contextAt(1)).updates ?? {}));
    for (const name of updates) expect(Object.keys(model.state ?? {})).toContain(name);
    expect(valuesOf(model)).toEqual(before);
    const step = stepOf(model, batch);
    expect(Object.keys(step.state)).toEqual(expect.arrayContaining([...Object.keys(model.parameters), ...Object.keys(model.state ?? {})]));
    step.dispose();
  }));

  it('trains: the loss falls within 80 steps, no tensor is left behind, and the held-out terms are those of the curves', withModel((model, batch) => {
    const held = { model, binarisation: 'none' as const, noise, step: 1 };
    const before = evaluateTerms({ ...held, chunks: chunksOf(batch, 20) });
    const step = stepOf(model, batch);
    step.run(0, rows(0));
    const tensors = memory().numTensors;
    const [first = ''] = step.terms;
    const enough = (before[first] ?? NaN) - 0.005 * Math.abs(before[first] ?? NaN);
    let after: Record<string, number> = {};
    for (let i = 1; i <= 80 && !((after[first] ?? NaN) < enough); i++) {
      expect(step.run(i, rows(i)).every(Number.isFinite)).toBe(true);
      if (i % 10 !== 0) continue;
      expect(memory().numTensors).toBe(tensors);
      after = evaluateTerms({ ...held, chunks: chunksOf(batch, 20) });
      expect(Object.keys(after)).toEqual(step.terms);
    }
    expect(after[first]).toBeLessThan(enough);
    step.dispose();
  }));

  it('goes on to the bit from what was read of it', withModel((model, batch) => {
    const step = stepOf(model, batch);
    for (let i = 0; i < 3; i++) step.run(i, rows(i));
    const saved = step.read();
    const going = [3, 4, 5].map((i) => step.run(i, rows(i)));
    const end = step.read();
    step.dispose();

    const fresh = definition.build({ settings, data, noise: createNoise(99) }) as GradientModel;
    const resumed = stepOf(fresh, batch);
    resumed.write(saved);
    expect(resumed.read()).toEqual(saved);
    expect([3, 4, 5].map((i) => resumed.run(i, rows(i)))).toEqual(going);
    expect(resumed.read()).toEqual(end);
    const [name = ''] = Object.keys(saved);
    const { [name]: missing, ...rest } = saved;
    expect(() => resumed.write(rest)).toThrow(name);
    expect(() => resumed.write({ ...rest, [name]: { shape: [...(missing?.shape ?? []), 2], values: new Float32Array(2) } })).toThrow(/shape/);
    expect(resumed.read()).toEqual(end);
    resumed.dispose();
    disposeOf(fresh);
  }));
}

function fittedModel(definition: ModelDefinition, settings: Record<string, unknown>, data: DataShape): void {
  const withModel = (test: (model: FittedModel, batch: Tensor4D) => void) => () => using<FittedModel>(definition, settings, data, test);

  it('fits, and then does what it declares', withModel((model, batch) => {
    const tensors = memory().numTensors;
    const firsts: number[] = [];
    // With the noise of the evaluation's first chunk, which is all of the batch: what a fit dequantises by it is what is evaluated.
    for (const terms of model.fit(batch, under('evaluation', noise.at(0)))) {
      expect(Object.values(terms).every(Number.isFinite)).toBe(true);
      const [first = ''] = Object.keys(terms);
      const held = evaluateTerms({ model, binarisation: 'none', noise, step: 1, chunks: chunksOf(batch) });
      expect(Object.keys(held)).toContain(first);
      for (const [name, value] of Object.entries(held)) if (name in terms) expect(Math.abs(value - (terms[name] ?? NaN)), name).toBeLessThan(5e-4 + 1e-5 * Math.abs(value));
      firsts.push(terms[first] ?? NaN);
    }
    firsts.slice(1).forEach((value, i) => expect(value).toBeLessThanOrEqual((firsts[i] ?? NaN) + 1e-6));
    expect(memory().numTensors).toBe(tensors);
    declaredAbilities(definition, model, data, batch);
  }));

  it('is a function of the noise', withModel((model, batch) => {
    const fitted = () => {
      for (const terms of model.fit(batch, noise)) void terms;
      return readValues(() => Object.fromEntries(Object.entries(model.parameters).map(([name, variable]) => [name, variable.clone()])));
    };
    expect(fitted()).toEqual(fitted());
  }));
}

/** Whether the objective draws anything: one that sums over all codes does not. */
function drawsNoise(model: GradientModel, batch: Tensor4D): boolean {
  let drawn = false;
  const context = contextAt(1);
  const watched: Noise = {
    normal: (shape, purpose) => ((drawn = true), context.noise.normal(shape, purpose)),
    uniform: (shape, purpose) => ((drawn = true), context.noise.uniform(shape, purpose)),
    at: () => watched,
  };
  tidy(() => void model.objective(batch, { ...context, noise: watched }));
  dispose([context.step, context.rows ?? []]);
  return drawn;
}

function shiftedLoss(parts: readonly { variable: Variable; direction: Tensor }[], by: number, loss: () => number): number {
  const kept = parts.map(({ variable }) => variable.clone());
  tidy(() => parts.forEach(({ variable, direction }) => variable.assign(add(variable, mul(direction, by)))));
  const value = loss();
  parts.forEach(({ variable }, i) => variable.assign(kept[i] as Tensor));
  dispose(kept);
  return value;
}

const gridSide = 49;
const gridReach = 8;

/** log p(x), `[examples]`, by the sum over all codes, or over a grid of 49 x 49 in a plane of codes; null where there is neither. For decoders that change little between two codes. */
export function logEvidence({ abilities: { prior, decode }, allCodes, latentSize }: Model, x: Tensor4D): Tensor1D | null {
  if (!prior || !decode || (!allCodes && latentSize !== 2)) return null;
  const places = linspace(-gridReach, gridReach, gridSide);
  const codes = allCodes?.() ?? (stack([tile(places.reshape([-1, 1]), [1, gridSide]), tile(places.reshape([1, -1]), [gridSide, 1])], 2).reshape([-1, 2]) as Tensor2D);
  const [number] = codes.shape;
  const decoded = decode(codes);
  const logPrior = add(prior(number).logProb(codes), allCodes ? 0 : 2 * Math.log((2 * gridReach) / (gridSide - 1)));
  return stack(Array.from({ length: x.shape[0] }, (_, i) => logSumExp(add(decoded.logProb(tile(slice(x, i, 1), [number, 1, 1, 1])), logPrior)))) as Tensor1D;
}

function declaredAbilities(definition: ModelDefinition, model: Model, { height, width, channels }: DataShape, x: Tensor4D): void {
  const { encode, decode, prior, sample, reconstruct, elbo, importance, logProb, stages, levels, conditionals, complete } = model.abilities;
  const picture = [height, width, channels];
  expect(Object.keys(model.abilities).sort()).toEqual([...definition.abilities].sort());
  for (const name of Object.keys(model.parameters)) expect(name).toMatch(/^[a-z0-9-]+(\/[a-z0-9-]+)*$/);
  const finite = (tensor: Tensor, shape: number[]): void => {
    expect(tensor.shape).toEqual(shape);
    expect(tensor.dataSync().every(Number.isFinite)).toBe(true);
  };
  tidy(() => {
    if (encode) {
      const posterior = encode(x);
      finite(posterior.mean(), [count, model.latentSize ?? NaN]);
      finite(posterior.sample(noise, 'z'), [count, model.latentSize ?? NaN]);
      if (posterior.standardDeviation) expect((posterior.standardDeviation().min() as Scalar).dataSync()[0]).toBeGreaterThan(0);
    }
    if (decode) {
      const distribution = decode(fill([6, model.latentSize ?? NaN], 0.3));
      finite(distribution.mean(), [6, ...picture]);
      finite(distribution.sample(noise, 'x'), [6, ...picture]);
      finite(distribution.logProb(distribution.sample(noise, 'x')), [6]);
    }
    if (prior) finite(prior(7).logProb(prior(7).sample(noise, 'z')), [7]);
    if (sample) {
      finite(sample({ count: 5, temperature: scalar(0.7), noise }), [5, ...picture]);
      // 16 rows: an array that is no multiple of the processor's vectors ends in values computed by other instructions, which round otherwise.
      const cold = sample({ count: 16, temperature: scalar(0), noise });
      expect(sub(cold, slice(cold, 0, 1)).abs().max().dataSync()[0]).toBe(0);
    }
    if (sample && 'samplesAreMeans' in model) {
      // Of one distribution p(x|z), the codes being all the same: its mean again and again, and draws around it.
      const cold = (draw: boolean) => sample({ count: 200, temperature: scalar(0), noise, draw });
      const deviation = cold(true).sub(cold(true).mean(0)).square().mean().sqrt().dataSync()[0] ?? NaN;
      expect(deviation).toBeGreaterThan(0.01);
      expect(Math.abs(cold(true).mean().sub(cold(false).mean()).dataSync()[0] ?? NaN)).toBeLessThan((5 * deviation) / Math.sqrt(200 * height * width));
    }
    if (reconstruct) finite(reconstruct(x), [count, ...picture]);
    if (reconstruct && encode && decode) expect(reconstruct(x).dataSync()).toEqual(decode(encode(x).mean() as Tensor2D).mean().dataSync());
    if (logProb) finite(logProb(x, noise), [count]);
    if (elbo) {
      const { elbo: bound, reconstruction, kl, klPerDimension, klPerLevel } = elbo(x, noise);
      if (klPerDimension) finite(klPerDimension, [count, model.latentSize ?? NaN]);
      const near = (a: Tensor1D, b: Tensor): void => expect(a.sub(b).abs().max().dataSync()[0]).toBeLessThan(1e-3);
      near(bound, add(reconstruction, neg(kl)));
      if (klPerDimension) near(kl, klPerDimension.sum(1));
      if (klPerLevel) near(kl, klPerLevel.sum(1));
      if (klPerLevel && levels) expect(klPerLevel.shape).toEqual([count, levels.sizes.length]);
    }
    if (importance) {
      const k = 32;
      const weights = importance(x, k, noise);
      finite(weights, [k, count]);
      if (elbo) {
        // log-mean-exp of k weights bounds the evidence more tightly than the mean of k bounds, each example up to the noise of both.
        const bounds = stack([1, 2, 3, 4, 5, 6, 7, 8].map((step) => elbo(x, noise.at(step)).elbo)).mean(0);
        const gain = Array.from(sub(sub(logSumExp(weights, 0), Math.log(k)), bounds).dataSync());
        const mean = gain.reduce((sum, value) => sum + value / count, 0);
        const deviation = Math.sqrt(gain.reduce((sum, value) => sum + (value - mean) ** 2 / (count - 1), 0));
        expect(mean).toBeGreaterThan(-4 * (deviation / Math.sqrt(count)) - 1e-3);
        // Nor does it go above the evidence, where that is known.
        const some = 8;
        const evidence = logEvidence(model, slice(x, 0, some));
        if (evidence) {
          const excess = Array.from(sub(sub(logSumExp(slice(weights, [0, 0], [k, some]), 0), Math.log(k)), evidence).dataSync());
          const above = excess.reduce((sum, value) => sum + value / some, 0);
          expect(above).toBeLessThan(4 * Math.sqrt(excess.reduce((sum, value) => sum + (value - above) ** 2, 0) / (some - 1) / some) + 1e-2);
        }
      }
    }
    if (stages) {
      const found = stages(x, noise);
      expect(found.length).toBeGreaterThan(1);
      found.forEach(({ name, values, logDet }) => {
        expect(name).not.toBe('');
        finite(values, [count, values.shape[1]]);
        finite(logDet, [count]);
      });
    }
    if (levels) {
      const temperatures = fill<Rank.R1>([levels.sizes.length], 0.7);
      for (let held = 0; held <= levels.sizes.length; held++) finite(levels.sample({ count: 3, temperatures, held, noise, heldNoise: createNoise(3) }), [3, ...picture]);
      const [one, other] = levels.sample({ count: 2, temperatures, held: levels.sizes.length, noise, heldNoise: createNoise(3) }).unstack();
      one?.dataSync().forEach((value, i) => expect(value).toBeCloseTo(other?.dataSync()[i] ?? NaN, 4));
    }
    if (conditionals) {
      const distribution = conditionals(x);
      finite(distribution.mean(), [count, ...picture]);
      finite(distribution.logProb(x), [count]);
    }
    if (complete) {
      const part = slice(x, 0, 4);
      const completed = (known: number) => complete({ x: part, known: scalar(known, 'int32'), temperature: scalar(1), noise });
      finite(completed(0), [4, ...picture]);
      // The first values are kept, rows from the top, whatever follows.
      for (const known of [Math.min(width, height * width - 1) * channels + 1, height * width * channels]) {
        const [kept, given] = [completed(known), part].map((pictures) => pictures.reshape([4, -1]).slice([0, 0], [4, known]).dataSync());
        kept?.forEach((value, i) => expect(value).toBeCloseTo(given?.[i] ?? NaN, 6));
      }
    }
  });
  const measures = evaluateModel({ model, chunks: chunksOf(x, 20), binarisation: 'none', noise, step: 1 });
  for (const { metric, value, n, unit, estimator } of measures) {
    // The share of holes is of codes of the prior.
    expect(Number.isFinite(value) && (n === count || metric === 'holeShare') && unit !== '' && estimator !== '', metric).toBe(true);
    expect(metric).toMatch(/^[a-z][A-Za-z]+$/);
  }
  expect(measures.some(({ metric }) => metric === 'elboNats')).toBe(elbo !== undefined);
}
