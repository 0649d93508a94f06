import { useMemo, type RefObject } from 'react';
import type { Data, Layout } from 'plotly.js';
import type { ProbeAnswers } from '../../../contract/probes';
import { Plot } from '../../plots/plot';
import type { Size } from '../../plots/size';
import { faded, usePlotTheme } from '../../plots/theme';
import { noiseSeed } from '../linked';
import { spanOf } from '../plane';
import { axisOf } from '../plot-panel';
import { canBeAsked, testCount, useAsked, useProbe, useScopeRun, type Asked } from '../run-scope';

type Stages = ProbeAnswers['stages'];

const examples = 600;
const along = 201;
const margin = { l: 44, r: 8, t: 6, b: 34 };

/** Test rows of one column, and a line through all of their range, through every layer. */
export function useStagesOfLine(): Asked<Stages> {
  const probe = useProbe();
  const run = useScopeRun();
  const count = testCount(run, examples);
  return useAsked(canBeAsked(run) ? `stages ${count}` : null, async () => {
    const some = await probe({ kind: 'points', split: 'test', offset: 0, count, temperature: 1, seed: noiseSeed });
    const [from, to] = spanOf(some.value.data);
    const points = Float32Array.from({ length: along }, (_, i) => from + (i / (along - 1)) * (to - from));
    const answer = await probe({ kind: 'stages', split: 'test', offset: 0, count, points, seed: noiseSeed });
    return { ...answer, milliseconds: some.milliseconds + answer.milliseconds };
  });
}

/** The value after a layer against that of the data, and beside it how the test rows are spread there. */
export function StageLine({ stages: { stages, count }, at, size, handle }: { stages: Stages; at: number; size: Size; handle?: RefObject<HTMLDivElement | null> }) {
  const name = useScopeRun().dataset?.columns?.[0] ?? 'x';
  const theme = usePlotTheme();
  const drawn = useMemo(() => {
    const [before, after] = [stages[0], stages[at]];
    if (!before || !after) return { data: [], layout: {} };
    const rows = Array.from(after.values.subarray(0, count));
    const colour = theme.runs[0] ?? theme.ink;
    const data: Partial<Data>[] = [
      { type: 'scatter', mode: 'lines', x: Array.from(before.values.subarray(count)), y: Array.from(after.values.subarray(count)), line: { color: theme.ink, width: 1.5 }, hovertemplate: `${name} %{x:.3g}: %{y:.3g}<extra></extra>` },
      { type: 'histogram', y: rows, nbinsy: 40, xaxis: 'x2', marker: { color: faded(colour, 0.7) }, hoverinfo: 'skip' } as Partial<Data>,
    ];
    const layout: Partial<Layout> = {
      xaxis: axisOf(theme, name, { domain: [0, 0.68] }),
      yaxis: axisOf(theme, `after layer ${at}`, { range: spanOf(after.values) as [number, number] }),
      xaxis2: axisOf(theme, 'test rows', { domain: [0.72, 1], showgrid: false, showticklabels: false }),
      bargap: 0.05,
      hovermode: 'closest',
    };
    return { data, layout };
  }, [stages, count, at, name, theme]);
  return <Plot label={`Values after layer ${at}, ${stages[at]?.name ?? ''}, against the data, and ${count} test rows there`} {...drawn} size={size} margin={margin} {...(handle && { handle })} />;
}
