import { useMemo, useRef, type RefObject } from 'react';
import type { Data, Layout } from 'plotly.js';
import type { Pictures } from '../../../contract/datasets';
import type { ProbeAnswers } from '../../../contract/probes';
import { formatCount } from '../../format';
import { Plot } from '../../plots/plot';
import type { Size } from '../../plots/size';
import { usePlotTheme } from '../../plots/theme';
import { fit, project, withAspect, type Box } from '../codes';
import { mostTelling, useTelling, useDims } from '../dimensions';
import { DimsSelect } from '../dims-select';
import { Answered, Frame } from '../frame';
import { noiseSeed } from '../linked';
import { definePanel } from '../panel';
import { PictureGrid, SizedBody } from '../picture-grid';
import { bareAxis, ColourScale, colourScale, usePlotActions } from '../plot-panel';
import { canBeAsked, testCount, useAsked, useProbe, useScopeRun, type Asked } from '../run-scope';

const resolution = 64;
const mostExamples = 1000;
const strip = 10;
const stripHeight = 44;
/** Ratios beyond this have the last colour. */
const clip = 4;
/** Cells where neither density comes within so many nats of the prior's peak stay empty. */
const depth = 5;
/** Equal, so that the plane stays a square; the map may be dark up to its border, where labels inside could not be read. */
const margin = { l: 22, r: 0, t: 0, b: 22 };
const outside = { ticklabelposition: 'outside' } as const;

interface Aggregate {
  codes: ProbeAnswers['aggregate'];
  box: Box;
  /** What the codes of the prior decode to that lie deepest in holes. */
  worst: Pictures | null;
}

/** Indices of the smallest values, at most `count`, the smallest first; only those below `limit`. */
export const deepest = (ratios: ArrayLike<number>, count: number, limit: number): number[] =>
  Array.from({ length: ratios.length }, (_, i) => i)
    .filter((i) => (ratios[i] ?? 0) < limit)
    .sort((a, b) => (ratios[a] ?? 0) - (ratios[b] ?? 0))
    .slice(0, count);

function useAggregate(): Asked<Aggregate> {
  useTelling();
  const probe = useProbe();
  const run = useScopeRun();
  const count = testCount(run, mostExamples);
  const decodes = run.abilities.includes('decode') && run.dataset?.kind !== 'table';
  return useAsked(canBeAsked(run) ? `aggregate ${count}` : null, async () => {
    const range = { split: 'test', offset: 0, count } as const;
    const some = await probe({ kind: 'encode', ...range, count: Math.min(256, count) });
    const { x, y } = project(some.value, [0, 1]);
    const box = fit(x, y, true);
    const answer = await probe({ kind: 'aggregate', ...range, x: [...box.x], y: [...box.y], resolution, seed: noiseSeed });
    const { prior, priorRatio, latentSize } = answer.value;
    const chosen = decodes ? deepest(priorRatio, strip, -3) : [];
    const codes = Float32Array.from(chosen.flatMap((i) => Array.from(prior.subarray(i * latentSize, (i + 1) * latentSize))));
    const decoded = chosen.length > 0 ? await probe({ kind: 'decode', count: chosen.length, codes }) : null;
    return { value: { codes: answer.value, box, worst: decoded?.value.pictures ?? null }, step: answer.step, milliseconds: some.milliseconds + answer.milliseconds + (decoded?.milliseconds ?? 0) };
  });
}

function AggregatePosterior() {
  const run = useScopeRun();
  const asked = useAggregate();
  const plot = useRef<HTMLDivElement>(null);
  const value = asked.answer?.value;
  const menu = usePlotActions(run.name, 'aggregate posterior', plot);
  return (
    <Frame
      step={asked.answer?.step ?? null}
      badge={value && `test · ${formatCount(value.codes.examples)}`}
      sub={
        <>
          <DimsSelect />
          <span className="spacer" />
          {value && <Holes {...value.codes} />}
        </>
      }
      menu={menu}
    >
      <div className="stages">
        <SizedBody className="centred">{(size) => <Answered asked={asked}>{(answer) => <Ratio {...answer} size={size} handle={plot} />}</Answered>}</SizedBody>
        {value && <Key map={value.codes.logRatio !== null} />}
        {value?.worst && (
          <div className="hole-strip">
            <span className="faint small">deepest holes, decoded</span>
            <SizedBody className="hole-pictures">{({ width }) => value.worst && <PictureGrid pictures={value.worst} label={`${value.worst.count} codes of the prior in holes, decoded`} columns={strip} size={{ width, height: stripHeight - 16 }} />}</SizedBody>
          </div>
        )}
      </div>
    </Frame>
  );
}

