// What an optimiser keeps beside the parameters, by its names in a checkpoint.

export const adamPrefix = 'adam/';
const averagePrefix = 'average/';

/** The moving average of a parameter. */
export const averageOf = (name: string): string => averagePrefix + name;

/** Of a checkpoint's values those that the model is asked with: the averages in place of what they average, and nothing of the optimiser. */
export function withAverages<Value>(state: Record<string, Value>): Record<string, Value> {
  const own = Object.entries(state).filter(([name]) => !name.startsWith(adamPrefix) && !name.startsWith(averagePrefix));
  return Object.fromEntries(own.map(([name, value]) => [name, state[averageOf(name)] ?? value]));
}
