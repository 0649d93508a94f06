import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Range } from '../plots/plot';
import { wholeViewport, type Viewport } from './viewport';

/** Two latent dimensions, across and up, from 0. */
export type Dims = readonly [number, number];

/** What each latent dimension tells of the examples, as it was at a step: its divergence from the prior in nats, or where that is not known the variance of its test codes; null where neither is. */
export interface Telling {
  step: number;
  unit: 'nats' | 'variance';
  values: Float64Array | null;
}

/**
 * What the panels of one page have in common: pointing or zooming in one shows in all. A run's page has one, so has a
 * comparison, which is what links the panels of its runs.
 */
export interface Linked {
  /** The step under the crosshair. */
  step: number | null;
  /** The steps that curves show; null for all. */
  steps: Range | null;
  logY: boolean;
  /** Mean life of the smoothing, steps; 0 for none. */
  smoothing: number;
  /** Which two latent dimensions a person chose; null for those that tell most. */
  dims: Dims | null;
  /** Of each run, where there is a choice of dimensions. */
  telling: Readonly<Record<string, Telling>>;
  /** How many test codes the scatter shows; null for all. */
  codes: number | null;
  ellipses: boolean;
  /** What colours the codes: the class, or a factor by its name; null for the first of what there is. */
  colourBy: string | null;
  /** The scatter's axes where a person chose them; null fits them to the codes. */
  latentRange: { x: Range; y: Range } | null;
  /** The box that each run's codes need; scatters share the union. */
  latentFits: Readonly<Record<string, { x: Range; y: Range }>>;
  /** The code pointed at, in the shown dimensions. */
  code: readonly [number, number] | null;
  /** The test example pointed at. */
  example: number | null;
  viewport: Viewport;
  /** Cells along each side of the manifold grid. */
  gridSize: number;
  temperature: number;
}

/** Every run draws its samples from the same noise. */
export const noiseSeed = 0;

/** The end of every temperature slider. */
export const hottest = 1.2;

export type LinkedStore = StoreApi<Linked>;

export const createLinked = (start: Partial<Linked> = {}): LinkedStore =>
  createStore<Linked>(() => ({
    step: null,
    steps: null,
    logY: false,
    smoothing: 0,
    dims: null,
    telling: {},
    codes: 256,
    ellipses: false,
    colourBy: null,
    latentRange: null,
    latentFits: {},
    code: null,
    example: null,
    viewport: wholeViewport,
    gridSize: 20,
    temperature: 1,
    ...start,
  }));

const LinkedContext = createContext<LinkedStore | null>(null);
export const LinkedProvider = LinkedContext.Provider;

export function useLinkedStore(): LinkedStore {
  const store = useContext(LinkedContext);
  if (!store) throw new Error('Panels need a LinkedProvider above them.');
  return store;
}

export const useLinked = <T>(select: (state: Linked) => T): T => useStore(useLinkedStore(), select);
export const useSetLinked = (): LinkedStore['setState'] => useLinkedStore().setState;
