import { useMemo, useRef, useState, type RefObject } from 'react';
import type { Data, Layout } from 'plotly.js';
import type { ProbeAnswers } from '../../../contract/probes';
import { formatCount } from '../../format';
import { Plot } from '../../plots/plot';
import type { Size } from '../../plots/size';
import { faded, usePlotTheme } from '../../plots/theme';
import { withAspect } from '../codes';
import { ColumnSelect } from '../column-select';
import { ExampleChooser } from '../example-chooser';
import { Answered, Frame } from '../frame';
import { decodedBy } from '../panel';
import { SizedBody } from '../picture-grid';
import { boxOf, columnsOf } from '../plane';
import { axisOf, bareAxis, usePlotActions } from '../plot-panel';
import { RowsError, useReconstructedRows } from '../reconstructed-rows';
import { useScopeRun } from '../run-scope';

type Rows = ProbeAnswers['reconstruct-rows'];

const drawn = 300;
/** Of more columns one row is shown at a time, in all of them. */
const asPoints = 3;
const bare = { l: 0, r: 0, t: 0, b: 0 };
const margin = { l: 44, r: 8, t: 8, b: 30 };

/** Rows of a table and their reconstructions. */
export function ReconstructedRows() {
  const run = useScopeRun();
  const answered = useReconstructedRows();
  const [dims, setDims] = useState<readonly [number, number]>([0, 1]);
  const [row, setRow] = useState(0);
  const plot = useRef<HTMLDivElement>(null);
  const value = answered.answer?.value;
  const names = run.dataset?.columns ?? ['x1', 'x2'];
  const menu = usePlotActions(run.name, 'reconstructions', plot, value ? { head: [...names, ...names.map((name) => `${name}, reconstructed`)], rows: pairs(value) } : null);
  return (
    <Frame
      step={answered.answer?.step ?? null}
      badge={value && `${decodedBy(run)} · test · ${formatCount(value.squaredError.rows)}`}
      sub={
        <>
          {names.length > asPoints ? <ExampleChooser label="row" value={row} total={value?.squaredError.rows ?? 1} onChange={setRow} /> : <ColumnSelect names={names} dims={dims} onChange={setDims} />}
          <span className="spacer" />
          {value && <RowsError {...value} />}
        </>
      }
      menu={menu}
    >
      <div className="stages">
        <SizedBody className="centred">{(size) => <Answered asked={answered}>{(answer) => (answer.columns > asPoints ? <OneRow rows={answer} row={row} names={names} size={size} handle={plot} /> : <Segments rows={answer} dims={dims} size={size} handle={plot} />)}</Answered>}</SizedBody>
        {value && <Key difference={value.columns > asPoints} />}
      </div>
    </Frame>
  );
}

const pairs = ({ columns, inputs, outputs }: Rows): number[][] => Array.from({ length: inputs.length / columns }, (_, i) => [inputs, outputs].flatMap((values) => Array.from(values.subarray(i * columns, (i + 1) * columns))));

/** Each row as a point, joined to its reconstruction. A single column lies on the diagonal, its reconstruction above or below. */
function Segments({ rows: { columns, inputs, outputs }, dims, size, handle }: { rows: Rows; dims: readonly [number, number]; size: Size; handle: RefObject<HTMLDivElement | null> }) {
  const theme = usePlotTheme();
  const plotted = useMemo(() => {
    const shown = columns === 1 ? ([0, 0] as const) : dims;
    const [from, to] = [columnsOf(inputs.subarray(0, drawn * columns), columns, shown), columnsOf(outputs.subarray(0, drawn * columns), columns, shown)];
    const across = columns === 1 ? from.x : to.x;
    const box = withAspect(boxOf([...from.x, ...across].flatMap((x, i) => [x, [...from.y, ...to.y][i] ?? 0]), 2, [0, 1]), size);
    const broken = (a: Float32Array, b: Float32Array): (number | null)[] => Array.from(a).flatMap((value, i) => [value, b[i] ?? NaN, null]);
    const points = (x: Float32Array, y: Float32Array, colour: string): Partial<Data> => ({ type: 'scatter', mode: 'markers', x, y, hoverinfo: 'skip', marker: { size: 4, opacity: 0.8, color: colour } });
    const layout: Partial<Layout> = { xaxis: bareAxis(theme, box.x, size.width), yaxis: bareAxis(theme, box.y, size.height), hovermode: false };
    const data: Partial<Data>[] = [
      { type: 'scatter', mode: 'lines', x: broken(from.x, across), y: broken(from.y, to.y), line: { color: faded(theme.axis, 0.7), width: 1 }, connectgaps: false, hoverinfo: 'skip' },
      points(from.x, from.y, theme.ink),
      points(across, to.y, theme.runs[0] ?? theme.ink),
    ];
    return { layout, data };
  }, [columns, inputs, outputs, dims, size, theme]);
  return <Plot label={`${Math.min(drawn, inputs.length / columns)} test rows, each joined to its reconstruction`} {...plotted} size={size} margin={bare} handle={handle} />;
}

/** One row in all columns over its reconstruction, and the difference as bars. */
function OneRow({ rows: { columns, inputs, outputs }, row, names, size, handle }: { rows: Rows; row: number; names: readonly string[]; size: Size; handle: RefObject<HTMLDivElement | null> }) {
  const theme = usePlotTheme();
  const plotted = useMemo(() => {
    const of = (values: Float32Array): number[] => Array.from(values.subarray(row * columns, (row + 1) * columns));
    const [input, output] = [of(inputs), of(outputs)];
    const x = input.map((_, i) => i);
    const line = (y: number[], name: string, colour: string): Partial<Data> => ({ type: 'scatter', mode: 'lines+markers', x, y, line: { color: colour, width: 1.2 }, marker: { size: 4, color: colour }, text: [...names], hovertemplate: `%{text}, ${name}: %{y:.4g}<extra></extra>` });
    const few = names.length <= 12;
    const layout: Partial<Layout> = {
      xaxis: axisOf(theme, '', few ? { tickmode: 'array', tickvals: x, ticktext: [...names], showgrid: false } : { showgrid: false }),
      yaxis: axisOf(theme, 'value', { zeroline: true, zerolinecolor: theme.axis }),
      hovermode: 'closest',
    };
    return {
      layout,
      data: [
        { type: 'bar' as const, x, y: output.map((value, i) => value - (input[i] ?? NaN)), marker: { color: faded(theme.runs[2] ?? theme.ink, 0.5) }, text: [...names], textposition: 'none' as const, hovertemplate: '%{text}, difference: %{y:.4g}<extra></extra>' },
        line(input, 'row', theme.ink),
        line(output, 'reconstruction', theme.runs[0] ?? theme.ink),
      ],
    };
  }, [columns, inputs, outputs, row, names, theme]);
  return <Plot label={`Test row ${row} in ${columns} columns, its reconstruction and the difference`} {...plotted} size={size} margin={margin} handle={handle} />;
}

function Key({ difference }: { difference: boolean }) {
  const { runs, ink } = usePlotTheme();
  const entries = [
    { name: 'row', colour: ink },
    { name: 'reconstruction', colour: runs[0] ?? ink },
    ...(difference ? [{ name: 'difference', colour: runs[2] ?? ink }] : []),
  ];
  return (
    <div className="legend">
      {entries.map(({ name, colour }) => (
        <span key={name}>
          <i className="spot" style={{ background: colour }} />
          {name}
        </span>
      ))}
    </div>
  );
}
