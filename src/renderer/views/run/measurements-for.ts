import { measurementSchema, type Measurement } from '../../../contract/measurements';
import type { Ability } from '../../../contract/models';
import type { RunDetail } from '../../../contract/runs';

/** A measurement as it is offered for a run. */
export interface Offered {
  title: string;
  /** What comes out, in a sentence. */
  gives: string;
  measurement: Measurement;
}

interface Kind extends Offered {
  needs: readonly Ability[];
  suits?: (run: Pick<RunDetail, 'dataset' | 'abilities' | 'latentSize'>) => boolean;
}

const kind = (title: string, gives: string, needs: readonly Ability[], measurement: object, suits?: Kind['suits']): Kind => ({ title, gives, needs, measurement: measurementSchema.parse(measurement), ...(suits && { suits }) });

const ofPictures: Kind['suits'] = ({ dataset }) => dataset?.kind === 'pictures';
const ofPlanes: Kind['suits'] = ({ dataset }) => dataset?.kind === 'table' && dataset.channels === 2;
const ofTables: Kind['suits'] = ({ dataset }) => dataset?.kind === 'table';
const withClasses: Kind['suits'] = ({ dataset }) => Boolean(dataset?.classes);

/** In the order of the list, with amounts that take seconds, or a minute or two. */
const kinds: readonly Kind[] = [
  kind('Timing', 'What 100 samples, and the densities (or bounds) of 100 examples, take at once', [], { measure: 'timing', limit: 100 }, ({ abilities }) => (['sample', 'logProb', 'elbo'] as const).some((ability) => abilities.includes(ability))),
  kind('Timing by size', 'The same of one example, by the number of its values', [], { measure: 'cost' }, ({ abilities }) => (['sample', 'logProb', 'elbo'] as const).some((ability) => abilities.includes(ability))),
  kind('log p(x)', 'Exact, over the test split', ['logProb'], { measure: 'likelihood', estimator: 'exact' }),
  kind('ELBO', 'Of 10 draws for each example, over the test split', ['elbo'], { measure: 'likelihood', estimator: 'elbo', k: 10 }),
  kind('log p(x), importance weighted', '1,000 draws for each of 100 examples', ['importance'], { measure: 'likelihood', estimator: 'iwae', k: 1000, limit: 100 }),
  kind('log p(x), by draws from the prior', '1,000 draws for each of 100 examples', ['prior', 'decode'], { measure: 'likelihood', estimator: 'naive', k: 1000, limit: 100 }),
  kind('Density', 'Its integral on 400 x 400 cells, and its gap to the truth where that is known', ['logProb'], { measure: 'density' }, ofPlanes),
  kind('Divergence by samples', 'KL(q || p*) by 20,000 samples, where the density of the data is known', ['sample', 'logProb'], { measure: 'reverse-divergence' }, ({ dataset }) => Boolean(dataset?.builtIn) && dataset?.kind === 'table' && dataset.channels === 2),
  kind('Round trip', 'How far 1,000 examples come back from their codes', ['stages', 'encode', 'decode'], { measure: 'round-trip', limit: 1000 }),
  kind('Layers', 'Of each layer: its volume, its inverse, and how far 200 examples are from normal after it', ['stages'], { measure: 'layers', limit: 200 }),
  kind('Inversion', 'The inverse of examples up to 100 times as far from the origin', ['stages'], { measure: 'inversion', scales: [1, 10, 100], limit: 1000 }, ofTables),
  kind('Compression', '20 pictures coded by an arithmetic coder, and decoded', ['conditionals'], { measure: 'compression', limit: 20 }, ofPictures),
  kind('Samples beside data', '1,000 samples: their distance to the data, how sharp they are, what they copy', ['sample'], { measure: 'samples' }),
  kind('Temperatures', 'How far 100 samples are from each other at 0.5, 0.7 and 1', ['sample'], { measure: 'temperatures', temperatures: [0.5, 0.7, 1] }),
  kind('Bound, two ways', 'Variance of the bound with its divergence in closed form, and by its sample', ['elbo', 'importance', 'encode'], { measure: 'bound-variance', limit: 100 }),
  kind('Levels', 'The divergence of each level, and what each adds to samples', ['levels', 'elbo'], { measure: 'levels', limit: 100 }),
  kind('Holes', 'How far 1,000 codes of the prior decode from the data, inside and outside of holes', ['encode', 'prior', 'decode'], { measure: 'holes' }, ofPictures),
  kind('Manifold', 'How much neighbours on the grid of codes differ', ['decode', 'prior'], { measure: 'manifold' }, (run) => ofPictures(run) && (run.latentSize ?? 0) >= 2),
  kind('Amortisation', 'What the encoder lacks of the best posteriors of 50 examples', ['encode', 'decode', 'prior', 'elbo'], { measure: 'amortisation', limit: 50 }),
  kind('Classes', 'Told by codes, and by the data themselves', ['encode'], { measure: 'labels' }, withClasses),
  kind('Disentanglement', 'Scores by the known factors, each with its floor', ['encode'], { measure: 'disentanglement', limit: 2000 }, ({ dataset }) => dataset?.factors !== null && dataset?.factors !== undefined),
  kind('Repair', 'Pictures with noise given to the model, and its answer held against the truth', ['reconstruct'], { measure: 'repair', corruption: 'gaussian' }, ofPictures),
];

/** What can be measured of a run, with usual amounts. */
export const measurementsFor = (run: Pick<RunDetail, 'dataset' | 'abilities' | 'latentSize'>): Offered[] => kinds.filter(({ needs, suits }) => needs.every((ability) => run.abilities.includes(ability)) && (suits?.(run) ?? true));
