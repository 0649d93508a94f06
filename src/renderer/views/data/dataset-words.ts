import { splits, type DatasetInfo } from '../../../contract/datasets';
import { formatCount } from '../../format';

/** `28 × 28 grey · 10 classes` */
export function shapeInWords({ height, width, channels, binary, classes }: Pick<DatasetInfo, 'height' | 'width' | 'channels' | 'binary' | 'classes'>): string {
  const colour = channels >= 3 ? 'colour' : binary ? 'binary' : 'grey';
  return `${height} × ${width} ${colour} · ${classes ? `${classes.length} classes` : 'no labels'}`;
}

/** `train 50,000 · valid 10,000 · test 10,000`, without the empty ones. */
export const countsInWords = ({ counts }: Pick<DatasetInfo, 'counts'>): string =>
  splits
    .filter((split) => counts[split] > 0)
    .map((split) => `${split} ${formatCount(counts[split])}`)
    .join(' · ');
