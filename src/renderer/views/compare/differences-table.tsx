import { differences, type ComparedEvaluation } from './differences';
import type { CopiedTable } from './copied-table';
import type { Group } from './groups';
import { GroupName } from './looks';

/** Settings that differ, then final evaluations with what they are: of a group of seeds their mean and standard deviation. */
export function DifferencesTable({ groups, table: { settings, evaluations } }: { groups: readonly Group[]; table: CopiedTable }) {
  const { equal } = differences(groups.map(({ runs }) => runs.map(({ experiment }) => experiment)));
  const whole = groups.length + 1;
  const kinds = new Set(evaluations.flatMap(({ values }) => values.flatMap((value) => value?.spread ?? [])));
  return (
    <div className="differences">
      <table>
        <thead>
          <tr>
            <th scope="col">Settings that differ</th>
            {groups.map((group) => (
              <th key={group.id} scope="col">
                <GroupName group={group} />
                {group.runs.length > 1 && <small>{group.runs.length} seeds</small>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {settings.map(({ name, values }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {values.map((value, i) => (
                <td key={groups[i]?.id}>{value}</td>
              ))}
            </tr>
          ))}
          {settings.length === 0 && (
            <tr>
              <th scope="row" colSpan={whole} className="faint">
                none
              </th>
            </tr>
          )}
        </tbody>
        <tbody>
          <tr className="section">
            <th scope="rowgroup" colSpan={whole}>Final evaluations{kinds.size > 0 && `, ${[...kinds].map((kind) => spreads[kind]).join('; ')}`}</th>
          </tr>
          {evaluations.map((row) => (
            <tr key={`${row.title} ${row.what}`}>
              <th scope="row">
                {row.title} {row.unit && row.unit !== row.title.toLowerCase() && <span className="unit">{row.unit}</span>}
                <small>{row.what}</small>
              </th>
              {groups.map((group, i) => (
                <Cell key={group.id} row={row} at={i} seeds={group.runs.length} named={kinds.size > 1} />
              ))}
            </tr>
          ))}
          {evaluations.length === 0 && (
            <tr>
              <th scope="row" colSpan={whole} className="faint">
                Measured when a run is done.
              </th>
            </tr>
          )}
        </tbody>
      </table>
      <details>
        <summary className="faint small">{equal.length} equal settings</summary>
        <table>
          <tbody>
            {equal.map(({ name, values }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{values[0]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </div>
  );
}

const spreads = { 's.e.': '± standard error (s.e.) over examples', 's.d.': 'mean ± standard deviation (s.d.) over seeds' } as const;

/** `named`: which of the two stands behind the ± is said in the cell. */
function Cell({ row: { values, unit, best }, at, seeds, named }: { row: ComparedEvaluation; at: number; seeds: number; named: boolean }) {
  const measured = values[at];
  if (!measured) return <td>–</td>;
  const { text, spread, runs } = measured;
  return (
    <td>
      {best === at ? <b className="strong">{text.value}</b> : text.value} {unit === null && <span className="unit">{text.unit}</span>}
      {text.error && (
        <small title={spread === 's.d.' ? `Standard deviation over ${runs} seeds` : 'Standard error over examples'}>
          ± {text.error} {named && spread}
        </small>
      )}
      {runs < seeds && <small>{runs === 1 ? 'of 1 seed' : `over ${runs} seeds`}</small>}
    </td>
  );
}
