import { useMemo, useRef } from 'react';
import type { Data, Layout } from 'plotly.js';
import { LoadingState } from '../../design';
import { Frame } from '../../panels/frame';
import { meanAndDeviation } from '../../panels/loss-curves/seeds';
import { SizedBody } from '../../panels/picture-grid';
import { usePlotActions } from '../../panels/plot-panel';
import { rateMargin, ratePlane } from '../../panels/rate-distortion/plane';
import { ratePoint, sameDistortion, type RatePoint } from '../../panels/rate-distortion/runs';
import { Plot } from '../../plots/plot';
import type { Size } from '../../plots/size';
import { usePlotTheme } from '../../plots/theme';
import { orderOf } from './differences';
import type { Group } from './groups';
import type { Look } from './looks';

interface GroupPlace {
  id: string;
  rate: number;
  distortion: number;
  /** Standard deviations over the seeds; 0 of one. */
  spread: { rate: number; distortion: number };
  seeds: readonly RatePoint[];
}

/** Where each group is by the last held-out evaluations: the mean over its seeds. Groups without any are left out. */
export const placesOf = (groups: readonly Pick<Group, 'id' | 'runs'>[]): GroupPlace[] =>
  groups.flatMap(({ id, runs }) => {
    const seeds = runs.flatMap((run) => ratePoint(run) ?? []);
    if (seeds.length === 0) return [];
    const [rate, distortion] = [meanAndDeviation(seeds.map((each) => each.rate)), meanAndDeviation(seeds.map((each) => each.distortion))];
    return [{ id, rate: rate.mean, distortion: distortion.mean, spread: seeds.length > 1 ? { rate: rate.deviation, distortion: distortion.deviation } : { rate: 0, distortion: 0 }, seeds }];
  });

/** Whether rates and distortions of all these groups are of one kind, so that they go into one plane. */
export const inOnePlane = (groups: readonly Group[]): boolean => groups.every(({ runs }) => runs.every((run) => groups[0] && sameDistortion(run, groups[0].first)));

/** All groups in the plane of rate and distortion; a line joins those of an ordered setting. */
export function Rates({ groups, looks }: { groups: readonly Group[]; looks: Readonly<Record<string, Look>> }) {
  const plot = useRef<HTMLDivElement>(null);
  const places = useMemo(() => placesOf(groups), [groups]);
  const several = places.some(({ seeds }) => seeds.length > 1);
  const menu = usePlotActions(`${groups.length} compared`, 'rate and distortion', plot, {
    head: ['run', 'rate, nats', 'distortion, nats'],
    rows: places.flatMap(({ seeds }) => seeds.map(({ name, rate, distortion }) => [name, rate, distortion])),
  });
  return (
    <Frame title="Rate and distortion" badge={several ? 'mean ± s.d. over seeds' : 'last held-out evaluation'} menu={menu}>
      <SizedBody className="fill">{(size) => (places.length > 0 ? <Plane groups={groups} places={places} looks={looks} size={size} handle={plot} /> : <LoadingState title="The first point comes with the first evaluation" />)}</SizedBody>
    </Frame>
  );
}

function Plane({ groups, places, looks, size, handle }: { groups: readonly Group[]; places: readonly GroupPlace[]; looks: Readonly<Record<string, Look>>; size: Size; handle: React.RefObject<HTMLDivElement | null> }) {
  const theme = usePlotTheme();
  const isOrdered = useMemo(() => orderOf(groups.map(({ runs }) => runs.map(({ experiment }) => experiment))) !== null, [groups]);
  const drawn = useMemo(() => {
    const best = places.reduce((a, b) => (b.rate + b.distortion < a.rate + a.distortion ? b : a));
    const { layout, sameBound } = ratePlane(theme, places.flatMap(({ seeds }) => seeds), best);
    const colourOf = (id: string): string => looks[id]?.colour ?? theme.ink;
    const middle = (Math.min(...places.map(({ rate }) => rate)) + Math.max(...places.map(({ rate }) => rate))) / 2;
    const nameOf = (id: string): string => looks[id]?.name ?? '';
    const bars = (of: 'rate' | 'distortion') => ({ type: 'data' as const, array: places.map(({ spread }) => spread[of]), color: theme.label, thickness: 1, width: 3 });
    const data: Partial<Data>[] = [
      sameBound,
      ...(isOrdered ? [{ type: 'scatter', mode: 'lines', x: places.map(({ rate }) => rate), y: places.map(({ distortion }) => distortion), line: { color: theme.axis, width: 1 }, hoverinfo: 'skip' } as const] : []),
      {
        type: 'scatter', mode: 'markers', x: places.map(({ rate }) => rate), y: places.map(({ distortion }) => distortion), text: places.map(({ id }) => nameOf(id)),
        marker: { size: 10, color: places.map(({ id }) => colourOf(id)), line: { color: theme.surface, width: 1.5 } },
        ...(places.some(({ seeds }) => seeds.length > 1) && { error_x: bars('rate'), error_y: bars('distortion') }),
        hovertemplate: '%{text}: rate %{x:.2f}, distortion %{y:.2f}<extra></extra>',
      },
    ];
    const named: Partial<Layout> = {
      ...layout,
      annotations: places.map(({ id, rate, distortion }) => {
        const side = rate < middle ? ({ xanchor: 'left', xshift: 5 } as const) : ({ xanchor: 'right', xshift: -5 } as const);
        return { x: rate, y: distortion, text: nameOf(id), showarrow: false, ...side, yanchor: 'bottom', yshift: 2, font: { size: 10, color: theme.label } };
      }),
    };
    return { data, layout: named };
  }, [places, looks, theme, isOrdered]);
  return <Plot label={`Rate and distortion of ${places.length} compared`} {...drawn} size={size} margin={rateMargin} handle={handle} />;
}
