import type { RunDetail } from '../../../contract/runs';
import { evaluationText } from '../../panels/evaluation';
import { comparedEvaluations, differences } from './differences';
import { RunName } from './compare-panels';

/** Settings that differ, then final evaluations with what they are. */
export function DifferencesTable({ runs }: { runs: readonly RunDetail[] }) {
  const { differ, equal } = differences(runs.map((run) => run.experiment));
  const evaluations = comparedEvaluations(runs);
  return (
    <div className="differences">
      <table>
        <thead>
          <tr>
            <th scope="col">Settings that differ</th>
            {runs.map((run) => (
              <th key={run.id} scope="col">
                <RunName run={run} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {differ.map(({ name, values }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {values.map((value, i) => (
                <td key={runs[i]?.id}>{value}</td>
              ))}
            </tr>
          ))}
          {differ.length === 0 && (
            <tr>
              <th scope="row" colSpan={runs.length + 1} className="faint">
                none
              </th>
            </tr>
          )}
        </tbody>
        <tbody>
          <tr className="section">
            <th colSpan={runs.length + 1}>Final evaluations</th>
          </tr>
          {evaluations.map(({ title, what, values }) => (
            <tr key={`${title} ${what}`}>
              <th scope="row">
                {title}
                <small>{what}</small>
              </th>
              {values.map((evaluation, i) => {
                if (!evaluation) return <td key={runs[i]?.id}>–</td>;
                const { value, error, unit } = evaluationText(evaluation);
                return (
                  <td key={runs[i]?.id}>
                    {value} <span className="unit">{unit}</span>
                    {error && <small>± {error}</small>}
                  </td>
                );
              })}
            </tr>
          ))}
          {evaluations.length === 0 && (
            <tr>
              <th scope="row" colSpan={runs.length + 1} className="faint">
                Measured when a run is done.
              </th>
            </tr>
          )}
        </tbody>
      </table>
      <p className="faint small">{equal} equal settings</p>
    </div>
  );
}
