import { useEffect, useMemo, useRef, useState, type ReactNode, type RefObject } from 'react';
import { Pause, Play } from 'lucide-react';
import type { Data, Layout } from 'plotly.js';
import type { ProbeAnswers } from '../../../contract/probes';
import { IconButton } from '../../design';
import { formatValue } from '../../format';
import { Plot } from '../../plots/plot';
import type { Size } from '../../plots/size';
import { faded, usePlotTheme } from '../../plots/theme';
import { withAspect } from '../codes';
import { ColumnSelect } from '../column-select';
import { Answered, Frame } from '../frame';
import { noiseSeed } from '../linked';
import { definePanel } from '../panel';
import { SizedBody } from '../picture-grid';
import { bareAxis, usePlotActions } from '../plot-panel';
import { boxOf, columnsOf } from '../plane';
import { canBeAsked, testCount, useAsked, useProbe, useScopeRun, type Asked } from '../run-scope';
import { Slider } from '../slider';
import { angles, gridLines, inColumns, meanLogDet, shortly } from './grid-lines';
import { StageLine, useStagesOfLine } from './line';
import { StagePictures, useStagesOfPictures } from './pictures';

const examples = 600;
const lines = 11;
const along = 41;
const margin = { l: 0, r: 0, t: 0, b: 0 };
const stageMs = 700;

type Stages = ProbeAnswers['stages'];

/** Two columns of the table. */
type Dims = readonly [number, number];

/** Test points and a grid about them in two columns, through every layer. */
export function useStages(dims: Dims): Asked<Stages> {
  const probe = useProbe();
  const run = useScopeRun();
  const count = testCount(run, examples);
  return useAsked(canBeAsked(run) ? `stages ${count} ${dims}` : null, async () => {
    const some = await probe({ kind: 'points', split: 'test', offset: 0, count, temperature: 1, seed: noiseSeed });
    const { data, columns } = some.value;
    const answer = await probe({ kind: 'stages', split: 'test', offset: 0, count, points: inColumns(gridLines(boxOf(data, columns, dims), lines, along), data, columns, dims), seed: noiseSeed });
    return { ...answer, milliseconds: some.milliseconds + answer.milliseconds };
  });
}

function FlowStages() {
  const { dataset } = useScopeRun();
  if (dataset?.kind === 'pictures') return <OfPictures />;
  return dataset?.channels === 1 ? <OfLine /> : <OfTable />;
}

function OfTable() {
  const [dims, setDims] = useState<Dims>([0, 1]);
  const asked = useStages(dims);
  const names = useScopeRun().dataset?.columns ?? ['x1', 'x2'];
  return (
    <Through asked={asked} sub={<ColumnSelect names={names} dims={dims} onChange={setDims} />}>
      {(stages, at, plot) => <SizedBody className="centred">{(size) => <Stage stages={stages} dims={dims} at={at} size={size} handle={plot} />}</SizedBody>}
    </Through>
  );
}

const OfLine = () => (
  <Through asked={useStagesOfLine()}>{(stages, at, plot) => <SizedBody className="centred">{(size) => <StageLine stages={stages} at={at} size={size} handle={plot} />}</SizedBody>}</Through>
);

const OfPictures = () => (
  <Through asked={useStagesOfPictures()}>{(stages, at, plot, choose) => <StagePictures stages={stages} at={at} handle={plot} onChoose={choose} />}</Through>
);

/** The panel of a flow's layers, with a slider through them; `children` draw the one that is chosen. */
function Through({ asked, sub, children }: { asked: Asked<Stages>; sub?: ReactNode; children: (stages: Stages, at: number, plot: RefObject<HTMLDivElement | null>, choose: (layer: number) => void) => ReactNode }) {
  const run = useScopeRun();
  const [chosen, setChosen] = useState(0);
  const [playing, setPlaying] = useState(false);
  const plot = useRef<HTMLDivElement>(null);
  const value = asked.answer?.value;
  const last = (value?.stages.length ?? 1) - 1;
  const at = Math.min(chosen, last);
  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => setChosen((now) => (now >= last ? 0 : now + 1)), stageMs);
    return () => clearInterval(timer);
  }, [playing, last]);
  const logDet = value ? meanLogDet(value) : [];
  const { name = '', residual = null } = value?.stages[at] ?? {};
  const choose = (layer: number): void => {
    setPlaying(false);
    setChosen(layer);
  };
  const own = at > 0 ? `${formatValue((logDet[at] ?? 0) - (logDet[at - 1] ?? 0))}, ` : '';
  const line = `log|det| ${own}so far ${formatValue(logDet[at] ?? 0)} nats${residual !== null ? `; undone within ${shortly(residual)}` : ''}`;
  const menu = usePlotActions(run.name, 'flow stages', plot, value ? { head: ['layer', 'mean log|det| so far, nats', 'residual of the inverse'], rows: value.stages.map((stage, i) => [stage.name, logDet[i] ?? NaN, stage.residual ?? '']) } : null);
  return (
    <Frame
      step={asked.answer?.step ?? null}
      badge={value ? `round trip within ${shortly(value.roundTrip)}` : undefined}
      sub={
        <>
          <IconButton size="small" label={playing ? 'Stop' : 'Play through the layers'} icon={playing ? <Pause aria-hidden size={12} /> : <Play aria-hidden size={12} />} isDisabled={last < 1} onPress={() => setPlaying(!playing)} />
          <Slider
            label="Layer"
            value={at}
            text={`${at} of ${last}`}
            maximum={Math.max(1, last)}
            step={1}
            onChange={choose}
          />
          {sub}
        </>
      }
      menu={menu}
    >
      <div className="stages">
        <Answered asked={asked}>{(answer) => children(answer, at, plot, choose)}</Answered>
        {value && (
          <p className="stage-line tabular" title={`${name}: ${line}`}>
            <b className="strong">{name}</b> {line}
          </p>
        )}
      </div>
    </Frame>
  );
}