/** Of many dimensions the share says how few the examples are, not how good the model is: it is no headline there. */
function Holes({ holes, latentSize, examples }: ProbeAnswers['aggregate']) {
  const share = `${(100 * holes).toFixed(1)} %`;
  if (latentSize <= 2)
    return (
      <span className="faint small">
        <b className="kept">{share}</b> of the prior in holes
      </span>
    );
  const title = `Share of codes of the prior where log q(z) − log p(z) < −3 over all ${formatCount(latentSize)} dimensions, q being the mixture of the posteriors of ${formatCount(examples)} examples. In so many dimensions nearly every code is far from those of any finite number of examples, also of a model without a fault: compare it at equal sizes only.`;
  return (
    <span className="faint small" title={title}>
      in all {formatCount(latentSize)} dimensions {share} in holes
    </span>
  );
}

/** What the colours and the dots mean. */
function Key({ map }: { map: boolean }) {
  const theme = usePlotTheme();
  const dots = (colour: string, name: string) => (
    <span>
      <i className="spot" style={{ background: colour }} />
      {name}
    </span>
  );
  return (
    <div className="legend">
      {map ? <ColourScale colours={theme.diverging} name="log q/p" from={`−${clip}`} to={`+${clip}`} /> : dots(theme.axis, 'prior')}
      {dots(map ? theme.ink : (theme.runs[0] ?? theme.ink), 'aggregate posterior')}
    </div>
  );
}

/** In two dimensions the ratio as a map under the codes; in more the codes of both over each other. */
function Ratio({ codes: { latentSize, logRatio, logPrior, prior, aggregate }, box, size, handle }: Aggregate & { size: Size; handle: RefObject<HTMLDivElement | null> }) {
  const theme = usePlotTheme();
  const dims = useDims() ?? mostTelling(null);
  const side = Math.min(size.width, size.height);
  const square = useMemo(() => ({ width: side, height: side }), [side]);
  const drawn = useMemo(() => {
    const cloud = (codes: Float32Array, colour: string, name: string): Partial<Data> => ({ type: 'scatter', mode: 'markers', ...project({ means: codes, latentSize }, dims), name, marker: { size: 2.5, opacity: 0.55, color: colour }, hoverinfo: 'skip' });
    const { x, y } = withAspect(logRatio ? box : fit(project({ means: aggregate, latentSize }, dims).x, project({ means: aggregate, latentSize }, dims).y, true), { width: 1, height: 1 });
    const layout: Partial<Layout> = { xaxis: bareAxis(theme, x, side, outside), yaxis: bareAxis(theme, y, side, outside), hovermode: 'closest' };
    if (!logRatio) return { layout, data: [cloud(prior, theme.axis, 'prior'), cloud(aggregate, theme.runs[0] ?? theme.ink, 'posterior')] };
    const peak = logPrior ? logPrior.reduce((most, log) => Math.max(most, log)) : 0;
    const shown = (i: number): number | null => {
      const [ratio, log] = [logRatio[i] ?? NaN, logPrior?.[i] ?? peak];
      return Math.max(log, log + ratio) < peak - depth ? null : Math.min(clip, Math.max(-clip, ratio));
    };
    const rows = Array.from({ length: resolution }, (_, row) => Array.from({ length: resolution }, (_, column) => shown(row * resolution + column)));
    const along = ([from, to]: readonly [number, number]): number[] => Array.from({ length: resolution }, (_, i) => from + ((i + 0.5) / resolution) * (to - from));
    return {
      layout,
      data: [
        { type: 'heatmap' as const, x: along(box.x), y: along(box.y), z: rows, zmin: -clip, zmax: clip, colorscale: colourScale(theme.diverging), showscale: false, hoverongaps: false, hovertemplate: '%{x:.2f}, %{y:.2f}: log q/p = %{z:.2f}<extra></extra>' },
        cloud(aggregate, theme.ink, 'posterior'),
      ],
    };
  }, [latentSize, logRatio, logPrior, prior, aggregate, box, dims, side, theme]);
  return <Plot label={logRatio ? 'Log ratio of aggregate posterior and prior over the plane of the codes' : 'Codes of the prior and of the aggregate posterior'} {...drawn} size={square} margin={margin} handle={handle} />;
}

export const aggregatePosterior = definePanel({
  id: 'aggregate',
  title: 'Aggregate posterior',
  needs: ['encode', 'prior', 'elbo'],
  help: {
    shows: 'The mixture of the posteriors of all test examples against the prior. For codes of two dimensions their log ratio as a map, red where the posterior has more, blue where the prior does, with a draw of each posterior over it; for more, draws of both in two dimensions. The share of codes of the prior in holes, and what the deepest of them decode to.',
    formula: 'q(z) = 1/n Σ q(z|x_i)        hole: log q(z) − log p(z) < −3',
    read: 'Samples of the model decode codes of the prior, so blue regions are where samples are made of codes that no example has: look at what they decode to. A learned prior fills its holes; a stronger divergence closes them and blurs. In many dimensions nearly every code is far from those of any finite number of examples: compare shares at equal sizes only.',
    source: 'Hoffman and Johnson, "ELBO surgery" (2016); Rosca, Lakshminarayanan and Mohamed, "Distribution matching in variational inference" (2018); Tomczak and Welling, "VAE with a VampPrior" (2018).',
  },
  component: AggregatePosterior,
});
