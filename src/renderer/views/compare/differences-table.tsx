import type { ReactNode } from 'react';
import type { ComparedEvaluation, Difference, differences } from './differences';
import type { Group } from './groups';
import { GroupName } from './looks';

interface Compared {
  groups: readonly Group[];
  settings: ReturnType<typeof differences>;
  evaluations: readonly ComparedEvaluation[];
}

/** Settings that differ, then final evaluations with what they are: of a group of seeds their mean and standard deviation. Settings of some alone and equal ones are folded away. */
export function DifferencesTable({ groups, settings: { differ, lacking, equal }, evaluations }: Compared) {
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
          <Settings rows={differ} />
          {differ.length === 0 && (
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
      {lacking.length > 0 && (
        <Folded title={`${lacking.length} ${lacking.length === 1 ? 'setting' : 'settings'} that not all have`}>
          <thead>
            <tr>
              <th scope="col" />
              {groups.map((group) => (
                <th key={group.id} scope="col">
                  <GroupName group={group} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <Settings rows={lacking} />
          </tbody>
        </Folded>
      )}
      <Folded title={`${equal.length} equal settings`}>
        <tbody>
          <Settings rows={equal.map(({ name, values }) => ({ name, values: values.slice(0, 1) }))} />
        </tbody>
      </Folded>
    </div>
  );
}

const Folded = ({ title, children }: { title: string; children: ReactNode }) => (
  <details>
    <summary className="faint small">{title}</summary>
    <table>{children}</table>
  </details>
);

const Settings = ({ rows }: { rows: readonly Difference[] }) =>
  rows.map(({ name, values }) => (
    <tr key={name}>
      <th scope="row">{name}</th>
      {values.map((value, i) => (
        <td key={i}>{value}</td>
      ))}
    </tr>
  ));

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