/** The points keep the colour of the angle that they have in the base, so that one sees where each goes. */
export function Stage({ stages: { stages, count }, dims, at, size, handle }: { stages: Stages; dims: Dims; at: number; size: Size; handle?: RefObject<HTMLDivElement | null> }) {
  const theme = usePlotTheme();
  const side = Math.min(size.width, size.height);
  const square = useMemo(() => ({ width: side, height: side }), [side]);
  const drawn = useMemo(() => {
    const stage = stages[at];
    const base = stages.at(-1);
    if (!stage || !base) return { data: [], layout: {} };
    const points = stage.values.subarray(0, count * stage.size);
    const grid = columnsOf(stage.values.subarray(count * stage.size), stage.size, dims);
    const box = withAspect(boxOf(points, stage.size, dims), { width: 1, height: 1 });
    const broken = (values: Float32Array): (number | null)[] => Array.from(values).flatMap((value, i) => (i % along === along - 1 ? [value, null] : [value]));
    const { x, y } = columnsOf(points, stage.size, dims);
    const data: Partial<Data>[] = [
      { type: 'scatter', mode: 'lines', x: broken(grid.x), y: broken(grid.y), line: { color: faded(theme.axis, 0.55), width: 1 }, connectgaps: false, hoverinfo: 'skip' },
      { type: 'scatter', mode: 'markers', x, y, hoverinfo: 'skip', marker: { size: 4, opacity: 0.85, color: Array.from(angles(base.values.subarray(0, count * base.size), base.size, dims)), cmin: -Math.PI, cmax: Math.PI, colorscale: wheel(theme.classes), showscale: false } },
    ];
    const layout: Partial<Layout> = { xaxis: bareAxis(theme, box.x, side), yaxis: bareAxis(theme, box.y, side), hovermode: false };
    return { data, layout };
  }, [stages, count, dims, at, side, theme]);
  return <Plot label={`${count} test points and a grid after layer ${at}, ${stages[at]?.name ?? ''}`} {...drawn} size={square} margin={margin} {...(handle && { handle })} />;
}

/** Colours in a circle, the last as the first. */
const wheel = (classes: readonly string[]): [number, string][] => [1, 3, 5, 6, 8, 0, 1].map((index, i) => [i / 6, classes[index] ?? '#808080']);

export const flowStages = definePanel({
  id: 'flow-stages',
  title: 'Flow stages',
  needs: ['stages', 'sample'],
  help: {
    shows: 'Test points and a straight grid about them, after each layer of the flow: from the data (layer 0) to the base. Each point keeps the colour of the direction in which it ends up. Of a table with more columns two are shown, with the grid through the mean of the others; after a layer, the numbers in the same two places. Of a table with one column: the value after the layer against the value of the data, and beside it how the test rows are spread there. Of pictures: test images, and their values after the layer, from black to white over all but the outermost hundredth; where pixels became channels each channel is a tile of its own, and what has left the flow lies below what goes on; below, layer by layer, its log-determinant and what its inverse misses by. The last line: the layer’s mean log-determinant, that of all layers so far (that of pictures begins with that of their scaling), and by how much at most the layer’s own inverse misses what it was given. The badge has the largest difference after going to the base and back.',
    formula: 'u = f_K ∘ ... ∘ f_1(x)        log p(x) = log p_0(u) + Σ_k log |det ∂f_k|',
    read: 'The last stage should look like the base: a round, structureless cloud, colours in a wheel; of pictures, noise in which no digit is seen. A layer that leaves everything in place does nothing. Grid cells that are squeezed hard have large log-determinants. A layer whose residual stands out is the one that cannot be undone in 32-bit floats. A round trip worse than a few 1e−5 means that the flow is not numerically invertible there.',
    source: 'Dinh, Sohl-Dickstein and Bengio, "Density estimation using real NVP" (2017), figure 1; Behrmann et al., "Understanding and mitigating exploding inverses" (2021).',
  },
  component: FlowStages,
});
