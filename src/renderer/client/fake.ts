import type { Answers, CoreEvent, Method, Params } from '../../contract/api';
import type { DatasetInfo, Pictures } from '../../contract/datasets';
import { refuse, Refusal } from '../../contract/errors';
import { trainingSchema, type Experiment } from '../../contract/experiment';
import type { ModelInfo, ModelPage } from '../../contract/models';
import type { ProbeAnswer } from '../../contract/probes';
import { checkInWords, runsOf, type Execution, type Recipe } from '../../contract/recipes';
import { activeStatuses, type Curve, type RunDetail, type RunStatus, type RunSummary, type SeriesInfo } from '../../contract/runs';
import type { SettingField } from '../../contract/settings';
import { defaultPreferences, type Preferences } from '../../contract/system';
import type { Client, ConnectionStatus } from './client';

type Handlers = { [M in Method]: (params: Params<M>) => Answers[M] | Promise<Answers[M]> };

export interface FakeClient extends Client {
  /** Every call so far, in order. */
  calls: { method: Method; params: unknown }[];
  /** Replaces how one method is answered. */
  answer<M extends Method>(method: M, handler: Handlers[M]): void;
  publish(event: CoreEvent): void;
  /** Brings the start of a recipe to where all is trained and one run half measured, or to its end, where every second check fails. */
  bring(execution: string, to: 'measuring' | 'done'): void;
  setStatus(status: ConnectionStatus): void;
}

const field = (key: string, title: string, help: string, more: Partial<SettingField> = {}): SettingField => ({ key, title, help, unit: '', kind: 'integer', default: 2, ...more });
const latent = field('latentSize', 'Latent size', 'Numbers that describe one image.', { unit: 'dims', minimum: 1, maximum: 512 });
const widths = field('widths', 'Hidden widths', 'Of the encoder, left to right; the decoder mirrors it.', { unit: 'units', kind: 'integers', default: [512, 256], minimum: 1, maximum: 4096 });

const page: ModelPage = { idea: 'It learns from data.', formulas: ['\\log p(x) \\ge \\mathcal L'], symbols: 'x is a picture.', lookAt: 'Loss curves.' };
export const fakeModels: ModelInfo[] = [
  { id: 'pca', title: 'PCA', family: 'baselines', summary: 'The linear projection that keeps most variance.', source: 'Pearson 1901', page, objective: 'min ||x - W W^T x||^2', settings: [latent], presets: [], abilities: ['encode', 'decode', 'reconstruct'], trainedBy: 'fit', accepts: 'Any pictures.', binaryOnly: false },
  { id: 'autoencoder', title: 'Autoencoder', family: 'autoencoders', summary: 'A code of few numbers from which the picture is rebuilt.', source: 'Hinton and Salakhutdinov 2006', page, objective: '-log p(x | f(x))', settings: [latent, widths], presets: [], abilities: ['encode', 'decode', 'reconstruct'], trainedBy: 'gradient', accepts: 'Any pictures.', binaryOnly: false },
  {
    id: 'vae', title: 'VAE', family: 'variational autoencoders', summary: 'Maximises a bound on log p(x) with a Gaussian posterior.', source: 'Kingma and Welling 2014, equation 10', page, objective: 'E_q[log p(x|z)] - KL(q(z|x) || p(z))',
    settings: [latent, widths, field('likelihood', 'Likelihood', 'Of a pixel given the code. Bernoulli for binary pixels.', { kind: 'choice', default: 'bernoulli', choices: ['bernoulli', 'gaussian'] }), field('learnedVariance', 'Learned variance', 'Only for the Gaussian: one variance for all pixels.', { kind: 'boolean', default: false }), field('variance', 'Variance', 'Of the Gaussian, where it is not learned.', { kind: 'number', default: 0.05, minimum: 0.0001, maximum: 10 })],
    presets: [], abilities: ['encode', 'decode', 'prior', 'sample', 'reconstruct', 'elbo'], trainedBy: 'gradient', accepts: 'Any pictures; Bernoulli needs values in [0, 1].', binaryOnly: ['bernoulli'],
  },
];

const digits10 = Array.from({ length: 10 }, (_, i) => String(i));
export const fakeDatasets: DatasetInfo[] = [
  { id: 'mnist-1000', title: 'MNIST, 1,000 + 1,000', kind: 'pictures', columns: null, height: 28, width: 28, channels: 1, maximum: 255, binary: false, counts: { train: 1000, valid: 0, test: 1000 }, classes: digits10, factors: null, protocol: 'The first 100 of each digit from the training and the test images of MNIST.', licence: 'CC BY-SA 3.0', source: 'LeCun, Cortes and Burges', bytes: 1_568_000, builtIn: true },
  { id: 'digits', title: 'Digits 8 × 8', kind: 'pictures', columns: null, height: 8, width: 8, channels: 1, maximum: 16, binary: false, counts: { train: 1297, valid: 250, test: 250 }, classes: digits10, factors: null, protocol: 'Drawn by seed 0 from the 1,797 images; 250 held out twice.', licence: 'CC BY 4.0', source: 'UCI, Alpaydin and Kaynak', bytes: 115_008, builtIn: true },
  { id: 'frey', title: 'Frey faces', kind: 'pictures', columns: null, height: 28, width: 20, channels: 1, maximum: 255, binary: false, counts: { train: 1765, valid: 0, test: 200 }, classes: null, factors: null, protocol: 'The last 200 frames held out.', licence: 'not stated', source: 'imported by hand', bytes: 1_100_400, builtIn: false },
];

