import { Select } from '../design';
import { useLinked, useSetLinked } from './linked';
import { useScopeRun } from './run-scope';

/** Which two latent dimensions are shown; nothing to choose in a two-dimensional code. */
export function DimsSelect() {
  const { latentSize } = useScopeRun();
  const setLinked = useSetLinked();
  const dims = useLinked((state) => state.dims);
  const size = latentSize ?? 2;
  if (size <= 2) return <span className="faint small">{size === 2 ? 'z1 × z2' : 'z1'}</span>;
  const choose = (axis: 0 | 1) => (
    <Select
      label={axis === 0 ? 'Dimension across' : 'Dimension up'}
      variant="quiet"
      value={String(dims[axis])}
      options={Array.from({ length: size }, (_, dim) => ({ value: String(dim), label: `z${dim + 1}`, isDisabled: dim === dims[1 - axis] }))}
      onChange={(value) => setLinked({ dims: axis === 0 ? [Number(value), dims[1]] : [dims[0], Number(value)], latentRange: null })}
    />
  );
  return (
    <span className="dims">
      {choose(0)}×{choose(1)}
      <span className="faint small">of {size}</span>
    </span>
  );
}
