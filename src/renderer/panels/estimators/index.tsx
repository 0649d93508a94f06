import { useMemo, useRef, useState, type RefObject } from 'react';
import type { Data, Layout } from 'plotly.js';
import type { ProbeAnswers } from '../../../contract/probes';
import { Select } from '../../design';
import { formatCount, formatValue } from '../../format';
import { Plot } from '../../plots/plot';
import type { Size } from '../../plots/size';
import { usePlotTheme } from '../../plots/theme';
import { ExampleChooser } from '../example-chooser';
import { Answered, Frame } from '../frame';
import { noiseSeed } from '../linked';
import { definePanel } from '../panel';
import { SizedBody } from '../picture-grid';
import { axisOf, usePlotActions } from '../plot-panel';
import { canBeAsked, useAsked, useProbe, useScopeRun } from '../run-scope';

const counts = [1, 4, 16];
const most = [100, 1000];
const margin = { l: 52, r: 10, t: 6, b: 34 };

function Estimators() {
  const run = useScopeRun();
  const probe = useProbe();
  const [first, setFirst] = useState(0);
  const [count, setCount] = useState(4);
  const [draws, setDraws] = useState(100);
  const plot = useRef<HTMLDivElement>(null);
  const total = Math.max(1, run.dataset?.counts.test ?? 1);
  const asked = useAsked(canBeAsked(run) ? `estimators ${first} ${count} ${draws}` : null, () => probe({ kind: 'estimators', split: 'test', offset: first, count, draws, seed: noiseSeed }));
  const value = asked.answer?.value;
  const effective = value?.effective.at(-1);
  const menu = usePlotActions(run.name, 'likelihood estimators', plot, value ? { head: ['K', 'importance weighted, nats', 'naive, nats', 'effective samples'], rows: value.ks.map((k, i) => [k, value.weighted[i] ?? NaN, value.naive?.[i] ?? '', value.effective[i] ?? NaN]) } : null);
  return (
    <Frame
      step={asked.answer?.step ?? null}
      badge={value && `test · n ${value.examples} · K to ${formatCount(value.ks.at(-1) ?? 0)}`}
      sub={
        <>
          <ExampleChooser label="test" value={first} total={total} step={count} onChange={setFirst} />
          <Select label="How many examples" variant="quiet" value={String(count)} options={counts.map((value) => ({ value: String(value), label: value === 1 ? '1 example' : `mean of ${value}` }))} onChange={(value) => setCount(Number(value))} />
          <Select label="Largest K" variant="quiet" value={String(draws)} options={most.map((value) => ({ value: String(value), label: `K to ${formatCount(value)}` }))} onChange={(value) => setDraws(Number(value))} />
          <span className="spacer" />
          {effective !== undefined && value && (
            <span className="faint small tabular">
              effective <b className="strong">{formatValue(effective)}</b> of {formatCount(value.ks.at(-1) ?? 0)}
            </span>
          )}
        </>
      }
      menu={menu}
    >
      <SizedBody className="fill">{(size) => <Answered asked={asked}>{(answer) => <Curves answer={answer} size={size} handle={plot} />}</Answered>}</SizedBody>
    </Frame>
  );
}

function Curves({ answer: { ks, weighted, naive, elbo }, size, handle }: { answer: ProbeAnswers['estimators']; size: Size; handle: RefObject<HTMLDivElement | null> }) {
  const theme = usePlotTheme();
  const drawn = useMemo(() => {
    const line = (values: ArrayLike<number>, name: string, colour: string): Partial<Data> => ({ type: 'scatter', mode: 'lines+markers', x: ks, y: Array.from(values), name, line: { color: colour, width: 1.5 }, marker: { size: 4, color: colour }, hovertemplate: `${name}, K %{x}: %{y:.2f}<extra></extra>` });
    const [first, second] = [theme.runs[0] ?? theme.ink, theme.runs[1] ?? theme.ink];
    const last = ks.at(-1) ?? 1;
    const top = Math.max(...weighted, elbo);
    // The naive estimate starts hundreds of nats below: most of it stays out of the picture rather than flatten the rest.
    const lowest = elbo - Math.max(2, top - elbo);
    const bottom = Math.min(elbo, ...(naive ? [Math.max(naive.at(-1) ?? NaN, lowest)] : []));
    const room = Math.max(0.5, 0.15 * (top - bottom));
    const end = naive?.at(-1) ?? NaN;
    const named = [
      { text: 'importance weighted', y: weighted.at(-1) ?? NaN, yanchor: 'bottom' as const },
      ...(naive ? [{ text: end < lowest ? `naive: ${formatValue(end)} ↓` : 'naive', y: Math.max(end, bottom), yanchor: 'top' as const }] : []),
    ];
    const layout: Partial<Layout> = {
      xaxis: axisOf(theme, 'K', { type: 'log', tickmode: 'array', tickvals: [1, 10, 100, 1000].filter((k) => k <= last), range: [-0.05, Math.log10(last) + 0.05] }),
      yaxis: axisOf(theme, 'log p(x), nats', { range: [bottom - room, top + room] }),
      shapes: [{ type: 'line', xref: 'paper', x0: 0, x1: 1, y0: elbo, y1: elbo, line: { color: theme.ink, width: 1, dash: 'dot' } }],
      annotations: [
        { xref: 'paper', x: 0.5, xanchor: 'center', y: elbo, yanchor: 'top', text: `ELBO ${formatValue(elbo)}`, showarrow: false, font: { size: 10, color: theme.ink } },
        ...named.map(({ text, y, yanchor }) => ({ xref: 'paper' as const, x: 1, xanchor: 'right' as const, y, yanchor, text, showarrow: false, font: { size: 10, color: theme.ink } })),
      ],
      hovermode: 'closest',
    };
    return { layout, data: [...(naive ? [line(naive, 'naive', second)] : []), line(weighted, 'importance weighted', first)] };
  }, [ks, weighted, naive, elbo, theme]);
  return <Plot label={`Estimates of log p(x) against K: importance weighted from ${formatValue(weighted[0] ?? NaN)} to ${formatValue(weighted.at(-1) ?? NaN)}, ELBO ${formatValue(elbo)}`} {...drawn} size={size} margin={margin} handle={handle} />;
}

export const estimators = definePanel({
  id: 'estimators',
  title: 'Likelihood estimators',
  needs: ['importance'],
  help: {
    shows: 'Estimates of log p(x) of test examples against the number K of draws: importance weighted with the posterior as proposal, and naive with the prior as proposal, where the model has both. Small K are averaged over all disjoint groups of the draws. The dotted line is the ELBO, which is K = 1. Effective: how many of the K weights count.',
    formula: 'IWAE-K = E log 1/K Σ p(x, z_k) / q(z_k|x),  z_k ~ q        naive-K = E log 1/K Σ p(x | z_k),  z_k ~ p',
    read: 'Both are lower bounds that rise with K towards log p(x). The importance weighted one gets there with few draws when the posterior is good: the distance from the dotted line is what the ELBO loses. The naive one is far below until K is astronomic. One effective sample of 1,000 means that the number is not to be trusted.',
    source: 'Burda, Grosse and Salakhutdinov, "Importance weighted autoencoders" (2016), equation 8; Rainforth et al., "Tighter variational bounds are not necessarily better" (2018).',
  },
  component: Estimators,
});
