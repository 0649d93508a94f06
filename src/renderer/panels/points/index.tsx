import { useMemo, useRef, useState, type RefObject } from 'react';
import type { Layout } from 'plotly.js';
import type { ProbeAnswers } from '../../../contract/probes';
import { formatCount } from '../../format';
import { Plot } from '../../plots/plot';
import type { Size } from '../../plots/size';
import { usePlotTheme } from '../../plots/theme';
import { withAspect } from '../codes';
import { ColumnSelect } from '../column-select';
import { Answered, Frame } from '../frame';
import { hottest, noiseSeed, useLinked, useSetLinked } from '../linked';
import { definePanel, tablesOnly } from '../panel';
import { SizedBody } from '../picture-grid';
import { bareAxis, usePlotActions } from '../plot-panel';
import { boxOf, pointTraces } from '../plane';
import { canBeAsked, testCount, useAsked, useProbe, useScopeRun } from '../run-scope';
import { Slider } from '../slider';

const mostPoints = 2000;
const margin = { l: 0, r: 0, t: 0, b: 0 };
/** Of the names above the clouds, pixels. */
const nameHeight = 16;

function Points() {
  const run = useScopeRun();
  const probe = useProbe();
  const setLinked = useSetLinked();
  const temperature = useLinked((state) => state.temperature);
  const [dims, setDims] = useState<readonly [number, number]>([0, 1]);
  const plot = useRef<HTMLDivElement>(null);
  const count = testCount(run, mostPoints);
  const asked = useAsked(canBeAsked(run) ? `points ${count} ${temperature}` : null, () => probe({ kind: 'points', split: 'test', offset: 0, count, temperature, seed: noiseSeed }));
  const value = asked.answer?.value;
  const names = run.dataset?.columns ?? ['x1', 'x2'];
  const menu = usePlotActions(run.name, 'samples', plot, value?.samples ? { head: names, rows: Array.from({ length: value.samples.length / value.columns }, (_, i) => Array.from(value.samples?.subarray(i * value.columns, (i + 1) * value.columns) ?? [])) } : null);
  return (
    <Frame
      step={asked.answer?.step ?? null}
      badge={`${formatCount(count)} samples · seed ${noiseSeed}`}
      sub={
        <>
          <ColumnSelect names={names} dims={dims} onChange={setDims} />
          <Slider label="Temperature" value={temperature} text={temperature.toFixed(2)} maximum={hottest} step={0.05} onChange={(next) => setLinked({ temperature: next })} />
        </>
      }
      menu={menu}
    >
      <SizedBody className="fill">{(size) => <Answered asked={asked}>{(answer) => <Cloud points={answer} dims={dims} size={size} handle={plot} />}</Answered>}</SizedBody>
    </Frame>
  );
}

/** Samples beside data, over the same box. */
function Cloud({ points: { columns, data, samples }, dims, size, handle }: { points: ProbeAnswers['points']; dims: readonly [number, number]; size: Size; handle: RefObject<HTMLDivElement | null> }) {
  const theme = usePlotTheme();
  const half = (size.width - 8) / 2;
  const drawn = useMemo(() => {
    const shown = dims[1] < columns ? dims : ([0, 0] as const);
    const height = size.height - nameHeight;
    const box = withAspect(boxOf(data, columns, shown), { width: half, height });
    const vertical = { domain: [0, height / size.height] };
    const layout: Partial<Layout> = {
      xaxis: bareAxis(theme, box.x, half, { domain: [0, half / size.width] }),
      yaxis: bareAxis(theme, box.y, height, vertical),
      xaxis2: bareAxis(theme, box.x, half, { domain: [1 - half / size.width, 1] }),
      yaxis2: bareAxis(theme, box.y, height, { ...vertical, anchor: 'x2', showticklabels: false }),
      annotations: ['test rows', 'samples'].map((text, i) => ({ text, x: i * (1 - half / size.width), xref: 'paper', xanchor: 'left', y: 1, yref: 'paper', yanchor: 'top', showarrow: false, font: { size: 10, color: theme.label } })),
      hovermode: false,
    };
    const colour = theme.runs[0] ?? theme.ink;
    return { layout, data: [...pointTraces(data, columns, shown, null, theme, theme.ink), ...(samples ? pointTraces(samples, columns, shown, null, theme, colour).map((trace) => ({ ...trace, xaxis: 'x2', yaxis: 'y2' })) : [])] };
  }, [columns, data, samples, dims, size, half, theme]);
  return <Plot label={`${data.length / columns} test rows beside as many samples`} {...drawn} size={size} margin={margin} handle={handle} />;
}

export const points = definePanel({
  id: 'points',
  title: 'Sample points',
  needs: ['sample'],
  suits: tablesOnly,
  help: {
    shows: 'Rows of the test split, and beside them as many samples of the model, in two columns of the table. The noise is the same at every step and for every run.',
    formula: 'u ~ p(u) at T        x = f(u)',
    read: 'The two clouds should not be told apart. Threads of samples between clusters are what a continuous, invertible map of one connected prior cannot avoid; clusters without samples are lost modes. Lower temperatures draw the samples together.',
    source: 'Dinh, Sohl-Dickstein and Bengio, "Density estimation using real NVP" (2017), figure 1; Papamakarios et al., "Normalizing flows for probabilistic modeling and inference" (2021).',
  },
  component: Points,
});
