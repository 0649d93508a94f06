const wordEnd = /[\s\-_/·,]+$/;

const wordsOf = (name: string): string[] => name.match(/[^\s\-_/·,]+[\s\-_/·,]*/g) ?? [];
const bare = (word: string | undefined): string | undefined => word?.replace(wordEnd, '');

/** Names without the words that all of them begin or end with: `mnist-vae-2`, `mnist-ae-1` → `vae-2`, `ae-1`. A name is never emptied, a number keeps the word before it, and one alone is left whole. */
export function distinctNames(names: readonly string[]): string[] {
  if (names.length < 2) return [...names];
  const words = names.map(wordsOf);
  const shortest = Math.min(...words.map(({ length }) => length));
  const same = (at: number): boolean => words.every((parts) => bare(parts.at(at)) === bare(words[0]?.at(at)));
  let start = 0;
  while (start < shortest - 1 && same(start)) start += 1;
  let end = 0;
  while (end < shortest - 1 - start && same(-1 - end)) end += 1;
  if (start > 0 && words.some((parts) => /^[\d.]+$/.test(bare(parts[start]) ?? ''))) start -= 1;
  return words.map((parts) => parts.slice(start, parts.length - end).join('').replace(wordEnd, ''));
}

/** What names of runs of several seeds have in common: the words that all of them begin with, without a last `seed`. The first name where that is nothing. */
export function commonName(names: readonly string[]): string {
  const [first = [], ...others] = names.map(wordsOf);
  const differing = first.findIndex((word, at) => others.some((words) => bare(words[at]) !== bare(word)));
  const common = first.slice(0, differing < 0 ? undefined : differing);
  if (bare(common.at(-1)) === 'seed') common.pop();
  return common.join('').replace(wordEnd, '') || (names[0] ?? '');
}