const experiment = (data: string, model: string, more: Partial<Experiment> = {}): Experiment => ({
  model,
  data,
  binarisation: 'none',
  settings: { latentSize: 2, widths: [512, 256] },
  training: trainingSchema.parse({}),
  seed: 0,
  ...more,
});

export const fakeRecipes: Recipe[] = [
  {
    id: 'vae-two-dimensional-code', title: 'A VAE with a two-dimensional code', lectures: ['002'], theme: 'Autoencoders', claim: 'Classes form their own regions of the code, and neighbours decode to similar digits.', lookAt: 'The scatter of test codes while it trains, then the manifold grid: no holes between the digits.', minutes: 2,
    experiment: experiment('mnist-1000', 'vae', { binarisation: 'dynamic' }),
    measurements: [],
    checks: [{ check: 'within', title: 'Outputs keep the class of their input', of: { metric: 'keptClassShare', split: 'test' }, atLeast: 0.6 }, { check: 'within', title: 'Test ELBO is above the bound', of: { metric: 'elboNats', split: 'test' }, atLeast: -190 }],
  },
  {
    id: 'ae-two-dimensional-code', title: 'An autoencoder with a two-dimensional code', lectures: ['002'], theme: 'Autoencoders', claim: 'It remembers the training images: the test error stays far above the training error.', lookAt: 'The 10 × 10 test digits beside their outputs, and the gap between the two curves.', minutes: 1.5,
    experiment: experiment('mnist-1000', 'autoencoder'),
    measurements: [],
    checks: [{ check: 'ratio', title: 'Training error well under test error', of: { metric: 'meanSquaredError', split: 'train' }, to: { metric: 'meanSquaredError', split: 'test' }, atMost: 0.7 }],
  },
  {
    id: 'collapse', title: 'Posterior collapse', lectures: ['001', '003'], theme: 'Evaluation and collapse', claim: 'With a large beta the posterior is the prior for every input, and the code tells nothing.', lookAt: 'The spectrum of the KL divergence: every dimension at zero.', minutes: 4,
    experiment: experiment('digits', 'vae', { binarisation: 'dynamic', training: { ...experiment('', '').training, steps: 2000 } }),
    variants: { 'beta 1': {}, 'beta 64': { settings: { beta: 64 } } },
    seeds: [0, 1],
    full: { training: { steps: 100_000 } },
    measurements: [{ variants: ['beta 64'], measurement: { measure: 'likelihood', estimator: 'iwae', k: 50, split: 'test', seed: 0 } }],
    checks: [
      { check: 'falls', title: 'The rate falls', of: ['beta 1', 'beta 64'].map((variant) => ({ variant, metric: 'klNats', split: 'test' as const })), by: 2 },
      { check: 'within', title: 'Nothing is left of it', of: { variant: 'beta 64', metric: 'klNats', split: 'test' }, atMost: 0.1 },
    ],
  },
];

// A number in [0, 1) from whole numbers, always the same.
const hash = (...keys: number[]): number => {
  let h = 0x811c9dc5;
  for (const key of keys) {
    h = Math.imul(h ^ key, 0x01000193);
    h ^= h >>> 15;
    h = Math.imul(h, 0x2c1b3c6d);
    h ^= h >>> 12;
  }
  return (h >>> 0) / 2 ** 32;
};
const gaussian = (...keys: number[]): number => Math.sqrt(-2 * Math.log(hash(1, ...keys) + 1e-12)) * Math.cos(2 * Math.PI * hash(2, ...keys));

// Strokes of the ten digits in a unit square.
const strokes: [number, number][][] = [
  [[0.5, 0.1], [0.75, 0.3], [0.72, 0.7], [0.5, 0.9], [0.27, 0.7], [0.25, 0.3], [0.5, 0.1]], [[0.5, 0.1], [0.5, 0.9]], [[0.28, 0.28], [0.5, 0.1], [0.72, 0.3], [0.28, 0.88], [0.75, 0.88]],
  [[0.3, 0.15], [0.7, 0.2], [0.48, 0.47], [0.72, 0.7], [0.3, 0.87]], [[0.35, 0.1], [0.28, 0.55], [0.75, 0.52], [0.68, 0.2], [0.66, 0.9]], [[0.7, 0.12], [0.35, 0.14], [0.32, 0.45], [0.68, 0.55], [0.6, 0.85], [0.3, 0.85]],
  [[0.62, 0.1], [0.32, 0.5], [0.35, 0.85], [0.65, 0.82], [0.66, 0.55], [0.34, 0.6]], [[0.27, 0.15], [0.73, 0.15], [0.45, 0.9]], [[0.5, 0.48], [0.3, 0.3], [0.5, 0.12], [0.7, 0.3], [0.3, 0.7], [0.5, 0.9], [0.7, 0.7], [0.5, 0.48]],
  [[0.7, 0.4], [0.4, 0.48], [0.33, 0.25], [0.6, 0.12], [0.7, 0.4], [0.6, 0.9]],
];

