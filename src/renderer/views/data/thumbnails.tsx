import type { DatasetInfo, DatasetPage, Rows } from '../../../contract/datasets';
import { useQuery } from '../../client/hooks';
import { Picture } from '../../design';

/** In source pixels. */
const gap = 1;
const dotsAtMost = 600;

/** The first training examples of a data set, `height` CSS pixels high in all. The space is kept until they come. */
export function Thumbnails({ dataset, columns, rows, height }: { dataset: DatasetInfo; columns: number; rows: number; height: number }) {
  const isTable = dataset.kind === 'table';
  const { data: page } = useQuery('datasets.page', { id: dataset.id, split: 'train', offset: 0, count: isTable ? dotsAtMost : columns * rows });
  const scale = height / (rows * (dataset.height + gap) - gap);
  const width = isTable ? height : (columns * (dataset.width + gap) - gap) * scale;
  return <div className="thumbnails" style={{ width, height }}>{page && <PageGlance page={page} title={dataset.title} columns={columns} rows={rows} gap={gap} scale={scale} />}</div>;
}

/** Some examples at a glance: pictures in a grid, a table's first two columns as dots. */
export function PageGlance({ page, title, columns, rows, gap, scale }: { page: DatasetPage; title: string; columns: number; rows?: number; gap: number; scale?: number }) {
  if (page.kind === 'table') return <Dots rows={page.rows} labels={page.labels} title={title} />;
  return <Picture pictures={page.pictures} label={`First pictures of ${title}`} columns={columns} gap={gap} {...(rows !== undefined && { rows })} {...(scale !== undefined && { scale })} />;
}

/** The first two columns as x and y, on equal scales; a table of one column lies on a line. */
function Dots({ rows: { count, columns, values }, labels, title }: { rows: Rows; labels: Uint16Array | null; title: string }) {
  const at = (row: number, column: number): number => (column < columns.length ? (values[row * columns.length + column] ?? 0) : 0);
  const indices = Array.from({ length: Math.min(count, dotsAtMost) }, (_, i) => i);
  const largest = indices.reduce((most, row) => Math.max(most, Math.abs(at(row, 0)), Math.abs(at(row, 1))), 1e-9);
  return (
    <svg className="dots" viewBox="-1.06 -1.06 2.12 2.12" role="img" aria-label={`First rows of ${title}: ${columns[0] ?? ''} and ${columns[1] ?? 'zero'}`}>
      {indices.map((row) => (
        <circle key={row} cx={at(row, 0) / largest} cy={-at(row, 1) / largest} r={0.014} style={{ fill: labels ? `var(--class-${(labels[row] ?? 0) % 10})` : 'var(--run-1)' }} />
      ))}
    </svg>
  );
}
