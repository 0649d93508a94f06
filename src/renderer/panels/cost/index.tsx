import { useMemo, useRef, useState, type RefObject } from 'react';
import type { Data, Layout } from 'plotly.js';
import { errorFrom, type ElboError } from '../../../contract/errors';
import type { ProbeAnswers } from '../../../contract/probes';
import { Button, EmptyState, ErrorState, LoadingState } from '../../design';
import { formatValue } from '../../format';
import { Plot } from '../../plots/plot';
import type { Size } from '../../plots/size';
import { usePlotTheme } from '../../plots/theme';
import { Frame } from '../frame';
import { definePanel } from '../panel';
import { SizedBody } from '../picture-grid';
import { axisOf, usePlotActions } from '../plot-panel';
import { canBeAsked, useProbe, useScopeRun } from '../run-scope';
import { pointsOf, slope, type Point } from './slope';

const margin = { l: 56, r: 58, t: 8, b: 36 };

function CostAgainstSize() {
  const run = useScopeRun();
  const probe = useProbe();
  const plot = useRef<HTMLDivElement>(null);
  const [measured, setMeasured] = useState<ProbeAnswers['cost']>();
  const [error, setError] = useState<ElboError>();
  const [busy, setBusy] = useState(false);
  // On request alone: it does not change as training goes on, and takes the engine seconds.
  const measure = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      setMeasured((await probe({ kind: 'cost' })).value);
    } catch (thrown) {
      setError(errorFrom(thrown));
    }
    setBusy(false);
  };
  const lines = measured && linesOf(measured);
  const menu = usePlotActions(run.name, 'cost against size', plot, measured ? { head: ['values', `${measured.density}, ms an example`, 'sample, ms an example'], rows: measured.points.map(({ size, density, sampling }) => [size, density ?? '', sampling ?? '']) } : null);
  const button = (
    <Button size="small" isDisabled={busy || !canBeAsked(run)} onPress={() => void measure()}>
      {measured ? 'Measure again' : 'Measure'}
    </Button>
  );
  return (
    <Frame
      badge={measured && `median of up to ${measured.repeats} · ${measured.examples} at a time · ${measured.compute}`}
      sub={
        lines && (
          <>
            {lines.map(({ name, points }) => (
              <span key={name} className="faint small tabular">
                {name} <b className="strong">{growth(points)}</b>
              </span>
            ))}
            <span className="spacer" />
            {button}
          </>
        )
      }
      menu={menu}
    >
      <SizedBody className="fill">
        {(size) => {
          if (busy) return <LoadingState title="Measuring">The model is rebuilt for several sizes and timed at each. Training waits meanwhile.</LoadingState>;
          if (error) return <ErrorState error={error} action={button} />;
          if (lines) return <Curves lines={lines} size={size} handle={plot} />;
          return (
            <EmptyState title="Not measured yet" actions={button}>
              The model is rebuilt for data of several sizes, untrained, and timed at each: some seconds, in which training waits.
            </EmptyState>
          );
        }}
      </SizedBody>
    </Frame>
  );
}

const linesOf = ({ points, density }: ProbeAnswers['cost']): { name: string; points: Point[] }[] =>
  [
    { name: density, points: pointsOf(points, 'density') },
    { name: 'sample', points: pointsOf(points, 'sampling') },
  ].filter(({ points }) => points.length > 0);

/** `∝ D^1.04`; of one point there is nothing to say. */
const growth = (points: readonly Point[]): string => (points.length > 1 ? `∝ D^${slope(points).toFixed(2)}` : 'one size alone');

function Curves({ lines, size, handle }: { lines: { name: string; points: Point[] }[]; size: Size; handle: RefObject<HTMLDivElement | null> }) {
  const theme = usePlotTheme();
  const drawn = useMemo(() => {
    const data = lines.map(({ name, points }, i): Partial<Data> => ({
      type: 'scatter',
      mode: 'lines+markers',
      x: points.map(({ size }) => size),
      y: points.map(({ ms }) => ms),
      name,
      line: { color: theme.runs[i] ?? theme.ink, width: 1.5 },
      marker: { size: 5, color: theme.runs[i] ?? theme.ink },
      hovertemplate: `${name}, D %{x}: %{y:.3g} ms<extra></extra>`,
    }));
    const sizes = [...new Set(lines.flatMap(({ points }) => points.map(({ size }) => size)))];
    const all = lines.flatMap(({ points }) => points.map(({ ms }) => Math.log10(ms)));
    const [low, high] = [Math.min(...all) - 0.15, Math.max(...all) + 0.25];
    // 0.1, 0.2, 0.5, 1, ...
    const marks = Array.from({ length: Math.ceil(high) - Math.floor(low) }, (_, i) => [1, 2, 5].map((digit) => Number(`${digit}e${Math.floor(low) + i}`))).flat();
    const layout: Partial<Layout> = {
      xaxis: axisOf(theme, 'values of an example, D', { type: 'log', tickmode: 'array', tickvals: sizes, ticktext: sizes.map(String) }),
      yaxis: axisOf(theme, 'ms an example', { type: 'log', range: [low, high], tickmode: 'array', tickvals: marks, ticktext: marks.map(String) }),
      annotations: lines.map(({ name, points }) => ({ x: Math.log10(points.at(-1)?.size ?? 1), xanchor: 'left', xshift: 6, y: Math.log10(points.at(-1)?.ms ?? 1), yanchor: 'middle', text: name, showarrow: false, font: { size: 10, color: theme.ink } })),
      hovermode: 'closest',
    };
    return { layout, data };
  }, [lines, theme]);
  const told = lines.map(({ name, points }) => `${name} from ${formatValue(points[0]?.ms ?? NaN)} to ${formatValue(points.at(-1)?.ms ?? NaN)} ms, ${growth(points)}`);
  return <Plot label={`Time of an example against its size: ${told.join('; ')}`} {...drawn} size={size} margin={margin} handle={handle} />;
}

export const cost = definePanel({
  id: 'cost',
  title: 'Cost against size',
  needs: [],
  suits: ({ abilities }) => (abilities.includes('sample') || abilities.includes('logProb') || abilities.includes('elbo') ? null : 'needs sampling or a density'),
  help: {
    shows: 'How long one example takes, by the number D of its values: its density (log p(x), else an ELBO) and a sample of it. The model is rebuilt for data of several sizes with the settings of this run, untrained, since time does not depend on what was learned. Each point is a median over calls of 16 examples, in rounds over all sizes; the first two calls of each do not count. What else the machine does shows in it.',
    formula: 'time(D) = a · D^b,  b: slope of a line through the points, log time against log D',
    read: 'What differs between families is how many passes through the net follow on each other. An autoregressive model and MAF have a density in one pass and samples in D; IAF samples in one pass and needs D for the density of given data; couplings, VAEs and most others take one pass each way. A pass itself grows with D, and a call has a cost of its own that hides it for small D: compare the two lines with each other rather than b with 0 or 1.',
    source: 'Papamakarios, Pavlakou and Murray, "Masked autoregressive flow for density estimation" (2017), section 3; van den Oord et al., "Pixel recurrent neural networks" (2016); lectures 000 and 001.',
  },
  component: CostAgainstSize,
});
