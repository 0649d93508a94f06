import { createContext, useContext, useMemo } from 'react';

const wordEnd = /[\s\-_/·,]+$/;

/** Names without the words that all of them begin or end with: `mnist-vae-2`, `mnist-ae-1` → `vae-2`, `ae-1`. A name is never emptied, and a number keeps the word before it. */
export function distinctNames(names: readonly string[]): string[] {
  const words = names.map((name) => name.match(/[^\s\-_/·,]+[\s\-_/·,]*/g) ?? []);
  const bare = (word: string | undefined): string | undefined => word?.replace(wordEnd, '');
  const shortest = Math.min(...words.map(({ length }) => length));
  const same = (at: number): boolean => words.every((parts) => bare(parts.at(at)) === bare(words[0]?.at(at)));
  let start = 0;
  while (start < shortest - 1 && same(start)) start += 1;
  let end = 0;
  while (end < shortest - 1 - start && same(-1 - end)) end += 1;
  if (start > 0 && words.some((parts) => /^[\d.]+$/.test(bare(parts[start]) ?? ''))) start -= 1;
  return words.map((parts) => parts.slice(start, parts.length - end).join('').replace(wordEnd, ''));
}

const NamesContext = createContext<Readonly<Record<string, string>>>({});
export const NamesProvider = NamesContext.Provider;
export const useShortName = (id: string): string | undefined => useContext(NamesContext)[id];

export function useShortNames(runs: readonly { id: string; name: string }[]): Record<string, string> {
  return useMemo(() => {
    const short = distinctNames(runs.map((run) => run.name));
    return Object.fromEntries(runs.map((run, i) => [run.id, short[i] ?? run.name]));
  }, [runs]);
}
