import { expect, it } from 'vitest';
import { fakeDatasets } from '../client/fake';
import { detailOf } from './bench';
import { offeredPanels, panels } from './registry';

const ids = (list: readonly { id: string }[]) => list.map(({ id }) => id);
const table = fakeDatasets[0] && { ...fakeDatasets[0], kind: 'table' as const, height: 1, width: 1, channels: 2, columns: ['x1', 'x2'] };

it('a run is offered the panels that its abilities can serve, and no other', () => {
  const { offered, lacking } = offeredPanels(detailOf({ abilities: ['encode', 'decode', 'reconstruct'] }));
  expect(ids(offered)).toEqual(['loss-curves', 'latent-scatter', 'manifold-grid', 'reconstructions', 'model-card', 'traversals', 'interpolation', 'editing']);
  expect(lacking.find(({ panel }) => panel.id === 'samples')?.why).toBe('needs sampling');
  expect(lacking.find(({ panel }) => panel.id === 'aggregate')?.why).toBe('needs a prior and an ELBO');
  expect(offered.length + lacking.length).toBe(panels.length);
});

it('a run without abilities has its curves and its card', () => {
  expect(ids(offeredPanels(detailOf({ abilities: [] })).offered)).toEqual(['loss-curves', 'model-card']);
});

it('pictures and tables have panels of their own', () => {
  const abilities = ['encode', 'decode', 'sample', 'logProb', 'stages'] as const;
  const ofPictures = offeredPanels(detailOf({ abilities: [...abilities] }));
  expect(ids(ofPictures.offered)).toEqual(['loss-curves', 'flow-stages', 'latent-scatter', 'manifold-grid', 'samples', 'model-card', 'traversals', 'interpolation', 'out-of-distribution', 'cost']);
  expect(ofPictures.lacking.find(({ panel }) => panel.id === 'density')?.why).toBe('needs a table of one or two columns');
  const ofTable = offeredPanels(detailOf({ abilities: [...abilities], dataset: table ?? null }));
  expect(ids(ofTable.offered)).toEqual(['loss-curves', 'density', 'points', 'flow-stages', 'latent-scatter', 'model-card', 'cost']);
  expect(ids(offeredPanels(detailOf({ abilities: [...abilities], dataset: table ? { ...table, channels: 6 } : null })).offered)).toEqual(['loss-curves', 'points', 'flow-stages', 'latent-scatter', 'model-card', 'cost']);
  const oneColumn = offeredPanels(detailOf({ abilities: ['logProb', 'stages', 'sample', 'reconstruct'], dataset: table ? { ...table, channels: 1, columns: ['x'] } : null }));
  expect(ids(oneColumn.offered)).toEqual(['loss-curves', 'density', 'points', 'flow-stages', 'model-card', 'cost']);
});

it('a code that is all of an example has no grid over two of its numbers, and gives back what is to be edited', () => {
  const { height, width, channels } = detailOf({}).dataset ?? { height: 0, width: 0, channels: 0 };
  const why = (latentSize: number, ...known: ('logProb' | 'elbo')[]) => {
    const { lacking } = offeredPanels(detailOf({ abilities: ['decode', 'reconstruct', ...known], latentSize }));
    return ['manifold-grid', 'editing'].map((id) => lacking.find(({ panel }) => panel.id === id)?.why);
  };
  const values = height * width * channels;
  expect(why(values, 'logProb')).toEqual([expect.stringMatching(/Interpolation has a surface/), 'a flow gives back what it is given']);
  expect(why(values - 1, 'logProb')).toEqual([undefined, undefined]);
  expect(why(values, 'elbo')).toEqual([undefined, undefined]);
});

it('rows that a flow gives back are its stages alone; of what is not a bijection, and of pictures, they are a panel', () => {
  const offers = (latentSize: number, ofTable: boolean): boolean => ids(offeredPanels(detailOf({ abilities: ['reconstruct', 'logProb', 'stages', 'sample'], latentSize, ...(ofTable && { dataset: table ?? null }) })).offered).includes('reconstructions');
  expect([offers(2, true), offers(1, true), offers(784, false)]).toEqual([false, true, true]);
});

it('every panel explains itself: what it shows, how to read it, where it comes from', () => {
  expect(new Set(ids(panels)).size).toBe(panels.length);
  for (const { help } of panels) for (const text of Object.values(help)) expect(text.length).toBeGreaterThan(20);
});
