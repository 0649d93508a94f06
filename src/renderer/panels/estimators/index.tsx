import { useEffect, useMemo, useRef, useState, type RefObject } from 'react';
import { Square } from 'lucide-react';
import type { Data, Layout } from 'plotly.js';
import { errorFrom, type ElboError } from '../../../contract/errors';
import type { ProbeAnswers } from '../../../contract/probes';
import { IconButton, Select } from '../../design';
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
import { canBeAsked, useAsked, useProbe, useScopeRun, type Asked } from '../run-scope';
import { merged } from './pieces';

const counts = [1, 4, 16];
const most = [100, 1000, 10_000, 100_000];
/** As many draws as one question takes; more are asked for piece by piece, so that neither training nor other panels wait for all of them. */
const atOnce = 1000;
const margin = { l: 52, r: 10, t: 6, b: 34 };

interface Question {
  first: number;
  count: number;
  draws: number;
}

/** The estimates by up to 1,000 draws, which follow training; null asks nothing. */
function useFew(question: Question | null): Asked<ProbeAnswers['estimators']> {
  const probe = useProbe();
  return useAsked(question && `estimators ${question.first} ${question.count} ${question.draws}`, () => probe({ kind: 'estimators', split: 'test', offset: question?.first ?? 0, count: question?.count ?? 1, draws: question?.draws ?? 1, seed: noiseSeed }));
}

interface Pieces {
  key: string;
  answers: { value: ProbeAnswers['estimators']; step: number }[];
  error?: ElboError;
}

/** The same by more draws, of a model that does not change meanwhile: what there is so far, and how to let it rest there. */
function useMany(question: Question | null): Asked<ProbeAnswers['estimators']> & { stop: (() => void) | null } {
  const probe = useProbe();
  const [turn, setTurn] = useState(0);
  const [stopped, setStopped] = useState<string | null>(null);
  const [state, setState] = useState<Pieces>({ key: '', answers: [] });
  const ask = useRef(probe);
  useEffect(() => {
    ask.current = probe;
  });
  const { first, count, draws } = question ?? { first: 0, count: 0, draws: 0 };
  const key = question ? `${first} ${count} ${draws} ${turn}` : null;
  useEffect(() => {
    if (key === null || stopped === key) return;
    let wanted = true;
    const all = async (): Promise<void> => {
      const answers: Pieces['answers'] = [];
      try {
        while (answers.length * atOnce < draws) {
          const answer = await ask.current({ kind: 'estimators', split: 'test', offset: first, count, draws: atOnce, seed: noiseSeed + answers.length });
          if (!wanted) return;
          answers.push(answer);
          setState({ key, answers: [...answers] });
        }
      } catch (thrown) {
        if (wanted) setState({ key, answers, error: errorFrom(thrown) });
      }
    };
    void all();
    return () => {
      wanted = false;
    };
  }, [key, stopped, first, count, draws]);
  const current = state.key === key;
  const value = useMemo(() => (current && state.answers.length > 0 ? merged(state.answers.map((answer) => answer.value), atOnce) : null), [current, state]);
  const going = key !== null && stopped !== key && !(current && (state.error || state.answers.length * atOnce >= draws));
  return {
    answer: value ? { value, step: state.answers[0]?.step ?? 0, milliseconds: 0 } : undefined,
    error: current ? state.error : undefined,
    current,
    retry: () => setTurn((now) => now + 1),
    stop: going && value ? () => setStopped(key) : null,
  };
}

function Estimators() {
  const run = useScopeRun();
  const [first, setFirst] = useState(0);
  const [count, setCount] = useState(4);
  const [draws, setDraws] = useState(100);
  const plot = useRef<HTMLDivElement>(null);
  const total = Math.max(1, run.dataset?.counts.test ?? 1);
  const resting = run.status !== 'running';
  const wanted = resting ? draws : Math.min(draws, atOnce);
  const question = canBeAsked(run) ? { first, count, draws: wanted } : null;
  const few = useFew(wanted > atOnce ? null : question);
  const many = useMany(wanted > atOnce ? question : null);
  const asked = wanted > atOnce ? many : few;
  const value = asked.answer?.value;
  const effective = value?.effective.at(-1);
  const menu = usePlotActions(run.name, 'likelihood estimators', plot, value ? { head: ['K', 'importance weighted, nats', 'naive, nats', 'effective samples'], rows: value.ks.map((k, i) => [k, value.weighted[i] ?? NaN, value.naive?.[i] ?? '', value.effective[i] ?? NaN]) } : null);
  return (
    <Frame
      step={asked.answer?.step ?? null}
      badge={value && `test · n ${value.examples} · K to ${formatCount(value.ks.at(-1) ?? 0)}${many.stop ? ` of ${formatCount(wanted)}` : ''}`}
      sub={
        <>
          <ExampleChooser label="test" value={first} total={total} step={count} onChange={setFirst} />
          <Select label="How many examples" variant="quiet" value={String(count)} options={counts.map((value) => ({ value: String(value), label: value === 1 ? '1 example' : `mean of ${value}` }))} onChange={(value) => setCount(Number(value))} />
          <Select label="Largest K" variant="quiet" value={String(wanted)} options={most.map((value) => ({ value: String(value), label: `K to ${formatCount(value)}${!resting && value > atOnce ? ', once it rests' : ''}`, isDisabled: !resting && value > atOnce }))} onChange={(value) => setDraws(Number(value))} />
          {many.stop && <IconButton size="small" label="Draw no more" icon={<Square aria-hidden size={11} />} onPress={many.stop} />}
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
      xaxis: axisOf(theme, 'K', { type: 'log', tickmode: 'array', tickvals: [1, 10, 100, 1000, 10_000, 100_000].filter((k) => k <= last), ticktext: ['1', '10', '100', '1,000', '10,000', '100,000'], range: [-0.05, Math.log10(last) + 0.05] }),
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
    shows: 'Estimates of log p(x) of test examples against the number K of draws: importance weighted with the posterior as proposal, and naive with the prior as proposal, where the model has both. Small K are averaged over all disjoint groups of the draws. More than 1,000 draws are asked for piece by piece of a run that is paused or at its end, and the curves grow as they come; "Draw no more" leaves them as they are. The dotted line is the ELBO, which is K = 1. Effective: how many of the K weights count.',
    formula: 'IWAE-K = E log 1/K Σ p(x, z_k) / q(z_k|x),  z_k ~ q        naive-K = E log 1/K Σ p(x | z_k),  z_k ~ p',
    read: 'Both are lower bounds that rise with K towards log p(x). The importance weighted one gets there with few draws when the posterior is good: the distance from the dotted line is what the ELBO loses. The naive one is far below until K is astronomic. One effective sample of 1,000 means that the number is not to be trusted.',
    source: 'Burda, Grosse and Salakhutdinov, "Importance weighted autoencoders" (2016), equation 8; Rainforth et al., "Tighter variational bounds are not necessarily better" (2018).',
  },
  component: Estimators,
});
