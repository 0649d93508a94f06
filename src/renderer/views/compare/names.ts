import { createContext, useContext, useMemo } from 'react';

/** Names without the words that all of them begin with: `mnist-vae-2`, `mnist-ae-1` → `vae-2`, `ae-1`. A name is never emptied. */
export function distinctNames(names: readonly string[]): string[] {
  const [first = ''] = names;
  let common = 0;
  while (common < first.length && names.every((name) => name[common] === first[common])) common += 1;
  const cut = first.slice(0, common).search(/[\s\-_/·][^\s\-_/·]*$/) + 1;
  return names.every((name) => name.length > cut) ? names.map((name) => name.slice(cut).trim()) : [...names];
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
