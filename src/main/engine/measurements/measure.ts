import { refuse } from '../../../contract/errors';
import type { Measurement, MeasurementKind } from '../../../contract/measurements';
import type { Measure } from '../../../ml/evaluate';
import type { Link } from '../link';
import type { Session } from '../session';
import { dealt } from '../subset';
import { amortisation } from './amortisation';
import { boundVariance } from './bound-variance';
import { compression } from './compression';
import { cost } from './cost';
import { curveDensity } from './curve-density';
import { densityAt } from './density-at';
import { density } from './density';
import { disentanglement } from './disentanglement';
import { duality } from './duality';
import { embeddings } from './embeddings';
import { gradients } from './gradients';
import { holes } from './holes';
import { interpolation } from './interpolation';
import { inversion } from './inversion';
import { jacobians } from './jacobians';
import { labels } from './labels';
import { layers } from './layers';
import { learnedWeights } from './learned-weights';
import { levels } from './levels';
import { likelihood } from './likelihood';
import { manifold } from './manifold';
import type { Measuring } from './measurement';
import { posteriorGap } from './posterior-gap';
import { principalAngles } from './principal-angles';
import { repair } from './repair';
import { objective } from './objective';
import { outOfDistribution } from './out-of-distribution';
import { parts } from './parts';
import { reverseDivergence } from './reverse-divergence';
import { roundTrip } from './round-trip';
import { samples } from './samples';
import { solver } from './solver';
import { temperatures } from './temperatures';
import { timing } from './timing';
import { totalProbability } from './total-probability';

const measurings: { [K in MeasurementKind]: Measuring<K> } = {
  likelihood, density, 'round-trip': roundTrip, temperatures, compression, 'total-probability': totalProbability, layers, jacobians, solver, timing, duality, 'reverse-divergence': reverseDivergence, inversion, cost, 'out-of-distribution': outOfDistribution, objective, parts, 'curve-density': curveDensity, 'density-at': densityAt, interpolation,
  samples, holes, 'bound-variance': boundVariance, levels, amortisation, manifold, disentanglement, repair, labels, embeddings, 'principal-angles': principalAngles, 'posterior-gap': posteriorGap, gradients, 'learned-weights': learnedWeights,
};

const reportEveryMs = 200;

/** Measures the model as it stands, on the whole split or on `limit` examples dealt out of it, telling how far it is. @throws Refusal */
export async function measure<K extends MeasurementKind>(session: Session, step: number, asked: Measurement & { measure: K }, link: Link): Promise<void> {
  const { dataset } = session.run;
  const { split, limit } = asked;
  const all = dataset.counts[split];
  const count = Math.min(limit ?? Infinity, all);
  if (count === 0) refuse('bad-request', `The data set "${dataset.id}" has no ${split} split.`, { where: 'split', repair: 'Evaluate on another split.' });
  const mixed = count < all ? dealt(session.shown(split), all) : undefined;
  const shown: Session['shown'] = (name) => (mixed && name === split ? mixed : session.shown(name));
  const going = (measurings[asked.measure] as Measuring<K>)({ ...session, shown }, asked as Parameters<Measuring<K>>[1], count);
  try {
    const found = await drive(going, link);
    const bad = found.find(({ value }) => !Number.isFinite(value));
    if (bad) refuse('not-finite', `${bad.metric} is not a finite number.`, { where: `step ${step}, ${split} split`, repair: 'The model gives an example no probability, or its training went astray.' });
    link.send({ type: 'evaluated', evaluations: found.map((each) => ({ ...each, split, protocol: session.protocol, step })) });
  } finally {
    mixed?.data.dispose();
  }
}

async function drive(going: ReturnType<Measuring<MeasurementKind>>, link: Link): Promise<Measure[]> {
  let reported = performance.now();
  for (;;) {
    const { done, value } = going.next();
    if (done) return value;
    if (performance.now() - reported < reportEveryMs) continue;
    link.send({ type: 'progress', ...value });
    reported = performance.now();
    await link.breathe();
  }
}
