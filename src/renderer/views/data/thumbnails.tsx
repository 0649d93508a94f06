import type { DatasetInfo } from '../../../contract/datasets';
import { useQuery } from '../../client/hooks';
import { Picture } from '../../design';

/** In source pixels. */
const gap = 1;

/** The first training pictures of a data set, `height` CSS pixels high in all. The space is kept until they come. */
export function Thumbnails({ dataset, columns, rows, height }: { dataset: DatasetInfo; columns: number; rows: number; height: number }) {
  const { data: page } = useQuery('datasets.page', { id: dataset.id, split: 'train', offset: 0, count: columns * rows });
  const scale = height / (rows * (dataset.height + gap) - gap);
  return <div className="thumbnails" style={{ width: (columns * (dataset.width + gap) - gap) * scale, height }}>{page && <Picture pictures={page.pictures} label={`First pictures of ${dataset.title}`} columns={columns} rows={rows} gap={gap} scale={scale} />}</div>;
}
