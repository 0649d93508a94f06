import { useMemo, useRef, useState, type RefObject } from 'react';
import type { Layout } from 'plotly.js';
import type { ProbeAnswers } from '../../../contract/probes';
import { Segmented } from '../../design';
import { formatValue, withMinus } from '../../format';
import { Plot } from '../../plots/plot';
import type { Size } from '../../plots/size';
import { usePlotTheme } from '../../plots/theme';
import { withAspect, type Box } from '../codes';
import { Answered, Frame } from '../frame';
import { noiseSeed } from '../linked';
import { definePanel, planesOnly } from '../panel';
import { SizedBody } from '../picture-grid';
import { bareAxis, ColourScale, colourScale, usePlotActions } from '../plot-panel';
import { boxOf, pointTraces } from '../plane';
import { canBeAsked, useAsked, useProbe, useScopeRun, type Asked } from '../run-scope';

const resolution = 100;
const dataPoints = 1000;
const margin = { l: 0, r: 0, t: 0, b: 0 };

export interface DensityOfPlane extends Pick<ProbeAnswers['density'], 'logDensity' | 'trueLogDensity' | 'integral' | 'gap'> {
  box: Box;
  data: Float32Array;
}

/** log p(x) over a square box half as wide again as the test points on every side, so that the integral is nearly whole. */
export function useDensity(): Asked<DensityOfPlane> {
  const probe = useProbe();
  const run = useScopeRun();
  const count = Math.max(1, Math.min(dataPoints, run.dataset?.counts.test ?? dataPoints));
  return useAsked(canBeAsked(run) ? `density ${count}` : null, async () => {
    const some = await probe({ kind: 'points', split: 'test', offset: 0, count, temperature: 1, seed: noiseSeed });
    const box = withAspect(boxOf(some.value.data, 2, [0, 1], 0.25), { width: 1, height: 1 });
    const answer = await probe({ kind: 'density', x: [...box.x], y: [...box.y], resolution, seed: noiseSeed });
    return { value: { ...answer.value, box, data: some.value.data }, step: answer.step, milliseconds: some.milliseconds + answer.milliseconds };
  });
}

export type Show = 'density' | 'with data' | 'truth';

function Density() {
  const run = useScopeRun();
  const asked = useDensity();
  const [show, setShow] = useState<Show>('density');
  const plot = useRef<HTMLDivElement>(null);
  const value = asked.answer?.value;
  const menu = usePlotActions(
        run.name,
        'density',
        plot,
        value ? { head: ['x', 'y', 'log p, nats'], rows: Array.from(value.logDensity, (log, i) => [middle(value.box.x, i % resolution), middle(value.box.y, Math.floor(i / resolution)), log]) } : null,
      );
  return (
    <Frame
      step={asked.answer?.step ?? null}
      badge={value && `∫ p = ${value.integral.toFixed(3)}`}
      sub={
        <>
          <Segmented
            label="What is shown"
            value={show}
            options={[
              { value: 'density', label: 'density' },
              { value: 'with data', label: 'with data' },
              ...(value?.trueLogDensity ? [{ value: 'truth' as const, label: 'truth' }] : []),
            ]}
            onChange={setShow}
          />
          <span className="spacer" />
          {value?.gap && (
            <span className="faint small tabular" title="Mean of log p(x) of the truth minus that of the model, over test rows">
              gap{' '}
              <b className="strong">
                {withMinus(value.gap.nats.toFixed(3))} ± {value.gap.standardError.toFixed(3)}
              </b>{' '}
              nats
            </span>
          )}
        </>
      }
      menu={menu}
    >
      <div className="stages">
        <SizedBody className="centred">{(size) => <Answered asked={asked}>{(answer) => <Heat density={answer} show={show} size={size} handle={plot} />}</Answered>}</SizedBody>
        {value && <Key most={densest(value)} withData={show === 'with data'} />}
      </div>
    </Frame>
  );
}

