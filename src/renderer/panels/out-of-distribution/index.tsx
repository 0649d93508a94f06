import { useMemo, useRef, useState, type RefObject } from 'react';
import type { Data, Layout } from 'plotly.js';
import type { DatasetInfo } from '../../../contract/datasets';
import type { ProbeAnswers } from '../../../contract/probes';
import { refuse } from '../../../contract/errors';
import { useClient, useQuery } from '../../client/hooks';
import { EmptyState, Select } from '../../design';
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
import { auroc, histogram } from './scores';

const examples = 500;
const bins = 40;
const margin = { l: 8, r: 8, t: 16, b: 34 };

interface Scores {
  own: ProbeAnswers['score'];
  other: ProbeAnswers['score'];
}

function useScores(other: DatasetInfo | undefined): Asked<Scores> {
  const client = useClient();
  const probe = useProbe();
  const run = useScopeRun();
  return useAsked(canBeAsked(run) && other ? `scores ${other.id}` : null, async () => {
    if (!other) throw new Error('There is no other data set.');
    const own = await probe({ kind: 'score', split: 'test', offset: 0, count: Math.max(1, Math.min(examples, run.dataset?.counts.test ?? examples)), seed: noiseSeed });
    const split = other.counts.test > 0 ? 'test' : 'train';
    const page = await client.call('datasets.page', { id: other.id, split, offset: 0, count: Math.min(examples, other.counts[split]) });
    if (page.kind !== 'pictures') return refuse('bad-request', `${other.title} are rows of a table, not pictures.`);
    const answer = await probe({ kind: 'score-pictures', ...page.pictures, pixels: new Uint8Array(page.pictures.pixels), seed: noiseSeed });
    return { value: { own: own.value, other: answer.value }, step: answer.step, milliseconds: own.milliseconds + answer.milliseconds };
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
  const other = fitting.find(({ id }) => id === chosen) ?? fitting[0];
  const asked = useScores(other);
  const plot = useRef<HTMLDivElement>(null);
  const value = asked.answer?.value;
  const told = value && auroc(value.own.nats, value.other.nats);
  const menu = usePlotActions(run.name, 'out of distribution', plot, value && other ? { head: ['data', `${value.own.estimator}, nats`], rows: [...Array.from(value.own.nats, (nats): [string, number] => [dataset?.id ?? '', nats]), ...Array.from(value.other.nats, (nats): [string, number] => [other.id, nats])] } : null);
  return (
    <Frame
      step={datasets && !other ? undefined : (asked.answer?.step ?? null)}
      badge={value && `${value.own.estimator} · ${formatCount(value.own.nats.length)} each`}
      sub={
        other && (
          <>
            <Select label="Other data" variant="quiet" value={other.id} options={fitting.map(({ id, title }) => ({ value: id, label: `against ${title}` }))} onChange={setChosen} />
            <span className="spacer" />
            {told !== undefined && (
              <span className="faint small tabular">
                AUROC <b className="strong">{told.toFixed(3)}</b>
              </span>
            )}
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
            <Answered asked={asked}>{(answer) => <Histograms scores={answer} own={dataset?.title ?? 'own data'} other={other?.title ?? ''} size={size} handle={plot} />}</Answered>
          )
        }
      </SizedBody>
    </Frame>
  );
}

function Histograms({ scores, own, other, size, handle }: { scores: Scores; own: string; other: string; size: Size; handle: RefObject<HTMLDivElement | null> }) {
  const theme = usePlotTheme();
  const drawn = useMemo(() => {
    const all = Float32Array.from([...scores.own.nats, ...scores.other.nats]).filter(Number.isFinite).sort();
    const range: [number, number] = [all[Math.floor(0.005 * all.length)] ?? 0, all[Math.ceil(0.995 * (all.length - 1))] ?? 1];
    const width = (range[1] - range[0]) / bins || 1;
    const bars = (nats: Float32Array, colour: string): Partial<Data> => ({
      type: 'bar',
      x: Array.from({ length: bins }, (_, i) => range[0] + (i + 0.5) * width),
      y: histogram(nats, range, bins),
      width,
      marker: { color: faded(colour, 0.55), line: { width: 0 } },
      hovertemplate: '%{x:.1f} nats: %{y:.1%}<extra></extra>',
    });
    const colours = [theme.runs[0] ?? theme.ink, theme.runs[1] ?? theme.ink];
    const layout: Partial<Layout> = {
      barmode: 'overlay',
      bargap: 0,
      xaxis: axisOf(theme, `${scores.own.estimator}, nats`, { showgrid: false, range }),
      yaxis: { ...axisOf(theme, ''), showgrid: false, showline: false, showticklabels: false },
      annotations: [own, other].map((text, i) => ({ xref: 'paper', yref: 'paper', x: i, xanchor: i === 0 ? 'left' : 'right', y: 1, yanchor: 'bottom', text: `<b style="color:${colours[i] ?? ''}">■</b> ${text}`, showarrow: false, font: { size: 11, color: theme.ink } })),
      hovermode: 'closest',
    };
    return { layout, data: [bars(scores.own.nats, colours[0] ?? ''), bars(scores.other.nats, colours[1] ?? '')] };
  }, [scores, own, other, theme]);
  return <Plot label={`Histograms of the ${scores.own.estimator} of ${own} and of ${other}`} {...drawn} size={size} margin={margin} handle={handle} />;
}

export const outOfDistribution = definePanel({
  id: 'out-of-distribution',
  title: 'Out of distribution',
  needs: [],
  suits: (run) => picturesOnly(run) ?? (run.abilities.includes('logProb') || run.abilities.includes('elbo') ? null : 'needs exact log p(x) or an ELBO'),
  help: {
    shows: 'How likely the model finds test images of its own data, and images of another set of the same size under the same protocol: log p(x) where it has it, else one-sample ELBOs. AUROC is the chance that an image of its own data scores higher than a foreign one.',
    formula: 'AUROC = P(s(x) > s(x′)),  x own, x′ other,  s = log p or ELBO',
    read: 'One would expect an AUROC near 1. Well under 0.5 is the known failure: simpler images score higher than the model\'s own data, although it would never sample them. A likelihood is no measure of belonging; typicality tests and corrections for complexity are remedies.',
    source: 'Nalisnick et al., "Do deep generative models know what they don\'t know?" (2019); Serrà et al., "Input complexity and out-of-distribution detection" (2020).',
  },
  component: OutOfDistribution,
});
