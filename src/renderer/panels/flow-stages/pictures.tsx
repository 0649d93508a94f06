import { useMemo, type RefObject } from 'react';
import type { Data, Layout } from 'plotly.js';
import type { ProbeAnswers } from '../../../contract/probes';
import { formatValue } from '../../format';
import { pictureGap } from '../../plots/fit';
import { Plot } from '../../plots/plot';
import type { Size } from '../../plots/size';
import { faded, usePlotTheme } from '../../plots/theme';
import { noiseSeed } from '../linked';
import { PictureGrid, SizedBody } from '../picture-grid';
import { axisOf, ColourScale } from '../plot-panel';
import { canBeAsked, useAsked, useProbe, useScopeRun, type Asked } from '../run-scope';
import { meanLogDet } from './grid-lines';
import { stagePictures } from './stage-pictures';

type Stages = ProbeAnswers['stages'];

const examples = 16;
const chartHeight = 112;
const captionHeight = 16;
const margin = { l: 46, r: 46, t: 6, b: 20 };

/** Test pictures through every layer. */
export function useStagesOfPictures(): Asked<Stages> {
  const probe = useProbe();
  const run = useScopeRun();
  const count = Math.max(1, Math.min(examples, run.dataset?.counts.test ?? examples));
  return useAsked(canBeAsked(run) ? `stages ${count}` : null, () => probe({ kind: 'stages', split: 'test', offset: 0, count, points: new Float32Array(), seed: noiseSeed }));
}

/** The rows, and what each layer does. */
export const StagePictures = ({ stages, at, handle, onChoose }: { stages: Stages; at: number; handle: RefObject<HTMLDivElement | null>; onChoose: (layer: number) => void }) => (
  <SizedBody className="stage-pictures">
    {(size) => (
      <>
        <StageRows stages={stages} at={at} size={{ width: size.width, height: size.height - chartHeight }} />
        <Layers stages={stages} at={at} size={{ width: size.width, height: chartHeight }} handle={handle} onChoose={onChoose} />
      </>
    )}
  </SizedBody>
);

/** Test pictures over their values after a layer. */
export function StageRows({ stages: { stages, count }, at, size }: { stages: Stages; at: number; size: Size }) {
  const { height = 1, width = 1, channels = 1 } = useScopeRun().dataset ?? {};
  const [before, after] = useMemo(() => [0, at].map((stage) => stagePictures(stages[stage] ?? { size: 1, values: new Float32Array(), shapes: null }, count, [height, width, channels])), [stages, count, at, height, width, channels]);
  if (!before || !after) return null;
  const row = (size.height - 2 * captionHeight - 12) / 2;
  const columns = Math.max(1, Math.min(count, Math.floor((size.width + pictureGap) / (Math.max(16, row) * Math.max(before.pictures.width / before.pictures.height, after.pictures.width / after.pictures.height) + pictureGap))));
  const block = { width: size.width, height: row };
  return (
    <>
      {[
        { title: 'Test images', ...before },
        { title: at === 0 ? 'The same' : `After layer ${at}, ${stages[at]?.name ?? ''}`, ...after },
      ].map(({ title, pictures, range }, i) => (
        <figure key={i} className="block">
          <figcaption>
            {title}
            <ColourScale colours={['#000000', '#ffffff']} from={formatValue(Number(range[0].toPrecision(2)))} to={formatValue(Number(range[1].toPrecision(2)))} title="The values that one in a hundred is beneath, and above" />
          </figcaption>
          <div className="on-panel">
            <PictureGrid pictures={pictures} label={`${title}, ${columns} of them`} columns={columns} rows={1} size={block} />
          </div>
        </figure>
      ))}
    </>
  );
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
    const small = (text: string, colour: string) => ({ title: { text, standoff: 2, font: { size: 10, color: colour } }, nticks: 4 });
    const layout: Partial<Layout> = {
      xaxis: axisOf(theme, '', { range: [0.4, layers.length + 0.6], tickmode: 'auto', nticks: 12, tickformat: 'd', showgrid: false }),
      yaxis: axisOf(theme, '', { ...small('log|det|', bar), zeroline: true, zerolinecolor: theme.axis }),
      yaxis2: axisOf(theme, '', { ...small('residual', dot), type: 'log', overlaying: 'y', side: 'right', showgrid: false, exponentformat: 'power', dtick: 2 }),
      bargap: 0.25,
      hovermode: 'closest',
    };
    return { data, layout };
  }, [stages, at, theme]);
  return <Plot label={`log|det| of each of ${stages.stages.length - 1} layers, and what its inverse misses by`} {...drawn} size={size} margin={margin} handle={handle} onClick={({ point }) => onChoose(point + 1)} />;
}
