import { useRunsState } from '../client/hooks';

const colours = 7;
export const lineDashes = ['solid', 'dash', 'dot', 'dashdot'] as const;

/** A run's colour everywhere: the cycle by order of creation, then line styles. */
export function runColour(order: number): { token: string; css: string; dash: (typeof lineDashes)[number] } {
  const token = `--run-${(order % colours) + 1}`;
  return { token, css: `var(${token})`, dash: lineDashes[Math.floor(order / colours) % lineDashes.length] ?? 'solid' };
}

/** Looks of runs that are shown together, by their orders, no two the same: each its own colour where no run before it has that, else one that is free; after the last, the next line style. */
export function distinctColours(orders: readonly number[]): ReturnType<typeof runColour>[] {
  const owners = new Map<number, number>();
  orders.forEach((order, i) => !owners.has(order % colours) && owners.set(order % colours, i));
  const taken = new Set(owners.keys());
  return orders.map((order, i) => {
    if (owners.get(order % colours) === i) return runColour(order % colours);
    let free = 0;
    while (taken.has(free)) free += 1;
    taken.add(free);
    return runColour(free);
  });
}

/** `token` is the CSS variable, for drawings that need its value. */
export const useRunColour = (id: string): ReturnType<typeof runColour> => runColour(useRunsState((state) => state.orders.get(id) ?? 0));
