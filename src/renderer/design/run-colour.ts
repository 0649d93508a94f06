import { useRunsState } from '../client/hooks';

const colours = 7;
export const lineDashes = ['solid', 'dash', 'dot', 'dashdot'] as const;

/** A run's colour everywhere: the cycle by order of creation, then line styles. */
export function runColour(order: number): { token: string; css: string; dash: (typeof lineDashes)[number] } {
  const token = `--run-${(order % colours) + 1}`;
  return { token, css: `var(${token})`, dash: lineDashes[Math.floor(order / colours) % lineDashes.length] ?? 'solid' };
}

/** `token` is the CSS variable, for drawings that need its value. */
export const useRunColour = (id: string): ReturnType<typeof runColour> => runColour(useRunsState((state) => state.orders.get(id) ?? 0));
