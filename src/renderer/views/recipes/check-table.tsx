import { Check, X } from 'lucide-react';
import { checkInWords, type Recipe } from '../../../contract/recipes';
import type { CheckResult, Measured } from '../../../contract/runs';
import { inDigits } from '../../../contract/terms';
import { Badge } from '../../design';

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
        {results.map(({ id, title, passed, value, threshold, evidence, measured }) => (
          <tr key={`${id} ${title}`}>
            <td>
              <Badge tone={passed ? 'ok' : 'bad'}>
                {passed ? <Check size={11} aria-hidden /> : <X size={11} aria-hidden />}
                {passed ? 'passed' : 'failed'}
              </Badge>
            </td>
            <td>
              {title}
              {measured ? <Evidence measured={measured} /> : <small className="faint">{evidence}</small>}
            </td>
            <td className="number strong">{Number.isFinite(value) ? inDigits(value) : 'none'}</td>
            <td>{threshold}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The numbers that a check looked at, each the mean over its runs; what they are stands once where it is the same of all. */
function Evidence({ measured }: { measured: readonly Measured[] }) {
  const [first] = measured;
  const isShared = measured.every(({ what }) => what === first?.what);
  return (
    <>
      <table className="check-values tabular">
        <tbody>
          {measured.map(({ name, values, unit, what }) => (
            <tr key={`${name} ${what}`}>
              <th scope="row">{name}</th>
              <td className="number">{values.length > 0 ? inDigits(values.reduce((sum, value) => sum + value, 0) / values.length) : 'none'}</td>
              <td>
                {unit}
                {values.length > 1 && <span className="faint"> mean of {values.map(inDigits).join(', ')}</span>}
                {!isShared && <span className="faint"> {what}</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {isShared && <small className="faint">{first?.what}</small>}
    </>
  );
}