/** A drawn digit: `slant` and `weight` vary its hand, `blur` softens it. */
function drawDigit(target: Uint8Array, offset: number, height: number, width: number, digit: number, slant: number, weight: number, blur: number): void {
  const points = strokes[digit % 10] ?? [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const py = (y + 0.5) / height;
      const px = (x + 0.5) / width + slant * (py - 0.5);
      let nearest = 1;
      for (let i = 1; i < points.length; i++) {
        const [ax, ay] = points[i - 1] ?? [0, 0];
        const [bx, by] = points[i] ?? [0, 0];
        const along = Math.min(1, Math.max(0, ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)));
        nearest = Math.min(nearest, Math.hypot(px - ax - along * (bx - ax), py - ay - along * (by - ay)));
      }
      target[offset + y * width + x] = Math.round(255 / (1 + Math.exp((nearest - weight) / blur)));
    }
  }
}

function digitPictures(count: number, of: (i: number) => { digit: number; slant: number; weight: number; blur: number }, height = 28, width = 28): Pictures {
  const pixels = new Uint8Array(count * height * width);
  for (let i = 0; i < count; i++) {
    const { digit, slant, weight, blur } = of(i);
    drawDigit(pixels, i * height * width, height, width, digit, slant, weight, blur);
  }
  return { count, height, width, channels: 1, pixels };
}

const labelOf = (i: number): number => Math.floor(hash(7, i) * 10);
const hand = (i: number): { slant: number; weight: number } => ({ slant: gaussian(3, i) * 0.15, weight: 0.045 + hash(4, i) * 0.03 });
const dataPictures = (offset: number, count: number, height: number, width: number): Pictures => digitPictures(count, (i) => ({ digit: labelOf(offset + i), ...hand(offset + i), blur: 0.012 }), height, width);

const series: SeriesInfo[] = [
  { name: 'lossNats', split: 'train', unit: 'nats' },
  { name: 'reconstructionNats', split: 'train', unit: 'nats' },
  { name: 'klNats', split: 'train', unit: 'nats' },
  { name: 'lossNats', split: 'test', unit: 'nats' },
  { name: 'reconstructionNats', split: 'test', unit: 'nats' },
  { name: 'klNats', split: 'test', unit: 'nats' },
];

const latestKey = ({ name, split }: SeriesInfo): string => (split === 'train' ? name : `${name} (${split})`);

function seriesValue(seed: number, info: SeriesInfo, step: number): number {
  const noise = info.split === 'train' ? gaussian(seed, step) * 2.2 : gaussian(seed, step) * 0.4;
  const reconstruction = 128 + (seed % 9) + 415 * Math.exp(-step / 60) + 45 * Math.exp(-step / 1400) + noise + (info.split === 'test' ? 3 : 0);
  const kl = 6.9 * (1 - Math.exp(-step / 500)) + 9 * Math.exp(-step / 45) + Math.abs(noise) * 0.05;
  return info.name === 'klNats' ? kl : info.name === 'reconstructionNats' ? reconstruction : reconstruction + kl;
}

function curves(run: RunSummary, points: number, from: number, to: number): Curve[] {
  const seed = Number(run.id.slice(1));
  return series.map((info) => {
    const every = info.split === 'train' ? Math.max(1, Math.ceil((to - from) / points)) : 100;
    const steps: number[] = [];
    for (let step = Math.max(1, from); step <= to; step += every) steps.push(step);
    return { ...info, steps: Float64Array.from(steps), values: Float64Array.from(steps, (step) => seriesValue(seed, info, step)), complete: every === 1 };
  });
}

const fakeNow = Date.UTC(2026, 2, 14, 9, 0, 0);

function fakeRun(index: number, age: number, status: RunStatus, name: string, of: Experiment, step: number, now: number): RunSummary {
  const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString();
  const active = status === 'running' || status === 'paused';
  return {
    id: `r${index}`,
    name,
    status,
    error: status === 'failed' ? { code: 'not-finite', message: `klNats is NaN at step ${step + 1}.`, where: `step ${step + 1}, klNats`, repair: 'Lower the learning rate, then resume from the last checkpoint.' } : null,
    experiment: { ...of, name },
    recipe: null,
    variant: null,
    execution: null,
    step,
    checkpointStep: Math.floor(step / 1000) * 1000,
    createdAt: ago(age),
    startedAt: status === 'queued' ? null : ago(age - 3),
    endedAt: active || status === 'queued' ? null : ago(age - 180),
    stepsPerSecond: status === 'running' ? 48.6 + (index % 5) * 3 : null,
    latest: step ? Object.fromEntries(series.map((info) => [latestKey(info), seriesValue(index, info, step)])) : {},
  };
}

