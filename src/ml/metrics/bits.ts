import type { DataShape } from '../../contract/models';
import type { Measure } from '../evaluate';
import type { Model } from '../model';

/** What a model's own log p(x) is. @param levels how many values a pixel can have; null of tables, whose density is meant */
export const logProbInWords = ({ mass }: Model, levels: number | null): string =>
  mass || levels === null ? 'log p(x), exact' : 'log-density of the levels with one draw of uniform noise an example: a lower bound of their log-probability';

/**
 * A log-likelihood of grey levels in nats, as bits for each value of a picture (fewer are better). None of tables, nor of zeros and ones, whose bits do not compare with
 * those of levels.
 */
export function bitsOf(nats: Measure, { levels, height, width, channels }: Pick<DataShape, 'levels' | 'height' | 'width' | 'channels'>, metric: string): Measure[] {
  if (levels === null || levels === 2) return [];
  const bit = height * width * channels * Math.LN2;
  return [{ ...nats, metric, unit: 'bits/dim', value: -nats.value / bit, standardError: nats.standardError === null ? null : nats.standardError / bit, estimator: `${nats.estimator}, over the number of values` }];
}
