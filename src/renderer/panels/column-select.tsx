import { Select } from '../design';

/** Which two columns of a table are shown; nothing to choose where there are two. */
export function ColumnSelect({ names, dims, onChange }: { names: readonly string[]; dims: readonly [number, number]; onChange: (dims: readonly [number, number]) => void }) {
  if (names.length <= 2) return <span className="faint small">{names.join(' × ')}</span>;
  const choose = (axis: 0 | 1) => (
    <Select
      label={axis === 0 ? 'Column across' : 'Column up'}
      variant="quiet"
      value={String(dims[axis])}
      options={names.map((label, dim) => ({ value: String(dim), label, isDisabled: dim === dims[1 - axis] }))}
      onChange={(value) => onChange(axis === 0 ? [Number(value), dims[1]] : [dims[0], Number(value)])}
    />
  );
  return (
    <span className="dims">
      {choose(0)}×{choose(1)}
    </span>
  );
}
