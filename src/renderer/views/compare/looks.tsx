import { createContext, useContext } from 'react';
import { CutName, distinctColours } from '../../design';
import type { DrawnRun } from '../../panels/loss-curves/rows';
import { colourAlong, type PlotTheme } from '../../plots/theme';
import { orderOf } from './differences';
import type { Group } from './groups';
import { distinctNames } from './names';

/** How a group is named and drawn in this comparison: no two alike. */
export interface Look extends Pick<DrawnRun, 'name' | 'colour' | 'dash'> {
  colour: string;
}

/** By the groups' ids. An ordered setting takes steps of one scale; else each has its run's colour while that is free. */
export function looksOf(groups: readonly Group[], orders: ReadonlyMap<string, number>, theme: PlotTheme): Record<string, Look> {
  const names = distinctNames(groups.map(({ name }) => name));
  const order = orderOf(groups.map(({ runs }) => runs.map(({ experiment }) => experiment)));
  const cycle = distinctColours(groups.map(({ id }) => orders.get(id) ?? 0));
  return Object.fromEntries(
    groups.map(({ id, name }, i) => {
      const { token, dash } = cycle[i] ?? { token: '', dash: 'solid' };
      const own = theme.runs[Number(token.slice('--run-'.length)) - 1] ?? theme.ink;
      return [id, { name: names[i] ?? name, ...(order ? { colour: colourAlong(theme.ordered, order[i] ?? 0), dash: 'solid' } : { colour: own, dash }) }];
    }),
  );
}

const LooksContext = createContext<Readonly<Record<string, Look>>>({});
export const LooksProvider = LooksContext.Provider;

const dashes: Record<Look['dash'], string | undefined> = { solid: undefined, dash: '4 2', dot: '1.5 2', dashdot: '4 2 1.5 2' };

/** A group's mark and as much of its name as tells the compared ones apart. Colours that were given out once come again as line styles. */
export function GroupName({ group: { id, name } }: { group: Pick<Group, 'id' | 'name'> }) {
  const look = useContext(LooksContext)[id];
  return (
    <span className="run-name" title={name}>
      {look?.dash === 'solid' ? (
        <span className="dot" style={{ background: look.colour }} />
      ) : (
        <svg className="line-mark" width={14} height={8} aria-hidden="true">
          <path d="M0 4h14" stroke={look?.colour} strokeWidth={2.5} strokeDasharray={look && dashes[look.dash]} />
        </svg>
      )}
      <span className="truncate">
        <CutName name={look?.name ?? name} />
      </span>
    </span>
  );
}