/** `count` runs with everything a list has to show: each status, each model, several days. */
export function fakeRuns(count: number, now = fakeNow): RunSummary[] {
  return Array.from({ length: count }, (_, i) => {
    const index = count - i;
    const model = fakeModels[index % 3] ?? fakeModels[0];
    const data = fakeDatasets[index % 7 === 0 ? 1 : index % 5 === 0 ? 2 : 0];
    const status: RunStatus = i < 1 ? 'running' : i < 2 ? 'paused' : i < 4 ? 'queued' : i % 17 === 5 ? 'failed' : i % 23 === 8 ? 'interrupted' : i % 11 === 7 ? 'stopped' : 'done';
    const steps = 10_000;
    const step = status === 'queued' ? 0 : status === 'done' ? steps : Math.floor(steps * (0.3 + 0.6 * hash(9, index)));
    return fakeRun(index, i * 3700 * (1 + i / 40) + 60, status, `${data?.id ?? ''}-${model?.id ?? ''}-${index}`, experiment(data?.id ?? '', model?.id ?? '', { seed: index % 3, binarisation: model?.id === 'vae' ? 'dynamic' : 'none' }), step, now);
  });
}

/** What a model of two-dimensional codes might answer at a step. */
export function fakeAnswer(step: number, asked: Params<'runs.probe'>['probe']): ProbeAnswer {
  const base = { step, milliseconds: 12 };
  // Training sharpens the pictures.
  const blur = 0.014 + 0.08 * Math.exp(-step / 1200);
  const of = (z1: number, z2: number): { digit: number; slant: number; weight: number; blur: number } => ({ digit: Math.floor(((Math.atan2(z2, z1) / Math.PI + 1) / 2) * 9.999), slant: z1 * 0.08, weight: 0.05 + 0.006 * Math.hypot(z1, z2), blur });
  switch (asked.kind) {
    case 'encode': {
      const means = new Float32Array(asked.count * 2);
      const labels = new Uint16Array(asked.count);
      for (let i = 0; i < asked.count; i++) {
        const label = labelOf(asked.offset + i);
        const angle = ((label + 0.5) / 10) * 2 * Math.PI - Math.PI;
        const radius = 1.4 * (1 - Math.exp(-step / 1500));
        means[2 * i] = Math.cos(angle) * radius + gaussian(5, asked.offset + i) * 0.35;
        means[2 * i + 1] = Math.sin(angle) * radius + gaussian(6, asked.offset + i) * 0.35;
        labels[i] = label;
      }
      return { kind: 'encode', ...base, latentSize: 2, means, standardDeviations: means.map(() => 0.12), labels, factors: null };
    }
    case 'decode':
      return { kind: 'decode', ...base, pictures: digitPictures(asked.count, (i) => of(asked.codes[2 * i] ?? 0, asked.codes[2 * i + 1] ?? 0)) };
    case 'sample':
      return { kind: 'sample', ...base, samplesAre: 'means', pictures: digitPictures(asked.count, (i) => of(asked.temperature * gaussian(asked.seed, i), asked.temperature * gaussian(asked.seed + 1, i))) };
    case 'reconstruct': {
      const labels = Uint16Array.from({ length: asked.count }, (_, i) => labelOf(asked.offset + i));
      const kept = Uint8Array.from({ length: asked.count }, (_, i) => (hash(8, asked.offset + i) < 0.85 ? 1 : 0));
      return { kind: 'reconstruct', ...base, inputs: dataPictures(asked.offset, asked.count, 28, 28), outputs: digitPictures(asked.count, (i) => ({ digit: (labels[i] ?? 0) + (kept[i] ? 0 : 1), ...hand(asked.offset + i), blur })), labels, keptClass: kept, inputRight: kept.map((_, i) => (hash(9, asked.offset + i) < 0.94 ? 1 : 0)), classifier: '5 nearest of 1,000 examples' };
    }
    case 'levels': {
      const sizes = [8, 32, 128];
      const heat = (level: number): number => asked.temperatures[level] ?? 1;
      const draw = (level: number, i: number): number => heat(level) * gaussian(level < asked.held ? asked.heldSeed : asked.seed, level, level < asked.held ? 0 : i);
      return { kind: 'levels', ...base, sizes, pictures: digitPictures(asked.count, (i) => ({ digit: of(draw(0, i), draw(0, i + 1)).digit, slant: 0.15 * draw(1, i), weight: Math.max(0.02, 0.055 + 0.01 * draw(2, i)), blur })) };
    }
    case 'points': {
      const moon = (i: number, spread: number): [number, number] => {
        const angle = Math.PI * hash(11, i);
        const second = i % 2 === 1;
        return [(second ? 1 - Math.cos(angle) : Math.cos(angle)) + spread * gaussian(12, i), (second ? 0.5 - Math.sin(angle) : Math.sin(angle)) + spread * gaussian(13, i)];
      };
      const table = (from: number, spread: number): Float32Array => Float32Array.from(Array.from({ length: asked.count }, (_, i) => moon(from + i, spread)).flat());
      return { kind: 'points', ...base, columns: 2, data: table(asked.offset, 0.1), samples: table(10_000 + asked.seed, 0.1 + 0.05 * asked.temperature), samplesAre: 'draws', labels: null };
    }
    case 'spectrum': {
      const perDimension = Float64Array.from({ length: 12 }, (_, d) => (d % 3 === 2 ? 0.0004 : 3.2 / (d + 1)));
      return { kind: 'spectrum', ...base, examples: asked.count, kl: perDimension.reduce((sum, value) => sum + value, 0), perDimension, meanVariances: perDimension.map((value) => Math.min(1, value / 2)), perLevel: null };
    }
    case 'density': {
      const { x, y = [0, 0], resolution } = asked;
      const at = ([from, to]: readonly number[], i: number): number => (from ?? 0) + ((i + 0.5) / resolution) * ((to ?? 0) - (from ?? 0));
      const columns = asked.y ? 2 : 1;
      const logDensity = Float32Array.from({ length: resolution ** columns }, (_, i) => -0.5 * (at(x, i % resolution) ** 2 + at(y, Math.floor(i / resolution)) ** 2) - (columns / 2) * Math.log(2 * Math.PI));
      return { kind: 'density', ...base, logDensity, trueLogDensity: logDensity.map((log) => log + 0.02), integral: 0.9987, inside: null, gap: { nats: 0.031, standardError: 0.004, examples: 1000 } };
    }
    case 'stages': {
      const rows = asked.count + asked.points.length / 2;
      const start = Float32Array.from({ length: 2 * rows }, (_, i) => (i < 2 * asked.count ? gaussian(14, i) : (asked.points[i - 2 * asked.count] ?? 0)));
      const stages = Array.from({ length: 5 }, (_, k) => ({ name: k === 0 ? 'data' : `coupling ${k}`, size: 2, values: start.map((value) => value * (1 - 0.1 * k)), logDet: new Float32Array(rows).fill(-0.2 * k), residual: k === 0 ? null : 6e-8 * k, shapes: null }));
      return { kind: 'stages', ...base, stages, count: asked.count, roundTrip: 3.1e-7 };
    }
    case 'aggregate': {
      const codes = (from: number, spread: number): Float32Array => Float32Array.from({ length: 2 * asked.count }, (_, i) => spread * gaussian(from, i));
      const logPrior = new Float32Array(asked.resolution ** 2).fill(-3);
      return { kind: 'aggregate', ...base, latentSize: 2, examples: asked.count, holes: 0.083, logRatio: logPrior.map((_, i) => 4 * gaussian(15, i) - 1), logPrior, prior: codes(16, 1), priorRatio: new Float32Array(asked.count).map((_, i) => (i % 12 === 0 ? -5 : 0)), aggregate: codes(17, 0.9) };
    }
    case 'complete': {
      const inputs = dataPictures(asked.offset, asked.count, 28, 28);
      const drawn = digitPictures(asked.count, (i) => of(asked.temperature * gaussian(asked.seed, i), asked.temperature * gaussian(asked.seed + 1, i)));
      const pixels = drawn.pixels.map((value, i) => (i % 784 < asked.known ? (inputs.pixels[i] ?? 0) : value));
      return { kind: 'complete', ...base, size: 784, inputs, pictures: { ...drawn, pixels } };
    }
    case 'conditionals': {
      const inputs = dataPictures(asked.offset, asked.count, 28, 28);
      return { kind: 'conditionals', ...base, inputs, means: inputs, spread: Float32Array.from(inputs.pixels, (value) => (value > 20 && value < 235 ? 0.9 : 0.05)), measure: 'bits' };
    }
    case 'receptive-field': {
      // All before the pixel but a wedge to the upper right.
      const [row, column] = [Math.floor(asked.pixel / 28), asked.pixel % 28];
      const field = Float32Array.from({ length: 784 }, (_, i) => (i < asked.pixel && i % 28 - column <= row - Math.floor(i / 28) ? Math.exp(-Math.hypot(row - Math.floor(i / 28), column - (i % 28))) : 0));
      return { kind: 'receptive-field', ...base, height: 28, width: 28, field, examples: asked.count };
    }
    case 'reconstruct-rows': {
      const inputs = Float32Array.from({ length: 2 * asked.count }, (_, i) => gaussian(23, i));
      return { kind: 'reconstruct-rows', ...base, columns: 2, inputs, outputs: inputs.map((value, i) => (i % 2 === 0 ? value : 0)), squaredError: { value: 1.0234, standardError: 0.0456, rows: asked.count } };
    }
    case 'edit': {
      const truth = dataPictures(asked.offset, asked.count, 28, 28);
      const given = { ...truth, pixels: truth.pixels.map((value, i) => (asked.damage === 'lower half' && i % 784 >= 392 ? 128 : Math.min(255, Math.max(0, value + 60 * gaussian(asked.seed, i))))) };
      return { kind: 'edit', ...base, truth, given, outputs: digitPictures(asked.count, (i) => ({ digit: labelOf(asked.offset + i), ...hand(asked.offset + i), blur })), by: 'reconstruction' };
    }
    case 'estimators': {
      const ks = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].filter((k) => k <= asked.draws);
      return { kind: 'estimators', ...base, examples: asked.count, ks, elbo: -101.2, weighted: Float64Array.from(ks, (k) => -97 - 4.2 / (1 + Math.log(k))), effective: Float64Array.from(ks, (k) => k ** 0.6), naive: Float64Array.from(ks, (k) => -97 - 90 / (1 + Math.log(k))), sums: { weights: new Float64Array(asked.count).fill(Math.log(asked.draws) - 97.5), squares: new Float64Array(asked.count).fill(Math.log(asked.draws) - 194), naive: new Float64Array(asked.count).fill(Math.log(asked.draws) - 108) } };
    }
    case 'factors':
      return {
        kind: 'factors', ...base, examples: asked.count, names: ['shape', 'scale', 'x', 'y'], constant: ['colour'], information: [[0.02, 0.01, 0.71, 0.02], [0.01, 0.02, 0.03, 0.69], [0.31, 0.4, 0.02, 0.01]],
        response: [[0.03, 0.02, 0.16, 0.01], [0.02, 0.03, 0.01, 0.15], [0.11, 0.12, 0.02, 0.02]],
        scores: [
          { name: 'Mutual information gap', source: 'Chen et al. 2018', estimator: 'mutual information gap, 20 bins (Chen et al. 2018)', value: 0.36, floor: 0.004 },
          { name: 'FactorVAE score', source: 'Kim and Mnih 2018', estimator: 'FactorVAE score, 800 votes to learn from and 400 to test on, each of 64 examples (Kim and Mnih 2018)', value: 0.81, floor: 0.29 },
        ],
      };
    case 'foreign': {
      const around = (count: number, mean: number, deviation: number, seed: number): Float32Array => Float32Array.from({ length: count }, (_, i) => mean + deviation * gaussian(seed, i));
      const [own, other] = [asked.count, asked.pictures.count];
      return {
        kind: 'foreign', ...base, estimator: 'ELBO', entropy: 99.4,
        scores: {
          likelihood: { own: around(own, -100, 9, 18), other: around(other, -90, 12, 19), auroc: 0.252 },
          typicality: { own: around(Math.floor(own / asked.batch), 3, 1, 20), other: around(Math.floor(other / asked.batch), 9, 3, 21), auroc: 0.971 },
          complexity: { own: around(own, -400, 60, 22), other: around(other, -150, 90, 23), auroc: 0.989 },
        },
      };
    }
    case 'cost':
      return { kind: 'cost', ...base, points: [8, 16, 32, 64].map((size) => ({ size, density: 0.02 + 0.0001 * size, sampling: 0.003 * size ** 1.2 })), examples: 16, repeats: 15, density: 'ELBO', compute: 'TensorFlow 2.9.1 on CPU' };
  }
}

