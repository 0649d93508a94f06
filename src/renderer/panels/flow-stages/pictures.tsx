import { useMemo, type RefObject } from 'react';
import type { Data, Layout } from 'plotly.js';
import type { Pictures } from '../../../contract/datasets';
import type { ProbeAnswers } from '../../../contract/probes';
import { withMinus } from '../../format';
import { fitCells, wholeOf } from '../../plots/fit';
import { LivePictures } from '../../plots/live-pictures';
import { Plot } from '../../plots/plot';
import type { Size } from '../../plots/size';
import { faded, usePlotTheme } from '../../plots/theme';
import { noiseSeed } from '../linked';
import { SizedBody } from '../picture-grid';
import { axisOf, ColourScale } from '../plot-panel';
import { canBeAsked, testCount, useAsked, useProbe, useScopeRun, type Asked } from '../run-scope';
import { meanLogDet } from './grid-lines';
import { stagePictures } from './stage-pictures';

type Stages = ProbeAnswers['stages'];

const examples = 16;
const chartHeight = { least: 100, most: 220 };
const captionHeight = 16;
const largest = 64;
/** Between examples: more than between the tiles of one. */
const gap = 10;
const margin = { l: 46, r: 46, t: 6, b: 20 };

const rowsHeight = (row: number): number => 2 * (row + captionHeight + 6);

/** Test pictures through every layer. */
export function useStagesOfPictures(): Asked<Stages> {
  const probe = useProbe();
  const run = useScopeRun();
  const count = testCount(run, examples);
  return useAsked(canBeAsked(run) ? `stages ${count}` : null, () => probe({ kind: 'stages', split: 'test', offset: 0, count, points: new Float32Array(), seed: noiseSeed }));
}

/** The rows, and what each layer does. */
export const StagePictures = ({ stages, at, handle, onChoose }: { stages: Stages; at: number; handle: RefObject<HTMLDivElement | null>; onChoose: (layer: number) => void }) => (
  <SizedBody className="stage-pictures">
    {({ width, height }) => {
      const chart = Math.max(chartHeight.least, Math.min(chartHeight.most, height - rowsHeight(largest)));
      return (
        <>
          <StageRows stages={stages} at={at} size={{ width, height: height - chart }} />
          <Layers stages={stages} at={at} size={{ width, height: chart }} handle={handle} onChoose={onChoose} />
        </>
      );
    }}
  </SizedBody>
);

/** Test pictures over their values after a layer. */
export function StageRows({ stages: { stages, count }, at, size }: { stages: Stages; at: number; size: Size }) {
  const { height = 1, width = 1, channels = 1 } = useScopeRun().dataset ?? {};
  const [before, after] = useMemo(() => [0, at].map((stage) => stagePictures(stages[stage] ?? { size: 1, values: new Float32Array(), shapes: null }, count, [height, width, channels])), [stages, count, at, height, width, channels]);
  if (!before || !after) return null;
  const row = Math.max(16, Math.min(largest, (size.height - rowsHeight(0)) / 2));
  const aspects = [before, after].map(({ pictures }) => pictures.width / pictures.height);
  const columns = Math.max(1, Math.min(count, Math.floor((size.width + gap) / (row * Math.max(...aspects) + gap))));
  return (
    <div className="stage-rows" style={{ width: size.width }}>
      {[
        { title: 'Test images', ...before },
        { title: at === 0 ? 'The same' : `After layer ${at}, ${stages[at]?.name ?? ''}`, ...after },
      ].map(({ title, pictures, range }, i) => (
        <figure key={i} className="block">
          <figcaption>
            <span title={title}>{title}</span>
            <ColourScale colours={['#000000', '#ffffff']} from={inTwo(range[0])} to={inTwo(range[1])} title="The values that one in a hundred is beneath, and above" />
          </figcaption>
          <div className="on-panel">
            <Row pictures={pictures} label={`${title}, ${columns} of them`} columns={columns} size={{ width: size.width, height: row }} />
          </div>
        </figure>
      ))}
    </div>
  );
}

const inTwo = (value: number): string => withMinus(String(Number(value.toPrecision(2))));

function Row({ pictures, label, columns, size }: { pictures: Pictures; label: string; columns: number; size: Size }) {
  const cells = fitCells(size, columns, 1, pictures.width / pictures.height, gap);
  return <LivePictures pictures={pictures} label={label} columns={columns} rows={1} {...wholeOf(cells, columns, 1)} gap={gap} place={pictures} />;
}

/** Layer by layer: its own mean log-determinant as a bar, and what its inverse misses by as a dot, on a scale of its own. A click chooses a layer. */
function Layers({ stages, at, size, handle, onChoose }: { stages: Stages; at: number; size: Size; handle: RefObject<HTMLDivElement | null>; onChoose: (layer: number) => void }) {
  const theme = usePlotTheme();
  const drawn = useMemo(() => {
    const logDet = meanLogDet(stages);
    const layers = stages.stages.slice(1);
    const own = layers.map((_, i) => (logDet[i + 1] ?? NaN) - (logDet[i] ?? NaN));
    const x = layers.map((_, i) => i + 1);
    const [bar, dot] = [theme.runs[0] ?? theme.ink, theme.runs[1] ?? theme.ink];
    // A layer that only moves values is undone to the bit: on a scale of powers of ten it has no place.
    const residuals = layers.map(({ residual }) => (residual !== null && residual > 0 ? residual : null));
    const data: Partial<Data>[] = [
      { type: 'bar', x, y: own, marker: { color: x.map((layer) => (layer === at ? bar : faded(bar, 0.45))) }, text: layers.map(({ name }) => name), textposition: 'none', hovertemplate: '%{x}, %{text}: log|det| %{y:.4g} nats<extra></extra>' },
      { type: 'scatter', mode: 'markers', x, y: residuals, yaxis: 'y2', marker: { size: 5, color: dot }, text: layers.map(({ name }) => name), hovertemplate: '%{x}, %{text}: undone within %{y:.1e}<extra></extra>' },
    ];
    const powers = residuals.flatMap((residual) => (residual === null ? [] : [Math.log10(residual)]));
    const [low, high] = powers.length > 0 ? [Math.floor(Math.min(...powers) - 0.3), Math.ceil(Math.max(...powers) + 0.3)] : [-8, -5];
    const small = (text: string, colour: string) => ({ title: { text, standoff: 2, font: { size: 10, color: colour } }, nticks: 4 });
    const layout: Partial<Layout> = {
      xaxis: axisOf(theme, '', { range: [0.4, layers.length + 0.6], tickmode: 'auto', nticks: 12, tickformat: 'd', showgrid: false }),
      yaxis: axisOf(theme, '', { ...small('log|det|', bar), zeroline: true, zerolinecolor: theme.axis }),
      yaxis2: axisOf(theme, '', { ...small('residual', dot), type: 'log', overlaying: 'y', side: 'right', showgrid: false, range: [low - 0.1, high + 0.1], tickmode: 'array', tickvals: [low, high].map((power) => 10 ** power), ticktext: [low, high].map((power) => `1e${power}`.replace('-', '−')) }),
      bargap: 0.25,
      hovermode: 'closest',
    };
    return { data, layout };
  }, [stages, at, theme]);
  return <Plot label={`log|det| of each of ${stages.stages.length - 1} layers, and what its inverse misses by`} {...drawn} size={size} margin={margin} handle={handle} onClick={({ point }) => onChoose(point + 1)} />;
}
