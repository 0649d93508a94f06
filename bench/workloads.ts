import type { DataShape } from '../src/contract/models';

/** A registered model, at the size and on data of the kind that are timed: docs/performance.md has the layer lists. */
export interface Workload {
  id: string;
  title: string;
  /** Its id in the registry. */
  model: string;
  /** Those that differ from the model's defaults. */
  settings: Record<string, unknown>;
  data: DataShape;
  batch: number;
  /** What its sampling row times; absent where there is none. */
  sample?: Sampling;
}

export interface Sampling {
  title: string;
  /** The ability that is asked; `decode` is given its codes. */
  ability: 'sample' | 'decode';
  count: number;
}

const examples = 10_000;
const pictures = (side: number, channels: number, levels: number): DataShape => ({ kind: 'pictures', levels, examples, height: side, width: side, channels, binary: levels === 2 });
const plane: DataShape = { kind: 'table', levels: null, examples, height: 1, width: 1, channels: 2, binary: false };

const all: Workload[] = [
  { id: 'W1', title: 'MLP VAE', model: 'vae', settings: { latentSize: 20 }, data: pictures(28, 1, 2), batch: 128, sample: { title: '400 decoded grid points', ability: 'decode', count: 400 } },
  { id: 'W2', title: 'convolutional VAE', model: 'vae', settings: { network: 'conv', channels: [32, 64, 128], latentSize: 64, likelihood: 'gaussian-fixed', sigma: 1 }, data: pictures(32, 3, 256), batch: 64 },
  { id: 'W3', title: 'IWAE, K = 50', model: 'vae', settings: { latentSize: 20, objective: 'iwae', importanceSamples: 50 }, data: pictures(28, 1, 2), batch: 20 },
  { id: 'W4', title: 'MADE', model: 'made', settings: { widths: [1000] }, data: pictures(28, 1, 2), batch: 128 },
  { id: 'W5', title: 'RealNVP in the plane', model: 'realnvp', settings: {}, data: plane, batch: 512 },
  { id: 'W6', title: 'Glow, two levels', model: 'glow', settings: { filters: 64 }, data: pictures(32, 3, 256), batch: 16, sample: { title: '16 images', ability: 'sample', count: 16 } },
  { id: 'W7', title: 'gated PixelCNN', model: 'gated-pixelcnn', settings: {}, data: pictures(28, 1, 2), batch: 16, sample: { title: '16 images', ability: 'sample', count: 16 } },
  { id: 'W8', title: 'FFJORD in the plane', model: 'ffjord', settings: { solverSteps: 6, widths: [64, 64] }, data: plane, batch: 256 },
  { id: 'W9', title: 'hierarchical VAE', model: 'residual-hvae', settings: { filters: 32, halvings: 3, latentChannels: [8, 8, 4], likelihood: 'bernoulli' }, data: pictures(32, 1, 2), batch: 32 },
];

export const workloads: Partial<Record<string, Workload>> = Object.fromEntries(all.map((workload) => [workload.id, workload]));
