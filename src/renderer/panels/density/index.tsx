import { useMemo, useRef, useState, type RefObject } from 'react';
import type { Data, Layout } from 'plotly.js';
import type { ProbeAnswers } from '../../../contract/probes';
import { Badge, Segmented } from '../../design';
import { formatCount, formatValue, withMinus } from '../../format';
import { Plot } from '../../plots/plot';
import type { Size } from '../../plots/size';
import { faded, usePlotTheme } from '../../plots/theme';
import { withAspect, type Box } from '../codes';
import { Answered, Frame } from '../frame';
import { noiseSeed } from '../linked';
import { definePanel, planesOnly } from '../panel';
import { SizedBody } from '../picture-grid';
import { axisOf, bareAxis, ColourScale, colourScale, usePlotActions } from '../plot-panel';
import { boxOf, pointTraces, spanOf } from '../plane';
import { RowsError, useReconstructedRows } from '../reconstructed-rows';
import { canBeAsked, testCount, useAsked, useProbe, useScopeRun, type Asked } from '../run-scope';
import { doubts } from './doubts';

const resolution = 100;
/** Of one column. */
const cellsOfLine = 400;
const dataPoints = 1000;
const lineMargin = { l: 44, r: 8, t: 8, b: 34 };
const margin = { l: 0, r: 0, t: 0, b: 0 };

type Answer = ProbeAnswers['density'];

export interface DensityOfTable extends Answer {
  /** Of one column y means nothing. */
  box: Box;
  columns: number;
  data: Float32Array;
}

/** log p(x) over a square box (of one column a line) half as wide again as the test points on every side, so that the integral is nearly whole. */
export function useDensity(): Asked<DensityOfTable> {
  const probe = useProbe();
  const run = useScopeRun();
  const count = testCount(run, dataPoints);
  return useAsked(canBeAsked(run) ? `density ${count}` : null, async () => {
    const some = await probe({ kind: 'points', split: 'test', offset: 0, count, temperature: 1, seed: noiseSeed });
    const { data, columns } = some.value;
    const line = spanOf(data, 0.25);
    const box = columns === 1 ? { x: line, y: line } : withAspect(boxOf(data, 2, [0, 1], 0.25), { width: 1, height: 1 });
    const answer = await probe({ kind: 'density', x: [...box.x], ...(columns === 1 ? { resolution: cellsOfLine } : { y: [...box.y], resolution }), seed: noiseSeed });
    return { value: { ...answer.value, box, columns, data }, step: answer.step, milliseconds: some.milliseconds + answer.milliseconds };
  });
}

export type Show = 'density' | 'with data' | 'truth';

