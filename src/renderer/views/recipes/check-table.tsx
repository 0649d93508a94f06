import { Check, X } from 'lucide-react';
import { checkInWords, type Recipe } from '../../../contract/recipes';
import type { CheckResult } from '../../../contract/runs';
import { Badge } from '../../design';
import { formatValue } from '../../format';

/** A recipe's checks: in words, or with what came out and what that rests on. */
export function CheckTable({ checks, results, label }: { checks: Recipe['checks']; results: readonly CheckResult[]; label: string }) {
  if (results.length === 0)
    return (
      <table className="table recipe-checks" aria-labelledby={label}>
        <thead>
          <tr>
            <th>Check</th>
            <th>Wanted</th>
          </tr>
        </thead>
        <tbody>
          {checks.map((check) => (
            <tr key={check.title}>
              <td>{check.title}</td>
              <td className="faint">{checkInWords(check)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    );
  return (
    <table className="table recipe-checks" aria-labelledby={label}>
      <thead>
        <tr>
          <th>Came out</th>
          <th>Check</th>
          <th className="number">Value</th>
          <th>Wanted</th>
        </tr>
      </thead>
      <tbody>
        {results.map(({ id, title, passed, value, threshold, evidence }) => (
          <tr key={`${id} ${title}`}>
            <td>
              <Badge tone={passed ? 'ok' : 'bad'}>
                {passed ? <Check size={11} aria-hidden /> : <X size={11} aria-hidden />}
                {passed ? 'passed' : 'failed'}
              </Badge>
            </td>
            <td>
              {title}
              <small className="faint">{evidence}</small>
            </td>
            <td className="number strong">{Number.isFinite(value) ? formatValue(value) : 'none'}</td>
            <td>{threshold}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
