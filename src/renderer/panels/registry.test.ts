import { expect, it } from 'vitest';
import { offeredPanels, panels } from './registry';

const ids = (list: readonly { id: string }[]) => list.map(({ id }) => id);

it('a run is offered the panels that its abilities can serve, and no other', () => {
  const { offered, lacking } = offeredPanels(['encode', 'decode', 'reconstruct']);
  expect(ids(offered)).toEqual(['loss-curves', 'latent-scatter', 'manifold-grid', 'reconstructions', 'model-card']);
  expect(lacking.map(({ panel, missing }) => [panel.id, missing])).toEqual([['samples', ['sample']]]);
});

it('a run without abilities has its curves and its card', () => {
  expect(ids(offeredPanels([]).offered)).toEqual(['loss-curves', 'model-card']);
});

it('every panel explains itself: what it shows, how to read it, where it comes from', () => {
  expect(new Set(ids(panels)).size).toBe(panels.length);
  for (const { help } of panels) for (const text of Object.values(help)) expect(text.length).toBeGreaterThan(20);
});