function Density() {
  const run = useScopeRun();
  const asked = useDensity();
  const [show, setShow] = useState<Show>('density');
  const plot = useRef<HTMLDivElement>(null);
  const value = asked.answer?.value;
  const isLine = run.dataset?.channels === 1;
  const menu = usePlotActions(run.name, 'density', plot, value ? tableOf(value) : null);
  const wrong = value ? doubts(value) : [];
  const projected = useReconstructedRows(value?.integral === null && run.abilities.includes('reconstruct'));
  return (
    <Frame
      step={asked.answer?.step ?? null}
      tone={wrong.length > 0 ? 'warn' : undefined}
      badge={
        value &&
        (value.integral === null ? (
          <Badge title="The density is per unit of length (area, ...) along the curve (surface) that the samples lie on, and a point off it has that of its projection: it has no integral over the plane">of projections</Badge>
        ) : (
          <Badge tone={wrong.length > 0 ? 'warn' : 'plain'} title={`The sum over ${isLine ? `${cellsOfLine} cells` : `${resolution} x ${resolution} cells`} of the box that is shown, half as wide again as the test rows on every side`}>
            ∫ p = {value.integral.toFixed(3)}
          </Badge>
        ))
      }
      sub={
        <>
          {!isLine && (
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
          )}
          <span className="spacer" />
          {value?.integral === null && projected.answer && <RowsError {...projected.answer.value} />}
          {value?.gap && (
            <span className="faint small tabular" title={`Mean of log p(x) of the truth minus that of the model, over ${formatCount(value.gap.examples)} test rows`}>
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
        {wrong.map((sentence) => (
          <p key={sentence} className="panel-warning" role="alert">
            {sentence}
          </p>
        ))}
        <SizedBody className="centred">{(size) => <Answered asked={asked}>{(answer) => <DensityPlot density={answer} show={show} size={size} handle={plot} />}</Answered>}</SizedBody>
        {value && (isLine ? <LineKey truth={value.trueLogDensity !== null} /> : <Key most={densest(value)} withData={show === 'with data'} />)}
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

/** What the lines of one column mean. */
function LineKey({ truth }: { truth: boolean }) {
  const { runs, ink, label } = usePlotTheme();
  return (
    <div className="legend">
      <span>
        <i className="spot" style={{ background: runs[0] ?? ink }} />
        p(x)
      </span>
      {truth && (
        <span>
          <i className="spot" style={{ background: ink }} />
          truth
        </span>
      )}
      <span>
        <i className="spot" style={{ background: label }} />
        test rows
      </span>
    </div>
  );
}

function tableOf({ box, columns, logDensity }: DensityOfTable): { head: string[]; rows: number[][] } {
  if (columns === 1) return { head: ['x', 'log p, nats'], rows: Array.from(logDensity, (log, i) => [middle(box.x, i, cellsOfLine), log]) };
  return { head: ['x', 'y', 'log p, nats'], rows: Array.from(logDensity, (log, i) => [middle(box.x, i % resolution), middle(box.y, Math.floor(i / resolution)), log]) };
}

const middle = ([from, to]: readonly [number, number], i: number, cells = resolution): number => from + ((i + 0.5) / cells) * (to - from);

/** Where the colours end. The largest 1 % of the cells (of the truth, where it is known) share the last one: one spike must not hide all else. */
function densest({ logDensity, trueLogDensity }: Pick<DensityOfTable, 'logDensity' | 'trueLogDensity'>): number {
  const sorted = Float32Array.from(trueLogDensity ?? logDensity).sort();
  return Math.exp(sorted[Math.floor(0.99 * (sorted.length - 1))] ?? 0);
}

interface Drawn {
  density: DensityOfTable;
  show: Show;
  size: Size;
  handle?: RefObject<HTMLDivElement | null>;
}

/** The density of one column or two. */
export const DensityPlot = (props: Drawn) => (props.density.columns === 1 ? <Curve {...props} /> : <Heat {...props} />);

/** p(x) and, where it is known, the truth, over a histogram of the test rows whose bars have the area 1. */
function Curve({ density: { box, logDensity, trueLogDensity, data, integral }, size, handle }: Drawn) {
  const name = useScopeRun().dataset?.columns?.[0] ?? 'x';
  const theme = usePlotTheme();
  const drawn = useMemo(() => {
    const x = Array.from(logDensity, (_, i) => middle(box.x, i, cellsOfLine));
    const line = (logs: Float32Array, text: string, colour: string, dash: 'solid' | 'dot'): Partial<Data> => ({ type: 'scatter', mode: 'lines', x, y: Array.from(logs, Math.exp), line: { color: colour, width: 1.5, dash }, hovertemplate: `${text} at %{x:.3g}: %{y:.4g}<extra></extra>` });
    const layout: Partial<Layout> = { xaxis: axisOf(theme, name, { range: [...box.x] }), yaxis: axisOf(theme, 'p(x)', { rangemode: 'tozero' }), bargap: 0.05, hovermode: 'closest' };
    return {
      layout,
      data: [
        { type: 'histogram', x: Array.from(data), histnorm: 'probability density', nbinsx: 40, marker: { color: faded(theme.label, 0.35) }, hoverinfo: 'skip' } as Partial<Data>,
        ...(trueLogDensity ? [line(trueLogDensity, 'truth', theme.ink, 'dot')] : []),
        line(logDensity, 'p', theme.runs[0] ?? theme.ink, 'solid'),
      ],
    };
  }, [box, logDensity, trueLogDensity, data, name, theme]);
  return <Plot label={withMinus(`Density of the model from ${box.x[0].toFixed(1)} to ${box.x[1].toFixed(1)}${said(integral)}`)} {...drawn} size={size} margin={lineMargin} {...(handle && { handle })} />;
}

const said = (integral: number | null): string => (integral === null ? '' : `; its integral is ${integral.toFixed(3)}`);

function Heat({ density, show, size, handle }: Drawn) {
  const { box, logDensity, trueLogDensity, data, integral } = density;
  const theme = usePlotTheme();
  const side = Math.min(size.width, size.height);
  const square = useMemo(() => ({ width: side, height: side }), [side]);
  const drawn = useMemo(() => {
    const shown = show === 'truth' && trueLogDensity ? trueLogDensity : logDensity;
    const rows = Array.from({ length: resolution }, (_, row) => Array.from(shown.subarray(row * resolution, (row + 1) * resolution), Math.exp));
    const layout: Partial<Layout> = { xaxis: bareAxis(theme, box.x, side), yaxis: bareAxis(theme, box.y, side), hovermode: 'closest' };
    const along = (range: readonly [number, number]): number[] => Array.from({ length: resolution }, (_, i) => middle(range, i));
    return {
      layout,
      data: [
        { type: 'heatmap' as const, x: along(box.x), y: along(box.y), z: rows, zmin: 0, zmax: densest(density), colorscale: colourScale(theme.ramp), showscale: false, zsmooth: 'best' as const, hovertemplate: '%{x:.2f}, %{y:.2f}: p = %{z:.3g}<extra></extra>' },
        ...(show === 'with data' ? pointTraces(data, 2, [0, 1], null, theme, theme.runs[1] ?? theme.ink) : []),
      ],
    };
  }, [density, box, logDensity, trueLogDensity, data, show, side, theme]);
  return <Plot label={withMinus(`Density of the model from ${box.x[0].toFixed(1)} to ${box.x[1].toFixed(1)}${said(integral)}`)} {...drawn} size={square} margin={margin} {...(handle && { handle })} />;
}

export const density = definePanel({
  id: 'density',
  title: 'Density',
  needs: ['logProb'],
  suits: planesOnly,
  help: {
    shows: 'The model\'s density over the plane, darker where it is larger, with the sum over the cells as its integral; on demand with test rows over it. Of a table with one column: its curve over a histogram of test rows, with the truth where it is known. Where the data set knows its own density, the mean gap of log p(x) between truth and model over test rows stands beside it, with its standard error.',
    formula: '∫ p ≈ Σ p(x_ij) Δ        gap = 1/n Σ log p*(x) − log p(x) → KL(p* ‖ p)',
    read: 'The integral should be 1 to within five parts in a thousand. Less is in order where as much of the model\'s own samples lies outside the box; else less means a wrong log-determinant or cells too coarse for a sharp density, and so does more. A gap below nought by more than four standard errors is a bug, whatever the picture looks like: no density is closer to the data than their own. The panel says so where it happens. The integral is over the cells of the box, the gap over test rows: one can be in order and the other not. A rectangular flow has no integral: its density is per unit of length along its curve, and a point off it has that of its projection.',
    source: 'Rezende and Mohamed, "Variational inference with normalizing flows" (2015), figure 3; Grathwohl et al., "FFJORD" (2019), figure 2.',
  },
  component: Density,
});
