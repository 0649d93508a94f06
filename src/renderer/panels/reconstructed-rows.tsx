import type { ProbeAnswers } from '../../contract/probes';
import { formatCount, withMinus } from '../format';
import { canBeAsked, testCount, useAsked, useProbe, useScopeRun, type Asked } from './run-scope';

type Rows = ProbeAnswers['reconstruct-rows'];

const asked = 1000;

/** Test rows and what the model makes of them. */
export function useReconstructedRows(isWanted = true): Asked<Rows> {
  const probe = useProbe();
  const run = useScopeRun();
  const count = testCount(run, asked);
  return useAsked(isWanted && canBeAsked(run) ? `reconstruct-rows ${count}` : null, () => probe({ kind: 'reconstruct-rows', split: 'test', offset: 0, count }));
}

/** `0.0123 ± 0.0004`, the mean of the squared distance of a row to its reconstruction. */
export const RowsError = ({ squaredError: { value, standardError, rows } }: Rows) => (
  <span className="faint small tabular" title={`Mean of the squared distance of a row to its reconstruction, over ${formatCount(rows)} test rows`}>
    |x̂ − x|²{' '}
    <b className="strong">
      {withMinus(value.toPrecision(3))}
      {standardError !== null && ` ± ${withMinus(standardError.toPrecision(2))}`}
    </b>
  </span>
);
