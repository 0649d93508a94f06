import { useMemo, useRef, useState, type RefObject } from 'react';
import type { Data, Layout } from 'plotly.js';
import type { DatasetInfo } from '../../../contract/datasets';
import { foreignScores, type ForeignScore, type ProbeAnswers, type Told } from '../../../contract/probes';
import { refuse } from '../../../contract/errors';
import { useClient, useQuery } from '../../client/hooks';
import { EmptyState, Segmented, Select } from '../../design';
import { formatCount } from '../../format';
import { Plot } from '../../plots/plot';
import type { Size } from '../../plots/size';
import { faded, usePlotTheme } from '../../plots/theme';
import { Answered, Frame } from '../frame';
import { noiseSeed } from '../linked';
import { definePanel, picturesOnly } from '../panel';
import { SizedBody } from '../picture-grid';
import { axisOf, usePlotActions } from '../plot-panel';
import { canBeAsked, useAsked, useProbe, useScopeRun, type Asked } from '../run-scope';
import { histogram, rangeOf } from './histogram';

const examples = 500;
const bins = 40;
const batches = [1, 2, 10, 25];
const margin = { l: 8, r: 8, t: 16, b: 34 };

/** How a score is named, what its axis says, and its values as they are drawn. */
const shown: Record<ForeignScore, { label: string; axis: (estimator: string, batch: number) => string }> = {
  likelihood: { label: 'likelihood', axis: (estimator) => `${estimator}, nats` },
  typicality: { label: 'typicality', axis: (estimator, batch) => `|mean of −${estimator} over ${formatCount(batch)} − entropy|, nats` },
  complexity: { label: 'complexity', axis: (estimator) => `−${estimator} less compressed size, bits` },
};

function useForeign(other: DatasetInfo | undefined, batch: number): Asked<ProbeAnswers['foreign']> {
  const client = useClient();
  const probe = useProbe();
  const run = useScopeRun();
  return useAsked(canBeAsked(run) && other ? `foreign ${other.id} ${batch}` : null, async () => {
    if (!other) throw new Error('There is no other data set.');
    const split = other.counts.test > 0 ? 'test' : 'train';
    const page = await client.call('datasets.page', { id: other.id, split, offset: 0, count: Math.min(examples, other.counts[split]) });
    if (page.kind !== 'pictures') return refuse('bad-request', `${other.title} are rows of a table, not pictures.`);
    return probe({ kind: 'foreign', count: examples, batch, pictures: { ...page.pictures, pixels: new Uint8Array(page.pictures.pixels) }, seed: noiseSeed });
  });
}

function OutOfDistribution() {
  const run = useScopeRun();
  const { dataset } = run;
  const datasets = useQuery('datasets.list', {}).data;
  const fitting = useMemo(
    () => (datasets ?? []).filter((other) => dataset && other.id !== dataset.id && other.kind === 'pictures' && other.height === dataset.height && other.width === dataset.width && other.channels === dataset.channels),
    [datasets, dataset],
  );
  const [chosen, setChosen] = useState<string | null>(null);
  const [score, setScore] = useState<ForeignScore>('likelihood');
  const [batch, setBatch] = useState(10);
  const other = fitting.find(({ id }) => id === chosen) ?? fitting[0];
  const asked = useForeign(other, batch);
  const plot = useRef<HTMLDivElement>(null);
  const value = asked.answer?.value;
  const told = value?.scores[score];
  const label = value && shown[score].axis(value.estimator, batch);
  const menu = usePlotActions(run.name, `out of distribution, ${score}`, plot, told && label && other ? { head: ['data', label], rows: [...Array.from(told.own, (each): [string, number] => [dataset?.id ?? '', each]), ...Array.from(told.other, (each): [string, number] => [other.id, each])] } : null);
  return (
    <Frame
      step={datasets && !other ? undefined : (asked.answer?.step ?? null)}
      badge={value && `AUROC · ${value.estimator} · ${formatCount(value.scores.likelihood.own.length)} and ${formatCount(value.scores.likelihood.other.length)}`}
      sub={
        other && (
          <>
            <Select label="Other data" variant="quiet" value={other.id} options={fitting.map(({ id, title }) => ({ value: id, label: `against ${title}` }))} onChange={setChosen} />
            {score === 'typicality' && <Select label="Batch" variant="quiet" value={String(batch)} options={batches.map((size) => ({ value: String(size), label: `M = ${size}` }))} onChange={(size) => setBatch(Number(size))} />}
            <span className="spacer" />
            <Segmented label="Score" value={score} options={foreignScores.map((each) => ({ value: each, label: `${shown[each].label}${value ? ` ${value.scores[each].auroc.toFixed(2)}` : ''}` }))} onChange={setScore} />
          </>
        )
      }
      menu={menu}
    >
      <SizedBody className="fill">
        {(size) =>
          datasets && !other ? (
            <EmptyState title="Nothing to compare with">No other data set has pictures of {dataset ? `${dataset.height} × ${dataset.width} × ${dataset.channels}` : 'this size'}. Import one on the page Data.</EmptyState>
          ) : (
            <Answered asked={asked}>{(answer) => <Histograms told={answer.scores[score]} axis={shown[score].axis(answer.estimator, batch)} own={dataset?.title ?? 'own data'} other={other?.title ?? ''} size={size} handle={plot} />}</Answered>
          )
        }
      </SizedBody>
    </Frame>
  );
}

