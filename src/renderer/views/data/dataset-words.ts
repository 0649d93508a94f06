import { splits, type DatasetInfo } from '../../../contract/datasets';
import { formatCount } from '../../format';

/** `28 × 28 grey · 10 classes`, `6 columns · no labels` */
export function shapeInWords({ kind, height, width, channels, binary, classes, factors }: Pick<DatasetInfo, 'kind' | 'height' | 'width' | 'channels' | 'binary' | 'classes' | 'factors'>): string {
  const colour = channels >= 3 ? 'colour' : binary ? 'binary' : 'grey';
  const shape = kind === 'table' ? `${channels} ${channels === 1 ? 'column' : 'columns'}` : `${height} × ${width} ${colour}`;
  return `${shape} · ${classes ? `${classes.length} classes` : factors ? `factors ${factors.names.join(', ')}` : 'no labels'}`;
}

/** `train 50,000 · valid 10,000 · test 10,000`, without the empty ones. */
export const countsInWords = ({ counts }: Pick<DatasetInfo, 'counts'>): string =>
  splits
    .filter((split) => counts[split] > 0)
    .map((split) => `${split} ${formatCount(counts[split])}`)
    .join(' · ');
