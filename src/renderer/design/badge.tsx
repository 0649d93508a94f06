import type { ReactNode } from 'react';

export type Tone = 'plain' | 'ok' | 'warn' | 'bad' | 'selected';

/** What a number is, or the state of a thing, in a word or two. */
export const Badge = ({ tone = 'plain', children }: { tone?: Tone; children: ReactNode }) => <span className={`badge ${tone}`}>{children}</span>;
