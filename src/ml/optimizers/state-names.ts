// What an optimiser keeps beside the parameters, by its names in a checkpoint.

export const adamPrefix = 'adam/';
const averagePrefix = 'average/';
export const bestPrefix = 'best/';

/** The moving average of a parameter. */
export const averageOf = (name: string): string => averagePrefix + name;

/** What a parameter or a state of the model was at the best evaluation. */
export const bestOf = (name: string): string => bestPrefix + name;

/** Of a checkpoint's values those that the model is asked with: the best where they were kept, else the averages in place of what they average; nothing of the optimiser. */
export function asked<Value>(state: Record<string, Value>): Record<string, Value> {
  const own = Object.entries(state).filter(([name]) => ![adamPrefix, averagePrefix, bestPrefix].some((prefix) => name.startsWith(prefix)));
  return Object.fromEntries(own.map(([name, value]) => [name, state[bestOf(name)] ?? state[averageOf(name)] ?? value]));
}
