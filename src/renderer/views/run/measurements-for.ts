import { isAllowed, measurementSchema, type Measurement } from '../../../contract/measurements';
import type { Ability } from '../../../contract/models';
import type { RunDetail } from '../../../contract/runs';

/** A measurement as it is offered for a run. */
export interface Offered {
  title: string;
  /** What comes out, in a sentence. */
  gives: string;
  measurement: Measurement;
}

type Run = Pick<RunDetail, 'dataset' | 'abilities' | 'latentSize'>;

interface Kind extends Offered {
  /** Beyond what the measurement asks for. */
  suits?: (run: Run) => boolean;
}

const kind = (title: string, gives: string, measurement: object, suits?: Kind['suits']): Kind => ({ title, gives, measurement: measurementSchema.parse(measurement), ...(suits && { suits }) });

const having = (...wanted: Ability[]) => ({ abilities }: Run): boolean => wanted.every((ability) => abilities.includes(ability));
const samplesOrScores = (run: Run): boolean => (['sample', 'logProb', 'elbo'] as const).some((ability) => having(ability)(run));
const ofPictures = ({ dataset }: Run): boolean => dataset?.kind === 'pictures';
const ofPlanes = ({ dataset }: Run): boolean => dataset?.channels === 2;

/** In the order of the list, with amounts that take seconds, or a minute or two. */
const kinds: readonly Kind[] = [
  kind('Timing', 'What 100 samples, and the densities (or bounds) of 100 examples, take at once', { measure: 'timing', limit: 100 }, samplesOrScores),
  kind('Timing by size', 'The same of one example, by the number of its values', { measure: 'cost' }, samplesOrScores),
  kind('log p(x)', 'Exact, over the test split', { measure: 'likelihood', estimator: 'exact' }, having('logProb')),
  kind('ELBO', 'Of 10 draws for each example, over the test split', { measure: 'likelihood', estimator: 'elbo', k: 10 }, having('elbo')),
  kind('log p(x), importance weighted', '1,000 draws for each of 100 examples', { measure: 'likelihood', estimator: 'iwae', k: 1000, limit: 100 }, having('importance')),
  kind('log p(x), by draws from the prior', '1,000 draws for each of 100 examples', { measure: 'likelihood', estimator: 'naive', k: 1000, limit: 100 }, having('prior', 'decode')),
  kind('Density', 'Its integral on 400 x 400 cells, and its gap to the truth where that is known', { measure: 'density' }, ofPlanes),
  kind('Divergence by samples', 'KL(q || p*) by 20,000 samples, where the density of the data is known', { measure: 'reverse-divergence' }, (run) => ofPlanes(run) && Boolean(run.dataset?.builtIn)),
  kind('Round trip', 'How far 1,000 examples come back from their codes', { measure: 'round-trip', limit: 1000 }),
  kind('Layers', 'Of each layer: its volume, its inverse, and how far 200 examples are from normal after it', { measure: 'layers', limit: 200 }),
  kind('Inversion', 'The inverse of examples up to 100 times as far from the origin', { measure: 'inversion', scales: [1, 10, 100], limit: 1000 }),
  kind('Compression', '20 pictures coded by an arithmetic coder, and decoded', { measure: 'compression', limit: 20 }),
  kind('Samples beside data', '1,000 samples: their distance to the data, how sharp they are, what they copy', { measure: 'samples' }, having('sample')),
  kind('Temperatures', 'How far 100 samples are from each other at 0.5, 0.7 and 1', { measure: 'temperatures', temperatures: [0.5, 0.7, 1] }),
  kind('Bound, two ways', 'Variance of the bound with its divergence in closed form, and by its sample', { measure: 'bound-variance', limit: 100 }, having('encode')),
  kind('Levels', 'The divergence of each level, and what each adds to samples', { measure: 'levels', limit: 100 }),
  kind('Holes', 'How far 1,000 codes of the prior decode from the data, inside and outside of holes', { measure: 'holes' }, ofPictures),
  kind('Manifold', 'How much neighbours on the grid of codes differ', { measure: 'manifold' }, (run) => ofPictures(run) && (run.latentSize ?? 0) >= 2),
  kind('Amortisation', 'What the encoder lacks of the best posteriors of 50 examples', { measure: 'amortisation', limit: 50 }, having('elbo')),
  kind('Classes', 'Told by codes, and by the data themselves', { measure: 'labels' }),
  kind('Disentanglement', 'Scores by the known factors, each with its floor', { measure: 'disentanglement', limit: 2000 }),
  kind('Repair', 'Pictures with noise given to the model, and its answer held against the truth', { measure: 'repair', corruption: 'gaussian' }),
];

/** What can be measured of a run, with usual amounts; nothing without its data. */
export const measurementsFor = (run: Run): Offered[] => (run.dataset === null ? [] : kinds.filter(({ measurement, suits }) => isAllowed(measurement.measure, run) && (suits?.(run) ?? true)));
