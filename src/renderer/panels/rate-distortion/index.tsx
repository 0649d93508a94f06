import { useMemo, useRef } from 'react';
import type { Data } from 'plotly.js';
import { useRuns } from '../../client/hooks';
import { EmptyState, LoadingState } from '../../design';
import { formatValue } from '../../format';
import { Plot } from '../../plots/plot';
import type { Size } from '../../plots/size';
import { faded, usePlotTheme } from '../../plots/theme';
import { Frame } from '../frame';
import { definePanel } from '../panel';
import { SizedBody } from '../picture-grid';
import { usePlotActions } from '../plot-panel';
import { useScopeRun } from '../run-scope';
import { useCurves } from '../use-curves';
import { rateMargin, ratePlane } from './plane';
import { comparable, ratePoint, trajectory, type RatePoint } from './runs';

const points = 400;

function RateDistortion() {
  const run = useScopeRun();
  const runs = useRuns();
  const { byRun } = useCurves([run.id], points, null);
  const plot = useRef<HTMLDivElement>(null);
  const own = useMemo(() => {
    const of = (name: string) => (['test', 'valid', 'train'] as const).map((split) => byRun[run.id]?.find((curve) => curve.name === name && curve.split === split)).find(Boolean);
    return trajectory(of('klNats'), of('reconstructionNats'));
  }, [byRun, run.id]);
  const others = useMemo(() => comparable(run, runs ?? []), [run, runs]);
  const now = ratePoint(run);
  const menu = usePlotActions(run.name, 'rate and distortion', plot, { head: ['run', 'rate, nats', 'distortion, nats'], rows: [...(now ? [now] : []), ...others].map(({ name, rate, distortion }) => [name, rate, distortion]) });
  return (
    <Frame
      step={own.steps.at(-1) ?? null}
      badge={others.length > 0 ? `${others.length + 1} runs on the same data` : undefined}
      sub={now && <span className="faint small tabular">{`rate ${formatValue(now.rate)}, distortion ${formatValue(now.distortion)}, together ${formatValue(now.rate + now.distortion)} nats`}</span>}
      menu={menu}
    >
      <SizedBody className="fill">
        {(size) => {
          if (own.steps.length > 1) return <Plane own={own} others={others} name={run.name} size={size} handle={plot} />;
          if (byRun[run.id] && run.status === 'done') return <EmptyState title="No rate and distortion">This run's objective has no KL and reconstruction in nats.</EmptyState>;
          return <LoadingState title="The first point comes with the first evaluation" />;
        }}
      </SizedBody>
    </Frame>
  );
}

function Plane({ own, others, name, size, handle }: { own: ReturnType<typeof trajectory>; others: readonly RatePoint[]; name: string; size: Size; handle: React.RefObject<HTMLDivElement | null> }) {
  const theme = usePlotTheme();
  const drawn = useMemo(() => {
    const colour = theme.runs[0] ?? theme.ink;
    // The first steps are far off: the picture begins where training has found its way.
    const settled = Math.floor(own.rates.length / 10);
    const end = { rate: own.rates.at(-1) ?? 0, distortion: own.distortions.at(-1) ?? 0 };
    const path = own.rates.slice(settled).map((rate, i) => ({ rate, distortion: own.distortions[settled + i] ?? NaN }));
    const { layout, sameBound } = ratePlane(theme, [...path, ...others], end);
    const data: Partial<Data>[] = [
      sameBound,
      { type: 'scatter', mode: 'lines', x: own.rates, y: own.distortions, line: { color: faded(colour, 0.6), width: 1.5 }, text: own.steps.map((step) => `step ${step.toLocaleString('en')}`), hovertemplate: '%{text}: rate %{x:.2f}, distortion %{y:.2f}<extra></extra>' },
      { type: 'scatter', mode: 'markers', x: others.map(({ rate }) => rate), y: others.map(({ distortion }) => distortion), text: others.map((other) => other.name), marker: { size: 7, color: theme.axis }, hovertemplate: '%{text}: rate %{x:.2f}, distortion %{y:.2f}<extra></extra>' },
      { type: 'scatter', mode: 'markers', x: [end.rate], y: [end.distortion], marker: { size: 9, color: colour, line: { color: theme.surface, width: 1.5 } }, hovertemplate: `${name}: rate %{x:.2f}, distortion %{y:.2f}<extra></extra>` },
    ];
    return { data, layout };
  }, [own, others, name, theme]);
  return <Plot label={`Rate and distortion of ${name} over ${own.steps.length} evaluations, and of ${others.length} other runs`} {...drawn} size={size} margin={rateMargin} handle={handle} />;
}

export const rateDistortion = definePanel({
  id: 'rate-distortion',
  title: 'Rate and distortion',
  needs: ['elbo'],
  help: {
    shows: 'The path of this run in the plane of rate (the divergence: nats of the code) and distortion (nats that the decoder still needs), by its held-out evaluations; grey points are where other runs on the same data and protocol, with the same likelihood, stand. Of compared runs, where each of them ended. The dotted line joins all points of the same bound.',
    formula: 'rate + distortion = −ELBO        beta-VAE: minimise distortion + beta · rate',
    read: 'Runs that differ in beta trace a curve: a larger beta ends further left and higher. Of two points, the one nearer to the lower left has the better bound; along the dotted line they are equal and yet may be different models: one with rate 0 ignores its code.',
    source: 'Alemi et al., "Fixing a broken ELBO" (2018), figure 1; Higgins et al., "beta-VAE" (2017).',
  },
  component: RateDistortion,
});