function Histograms({ told, axis, own, other, size, handle }: { told: Told; axis: string; own: string; other: string; size: Size; handle: RefObject<HTMLDivElement | null> }) {
  const theme = usePlotTheme();
  const drawn = useMemo(() => {
    const range = rangeOf([told.own, told.other]);
    const width = (range[1] - range[0]) / bins || 1;
    const bars = (values: Float32Array, colour: string): Partial<Data> => ({
      type: 'bar',
      x: Array.from({ length: bins }, (_, i) => range[0] + (i + 0.5) * width),
      y: histogram(values, range, bins),
      width,
      marker: { color: faded(colour, 0.55), line: { width: 0 } },
      text: Array.from({ length: bins }, (_, i) => (i === 0 ? ' and below' : i === bins - 1 ? ' and above' : '')),
      textposition: 'none',
      hovertemplate: '%{x:.1f}%{text}: %{y:.1%}<extra></extra>',
    });
    const colours = [theme.runs[0] ?? theme.ink, theme.runs[1] ?? theme.ink];
    const layout: Partial<Layout> = {
      barmode: 'overlay',
      bargap: 0,
      xaxis: axisOf(theme, axis, { showgrid: false, range }),
      yaxis: { ...axisOf(theme, ''), showgrid: false, showline: false, showticklabels: false },
      annotations: [own, other].map((text, i) => ({ xref: 'paper', yref: 'paper', x: i, xanchor: i === 0 ? 'left' : 'right', y: 1, yanchor: 'bottom', text: `<b style="color:${colours[i] ?? ''}">■</b> ${text}`, showarrow: false, font: { size: 11, color: theme.ink } })),
      hovermode: 'closest',
    };
    return { layout, data: [bars(told.own, colours[0] ?? ''), bars(told.other, colours[1] ?? '')] };
  }, [told, axis, own, other, theme]);
  return <Plot label={`Histograms of ${axis}, of ${own} and of ${other}`} {...drawn} size={size} margin={margin} handle={handle} />;
}

export const outOfDistribution = definePanel({
  id: 'out-of-distribution',
  title: 'Out of distribution',
  needs: [],
  suits: (run) => picturesOnly(run) ?? (run.abilities.includes('logProb') || run.abilities.includes('elbo') ? null : 'needs exact log p(x) or an ELBO'),
  help: {
    shows: 'How the model takes test images of its own data and images of another set of the same size under the same protocol, by three scores. Likelihood: log p(x) where it has it, else ELBOs of one draw. Typicality: how far the mean of −log p over a batch is from that over training images. Complexity: −log2 p less the bits that a general compressor needs (PNG\'s filters and deflate). AUROC is the chance that the score puts an image (a batch) of its own data and a foreign one in the right order. What lies far out, as single foreign images may, counts in the first or the last bar.',
    formula: 'likelihood   log p(x) ≥ log p(x′)\ntypicality   |1/M Σ −log p(x_m) − H|,  H = mean over training data\ncomplexity   −log2 p(x) − 8 · bytes(x)',
    read: 'One would expect an AUROC near 1 of the likelihood. Well under 0.5 is the known failure: simpler images score higher than the model\'s own data, although it would never sample them. A likelihood is no measure of belonging. Typicality finds what is too likely as well as what is too unlikely, best with several images at a time; the correction for complexity takes off what any code would gain from simple images. Neither is sure: try each set.',
    source: 'Nalisnick et al., "Do deep generative models know what they don\'t know?" and "Detecting out-of-distribution inputs to deep generative models using typicality" (2019); Serrà et al., "Input complexity and out-of-distribution detection" (2020).',
  },
  component: OutOfDistribution,
});