/** What the colours and the dots mean. */
function Key({ most, withData }: { most: number; withData: boolean }) {
  const theme = usePlotTheme();
  return (
    <div className="legend">
      <ColourScale colours={theme.ramp} name="p(x)" from="0" to={`≥ ${formatValue(Number(most.toPrecision(2)))}`} />
      {withData && (
        <span>
          <i className="spot" style={{ background: theme.runs[1] ?? theme.ink }} />
          test rows
        </span>
      )}
    </div>
  );
}

const middle = ([from, to]: readonly [number, number], i: number): number => from + ((i + 0.5) / resolution) * (to - from);

/** Where the colours end. The largest 1 % of the cells (of the truth, where it is known) share the last one: one spike must not hide all else. */
function densest({ logDensity, trueLogDensity }: Pick<DensityOfPlane, 'logDensity' | 'trueLogDensity'>): number {
  const sorted = Float32Array.from(trueLogDensity ?? logDensity).sort();
  return Math.exp(sorted[Math.floor(0.99 * (sorted.length - 1))] ?? 0);
}

export function Heat({ density, show, size, handle }: { density: DensityOfPlane; show: Show; size: Size; handle?: RefObject<HTMLDivElement | null> }) {
  const { box, logDensity, trueLogDensity, data, integral } = density;
  const theme = usePlotTheme();
  const side = Math.min(size.width, size.height);
  const square = useMemo(() => ({ width: side, height: side }), [side]);
  const drawn = useMemo(() => {
    const shown = show === 'truth' && trueLogDensity ? trueLogDensity : logDensity;
    const rows = Array.from({ length: resolution }, (_, row) => Array.from(shown.subarray(row * resolution, (row + 1) * resolution), Math.exp));
    const layout: Partial<Layout> = { xaxis: bareAxis(theme, box.x), yaxis: bareAxis(theme, box.y), hovermode: 'closest' };
    const along = (range: readonly [number, number]): number[] => Array.from({ length: resolution }, (_, i) => middle(range, i));
    return {
      layout,
      data: [
        { type: 'heatmap' as const, x: along(box.x), y: along(box.y), z: rows, zmin: 0, zmax: densest(density), colorscale: colourScale(theme.ramp), showscale: false, zsmooth: 'best' as const, hovertemplate: '%{x:.2f}, %{y:.2f}: p = %{z:.3g}<extra></extra>' },
        ...(show === 'with data' ? pointTraces(data, 2, [0, 1], null, theme, theme.runs[1] ?? theme.ink) : []),
      ],
    };
  }, [density, box, logDensity, trueLogDensity, data, show, theme]);
  return <Plot label={withMinus(`Density of the model from ${box.x[0].toFixed(1)} to ${box.x[1].toFixed(1)}; its integral is ${integral.toFixed(3)}`)} {...drawn} size={square} margin={margin} {...(handle && { handle })} />;
}

export const density = definePanel({
  id: 'density',
  title: 'Density',
  needs: ['logProb'],
  suits: planesOnly,
  help: {
    shows: 'The model\'s density over the plane, darker where it is larger, with the sum over the cells as its integral; on demand with test rows over it. Where the data set knows its own density, the mean gap of log p(x) between truth and model over test rows stands beside it, with its standard error.',
    formula: '∫ p ≈ Σ p(x_ij) Δ        gap = 1/n Σ log p*(x) − log p(x) → KL(p* ‖ p)',
    read: 'The integral should be 1 to within a few parts in a thousand: less means mass outside the box or cells too coarse for a sharp density, more a wrong log-determinant. A gap below nought by more than a few standard errors is a bug, whatever the picture looks like. A rectangular flow is the exception: its density is per unit of length along its curve, a point off it has that of its projection, and the integral over the plane means nothing.',
    source: 'Rezende and Mohamed, "Variational inference with normalizing flows" (2015), figure 3; Grathwohl et al., "FFJORD" (2019), figure 2.',
  },
  component: Density,
});
