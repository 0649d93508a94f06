import type { ReactNode } from 'react';

export type Tone = 'plain' | 'ok' | 'warn' | 'bad' | 'selected';

/** What a number is, or the state of a thing, in a word or two. */
export const Badge = ({ tone = 'plain', title, children }: { tone?: Tone; title?: string; children: ReactNode }) => (
  <span className={`badge ${tone}`} title={title}>
    {children}
  </span>
);