/** A core in memory for component tests and for looking at pages: the same questions always get the same answers. */
export function fakeClient({ runs: startRuns = fakeRuns(40), delayMs = 0, live = false }: { runs?: RunSummary[]; delayMs?: number; live?: boolean } = {}): FakeClient {
  let status: ConnectionStatus = 'connected';
  let preferences: Preferences = defaultPreferences;
  let datasets = fakeDatasets;
  const runs = new Map(startRuns.map((run) => [run.id, run]));
  const listeners = new Set<(event: CoreEvent) => void>();
  const statusListeners = new Set<(status: ConnectionStatus) => void>();
  const calls: FakeClient['calls'] = [];
  const publish = (event: CoreEvent): void => listeners.forEach((listener) => listener(event));

  const known = (id: string): RunSummary => runs.get(id) ?? refuse('not-found', `There is no run ${id}.`);
  const change = (id: string, part: Partial<RunSummary>): RunSummary => {
    const run = { ...known(id), ...part };
    runs.set(id, run);
    publish({ type: 'run', run });
    return run;
  };
  const dataset = (id: string): DatasetInfo => datasets.find((set) => set.id === id) ?? refuse('not-found', `There is no data set ${id}.`);
  const preview = ({ id, title, path }: Params<'datasets.import'>): Answers['datasets.preview'] => ({
    kind: 'idx',
    info: { ...(fakeDatasets[0] as DatasetInfo), id, title: title ?? id, counts: { train: 60_000, valid: 0, test: 10_000 }, protocol: 'The source\'s own split.', builtIn: false },
    files: [{ path: `${path}/train-images-idx3-ubyte.gz`, role: 'training images' }, { path: `${path}/train-labels-idx1-ubyte.gz`, role: 'training labels' }, { path: `${path}/t10k-images-idx3-ubyte.gz`, role: 'test images' }, { path: `${path}/t10k-labels-idx1-ubyte.gz`, role: 'test labels' }],
    first: { kind: 'pictures', pictures: dataPictures(0, 40, 28, 28), labels: Uint16Array.from({ length: 40 }, (_, i) => labelOf(i)) },
  });

  const created = (given: Params<'runs.create'>['experiment'], from: Pick<RunSummary, 'recipe' | 'variant' | 'execution'> = { recipe: null, variant: null, execution: null }): RunSummary => {
    const of = { ...experiment(given.data, given.model), ...given, training: { ...experiment('', '').training, ...given.training } } as Experiment;
    const latentSize = of.settings['latentSize'];
    if (typeof latentSize === 'number' && latentSize > 512) refuse('bad-experiment', 'settings.latentSize must be at most 512.', { where: 'experiment, settings.latentSize' });
    const busy = [...runs.values()].some((run) => run.status === 'running');
    const run = { ...fakeRun(runs.size + 1, 0, busy ? 'queued' : 'running', of.name ?? `${of.data}-${of.model}-${runs.size + 1}`, of, 0, Date.now()), ...from };
    runs.set(run.id, run);
    publish({ type: 'run', run });
    return run;
  };
  const measuring = new Set<string>();
  const execution = (id: string): Execution => {
    const own = [...runs.values()].filter((run) => run.execution === id);
    const recipe = fakeRecipes.find((each) => each.id === own[0]?.recipe);
    if (!recipe) return refuse('not-found', `No recipe was started under "${id}".`);
    const state = own.some(({ status }) => activeStatuses.includes(status)) ? 'training' : measuring.has(id) ? 'measuring' : own.every(({ status }) => status === 'done') ? 'done' : 'ended';
    const checks = recipe.checks.map((check, i) => ({ id: String(i), title: check.title, passed: i % 2 === 0, value: i % 2 === 0 ? 3.21 : 0.154, threshold: checkInWords(check), evidence: 'KL 3.210, the mean of 3.100, 3.320, nats (ELBO, 1 sample, analytic KL; test split, dynamic binarisation, n = 250, step 2000)', measured: [{ name: 'β 1', values: [3.1, 3.32], unit: 'nats', what: 'ELBO, 1 sample, analytic KL; test split, dynamic binarisation, n = 250, step 2000' }] }));
    return { id, recipe: recipe.id, full: own[0]?.name.includes('full size') ?? false, state, runs: own, problems: [], checks: state === 'done' ? checks : [] };
  };
  const bring = (id: string, to: 'measuring' | 'done'): void => {
    if (to === 'measuring') measuring.add(id);
    else measuring.delete(id);
    for (const run of execution(id).runs) if (run.status !== 'done') change(run.id, { status: 'done', step: run.experiment.training.steps, stepsPerSecond: null, endedAt: new Date().toISOString() });
    const now = execution(id);
    publish({ type: 'execution', execution: now });
    if (to === 'measuring') publish({ type: 'progress', what: `measure ${now.runs[0]?.id ?? ''}`, done: 125, total: 250 });
  };

  const handlers: Handlers = {
    'system.info': () => ({ version: '0.1.0', home: '/home/ada/.local/share/elbo', storeBytes: 41_000_000, freeBytes: 312e9, cores: 16, compute: { device: 'CPU', library: 'TensorFlow 2.21.0' }, slots: 1 }),
    'system.doctor': () => ({
      compute: { backend: 'tensorflow', device: 'CPU, 16 threads', library: 'TensorFlow 2.21.0', why: 'Found in the library folder of Elbo; no GPU answers.', faster: 'A CUDA GPU with its driver would train about ten times faster. Install the driver, then run `npm run compute`.' },
      versions: { elbo: '0.1.0', node: '24.21.0', electron: '45.4.1', tfjs: '4.22.0' },
      findings: [
        { subject: 'Compute library', state: 'ok', text: 'TensorFlow 2.21.0 loads and multiplies correctly.', where: '/home/ada/.local/share/elbo/compute' },
        { subject: 'GPU', state: 'missing', text: 'No NVIDIA driver answers.', where: '/proc/driver/nvidia', repair: 'Install the driver if there is a GPU in this machine.' },
        { subject: 'WebAssembly', state: 'ok', text: 'Can train the same models, more slowly.' },
        { subject: 'Store', state: 'ok', text: 'Can be written to; 312 GB free.', where: '/home/ada/.local/share/elbo' },
        { subject: 'Display', state: 'note', text: 'This page is served; there is no Electron.' },
      ],
    }),
    'preferences.get': () => preferences,
    'preferences.set': (part) => (preferences = { ...preferences, ...(part.theme && { theme: part.theme }), ...(part.onClose && { onClose: part.onClose }) }),
    'models.list': () => fakeModels,
    'recipes.list': () => fakeRecipes,
    'recipes.problems': () => [],
    'recipes.start': ({ id, full }) => {
      const recipe = fakeRecipes.find((each) => each.id === id) ?? refuse('not-found', `There is no recipe "${id}".`);
      const name = `execution ${runs.size + 1}`;
      for (const { variant, experiment: of } of runsOf(recipe, { full: full ?? false })) created(of, { recipe: id, variant, execution: name });
      return execution(name);
    },
    'recipes.execution': ({ execution: name }) => execution(name),
    'recipes.stop': ({ execution: name }) => {
      for (const { id, status } of execution(name).runs) if (activeStatuses.includes(status)) change(id, { status: 'stopped', stepsPerSecond: null, endedAt: new Date().toISOString() });
      return execution(name);
    },
    'recipes.measure': ({ execution: name }) => {
      bring(name, 'measuring');
      return execution(name);
    },
    'datasets.list': () => datasets,
    'datasets.page': ({ id, offset, count }) => {
      const set = dataset(id);
      const n = Math.max(0, Math.min(count, set.counts.train - offset));
      return { kind: 'pictures', pictures: dataPictures(offset, n, set.height, set.width), labels: set.classes ? Uint16Array.from({ length: n }, (_, i) => labelOf(offset + i)) : null };
    },
    'datasets.preview': preview,
    'datasets.import': async (params) => {
      for (let done = 0; done <= 70_000 && delayMs; done += 7_000) {
        publish({ type: 'progress', what: `import ${params.id}`, done, total: 70_000 });
        await new Promise((resolve) => setTimeout(resolve, delayMs));
      }
      const { info } = preview(params);
      datasets = [...datasets, info];
      publish({ type: 'datasets' });
      return info;
    },
    'datasets.sources': () => [
      { id: 'fashion-mnist', title: 'Fashion-MNIST', licence: 'MIT', source: 'Xiao, Rasul and Vollgraf 2017', files: [{ name: 'train-images-idx3-ubyte.gz', bytes: 26_421_880, urls: ['https://example.org/train-images-idx3-ubyte.gz'], sum: null }], byHand: null },
      { id: 'gas', title: 'GAS', licence: 'CC BY 4.0', source: 'Papamakarios et al. 2017', files: [{ name: 'ethylene_CO.csv', bytes: 0, urls: [], sum: null }], byHand: 'Unpack the archive by hand.' },
    ],
    'datasets.fetch': async ({ id }) => {
      for (let done = 0; done <= 10 && delayMs; done++) {
        publish({ type: 'progress', what: `fetch ${id}`, done, total: 10 });
        await new Promise((resolve) => setTimeout(resolve, delayMs));
      }
      const { info } = preview({ id, path: '/fetched' });
      datasets = [...datasets, info];
      publish({ type: 'datasets' });
      return info;
    },
    'datasets.cancelImport': () => null,
    'datasets.remove': ({ id }) => {
      datasets = datasets.filter((set) => set.id !== id);
      publish({ type: 'datasets' });
      return null;
    },
    'runs.list': () => [...runs.values()],
    'runs.get': ({ id }): RunDetail => {
      const run = known(id);
      const model = fakeModels.find((info) => info.id === run.experiment.model);
      return {
        ...run,
        abilities: model?.abilities ?? [],
        latentSize: 2,
        parameterCount: 1_074_980,
        compute: { backend: 'tensorflow', device: 'CPU', library: 'TensorFlow 2.21.0', lowering: 'eager' },
        dataset: datasets.find((set) => set.id === run.experiment.data) ?? null,
        evaluations: run.status === 'done' ? [{ metric: 'elboNats', value: -138.99, standardError: 0.9, unit: 'nats', estimator: 'ELBO, 1 sample, analytic KL', k: null, split: 'test', protocol: 'dynamic binarisation', n: 1000, step: run.step }] : [],
        checks: run.status === 'done' && run.recipe ? [{ id: 'kept', title: 'Outputs keep the class of their input', passed: true, value: 0.71, threshold: 'at least 0.6', evidence: '710 of 1,000 test digits' }] : [],
        series,
      };
    },
    'runs.create': ({ experiment: of }) => created(of),
    'runs.check': () => null,
    'runs.pause': ({ id }) => change(id, { status: 'paused', stepsPerSecond: null }),
    'runs.continue': ({ id }) => change(id, { status: 'running', stepsPerSecond: 48.6 }),
    'runs.stop': ({ id }) => change(id, { status: 'stopped', stepsPerSecond: null, endedAt: new Date().toISOString() }),
    'runs.resume': ({ id }) => change(id, { status: 'running', stepsPerSecond: 48.6, error: null, endedAt: null }),
    'runs.rename': ({ id, name }) => change(id, { name }),
    'runs.remove': ({ id }) => {
      runs.delete(id);
      publish({ type: 'run-removed', id });
      return null;
    },
    'runs.curves': ({ id, points, from, to }) => curves(known(id), points, from ?? 0, Math.min(to ?? Infinity, known(id).step)),
    'runs.probe': ({ id, probe: asked }) => fakeAnswer(known(id).step, asked),
    'runs.measure': () => [],
    'runs.cancelMeasure': () => null,
    'runs.log': ({ id }) => `${known(id).name}\nopened at step 0\ncheckpoint at step 1000\n`,
  };

  if (live) {
    const brought = new Set<string>();
    setInterval(() => {
      for (const run of runs.values()) {
        if (run.status !== 'running') continue;
        const step = Math.min(run.experiment.training.steps, run.step + 20);
        const latest = Object.fromEntries(series.map((info) => [latestKey(info), seriesValue(Number(run.id.slice(1)), info, step)]));
        change(run.id, { step, latest, ...(step === run.experiment.training.steps && { status: 'done' as const, stepsPerSecond: null }) });
      }
      const [next] = [...runs.values()].filter(({ status }) => status === 'queued');
      if (next && ![...runs.values()].some(({ status }) => status === 'running')) change(next.id, { status: 'running', stepsPerSecond: 48.6 });
      for (const id of [...measuring]) bring(id, 'done');
      for (const id of new Set([...runs.values()].flatMap((run) => run.execution ?? []))) {
        if (brought.has(id) || execution(id).state !== 'done') continue;
        brought.add(id);
        bring(id, 'measuring');
      }
    }, 250);
  }

  return {
    calls,
    answer: (method, handler) => void Object.assign(handlers, { [method]: handler }),
    publish,
    bring,
    setStatus: (next) => {
      status = next;
      statusListeners.forEach((listener) => listener(next));
    },
    call: async (method, params) => {
      calls.push({ method, params });
      if (delayMs) await new Promise((resolve) => setTimeout(resolve, delayMs));
      if (status !== 'connected') throw new Refusal({ code: 'disconnected', message: 'The core went away before it answered.' });
      return handlers[method](params);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    status: () => status,
    onStatus: (listener) => {
      statusListeners.add(listener);
      return () => void statusListeners.delete(listener);
    },
  };
}
