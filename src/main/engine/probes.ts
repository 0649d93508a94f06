import type { ToEngine } from '../../contract/engine';
import { errorFrom } from '../../contract/errors';
import type { Probe, ProbeAnswer, ProbeKind } from '../../contract/probes';
import type { Answerer } from './answers/answer';
import { estimators, spectrum } from './answers/bounds';
import { decode, encode, reconstruct, reconstructRows } from './answers/codes';
import { aggregate, density, stages } from './answers/densities';
import { cost } from './answers/cost';
import { edit } from './answers/edit';
import { factors } from './answers/factors';
import { foreign } from './answers/foreign';
import { complete, conditionals, levels, points, receptiveField, sample } from './answers/samples';
import { takeNote } from './ask';
import type { Link } from './link';
import type { Session } from './session';

const answerers: { [K in ProbeKind]: Answerer<K> } = {
  encode,
  decode,
  reconstruct,
  'reconstruct-rows': reconstructRows,
  sample,
  levels,
  points,
  complete,
  conditionals,
  'receptive-field': receptiveField,
  spectrum,
  density,
  stages,
  aggregate,
  edit,
  estimators,
  factors,
  foreign,
  cost,
};

/** Answers a question to the model as it stands, or says why not. */
export function answerProbe(session: Session, step: number, { id, probe }: Extract<ToEngine, { type: 'probe' }>, link: Link): void {
  const began = performance.now();
  try {
    takeNote();
    const answer = answerTo(session, probe);
    const note = takeNote();
    link.send({ type: 'answer', id, answer: { kind: probe.kind, ...answer, step, milliseconds: performance.now() - began, ...(note && { note }) } as ProbeAnswer });
  } catch (thrown) {
    link.send({ type: 'refused', id, error: errorFrom(thrown) });
  }
}

const answerTo = (session: Session, probe: Probe) => (answerers[probe.kind] as Answerer<ProbeKind>)(session, probe);
