import { Select } from '../design';
import { formatValue } from '../format';
import { ranked } from './codes';
import { useDims } from './dimensions';
import { useLinked, useSetLinked, type Dims } from './linked';
import { useScopeRun } from './run-scope';

/** Which two latent dimensions are shown, the most telling first where that is known; nothing to choose in a two-dimensional code. */
export function DimsSelect() {
  const { id, latentSize } = useScopeRun();
  const setLinked = useSetLinked();
  const dims = useDims();
  const telling = useLinked((state) => state.telling[id]);
  const values = telling?.values;
  const size = latentSize ?? 2;
  if (size <= 2) return <span className="faint small">{size === 2 ? 'z1 × z2' : 'z1'}</span>;
  const order = values ? ranked(values) : Array.from({ length: size }, (_, dim) => dim);
  const choose = (axis: 0 | 1) => (
    <Select
      label={`Dimension ${axis === 0 ? 'across' : 'up'}, of ${size}`}
      variant="quiet"
      value={dims && String(dims[axis])}
      placeholder="–"
      options={order.map((dim) => ({ value: String(dim), label: `z${dim + 1}`, isDisabled: dim === dims?.[axis === 0 ? 1 : 0], ...(values && { description: telling.unit === 'nats' ? `${formatValue(values[dim] ?? NaN)} nats` : `sd ${formatValue(Math.sqrt(values[dim] ?? NaN))}` }) }))}
      onChange={(value) => dims && setLinked({ dims: axis === 0 ? [Number(value), dims[1]] : [dims[0], Number(value)], latentRange: null })}
    />
  );
  return (
    <span className="dims">
      {choose(0)}×{choose(1)}
    </span>
  );
}

/** The dimensions after one was picked: it goes across and what was there goes up, so that picking two shows those two. */
export const withPicked = (dims: Dims, picked: number): Dims => (picked === dims[0] ? dims : [picked, dims[0]]);
