import { useMemo, useRef } from 'react';
import type { Data, Layout } from 'plotly.js';
import type { Rows } from '../../../contract/datasets';
import { Plot } from '../../plots/plot';
import { useSize, type Size } from '../../plots/size';
import { usePlotTheme } from '../../plots/theme';

interface Props {
  rows: Rows;
  labels: Uint16Array | null;
  classes: readonly string[] | null;
  /** The number of the first row. */
  first: number;
  /** What they are rows of. */
  title: string;
}

/** Rows of a table: of two columns a scatter, of others the numbers. */
export function RowsView(props: Props) {
  const element = useRef<HTMLDivElement>(null);
  const size = useSize(element);
  if (props.rows.columns.length !== 2) return <Numbers {...props} />;
  return (
    <div ref={element} className="rows-scatter">
      {size && size.width > 0 && size.height > 0 && <Scatter {...props} size={size} />}
    </div>
  );
}

const margin = { l: 44, r: 12, t: 8, b: 36 };

function Scatter({ rows: { columns, values, count }, labels, classes, first, title, size }: Props & { size: Size }) {
  const theme = usePlotTheme();
  const { data, layout } = useMemo(() => {
    const column = (which: number): Float32Array => Float32Array.from({ length: count }, (_, row) => values[row * 2 + which] ?? NaN);
    const colour = (row: number): string => (labels ? (theme.classes[(labels[row] ?? 0) % theme.classes.length] ?? theme.ink) : (theme.runs[0] ?? theme.ink));
    const points: Partial<Data> = {
      type: 'scatter',
      mode: 'markers',
      x: column(0),
      y: column(1),
      text: Array.from({ length: count }, (_, row) => `row ${first + row}${labels ? ` · ${classes?.[labels[row] ?? 0] ?? ''}` : ''}`),
      hovertemplate: '%{text}<br>%{x:.4g}, %{y:.4g}<extra></extra>',
      marker: { size: 4, opacity: 0.7, color: Array.from({ length: count }, (_, row) => colour(row)) },
    };
    const axis = { gridcolor: theme.grid, zerolinecolor: theme.axis, linecolor: theme.axis };
    const layout: Partial<Layout> = { xaxis: { ...axis, title: { text: columns[0] ?? '' } }, yaxis: { ...axis, title: { text: columns[1] ?? '' }, scaleanchor: 'x' }, dragmode: 'pan' };
    return { data: [points], layout };
  }, [columns, values, count, labels, classes, first, theme]);
  return <Plot label={`${count} rows of ${title}: ${columns.join(' and ')}`} data={data} layout={layout} size={size} margin={margin} scrollZoom />;
}

function Numbers({ rows: { columns, values, count }, labels, classes, first, title }: Props) {
  return (
    <table className="rows-table tabular" aria-label={`Rows of ${title}`}>
      <thead>
        <tr>
          <th scope="col">row</th>
          {columns.map((name, i) => (
            <th key={i} scope="col">
              {name}
            </th>
          ))}
          {labels && <th scope="col">class</th>}
        </tr>
      </thead>
      <tbody>
        {Array.from({ length: count }, (_, row) => (
          <tr key={row}>
            <th scope="row">{first + row}</th>
            {columns.map((_, column) => (
              <td key={column}>{(values[row * columns.length + column] ?? NaN).toPrecision(4)}</td>
            ))}
            {labels && <td>{classes?.[labels[row] ?? 0] ?? labels[row]}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
