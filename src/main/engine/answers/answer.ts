import type { Probe, ProbeAnswers, ProbeKind } from '../../../contract/probes';
import type { Session } from '../session';

export type Asked<K extends ProbeKind> = Extract<Probe, { kind: K }>;

/** Answers one kind of question. @throws Refusal */
export type Answerer<K extends ProbeKind> = (session: Session, probe: Asked<K>) => ProbeAnswers[K];
