import { useMemo, useRef, useState, type RefObject } from 'react';
import type { Layout } from 'plotly.js';
import type { ProbeAnswers } from '../../../contract/probes';
import { Segmented } from '../../design';
import { formatCount } from '../../format';
import { Plot } from '../../plots/plot';
import type { Size } from '../../plots/size';
import { usePlotTheme } from '../../plots/theme';
import { Answered, Frame } from '../frame';
import { noiseSeed } from '../linked';
import { definePanel } from '../panel';
import { SizedBody } from '../picture-grid';
import { axisOf, colourScale, usePlotActions } from '../plot-panel';
import { canBeAsked, useAsked, useProbe, useScopeRun } from '../run-scope';

const mostExamples = 2000;
const mostCodes = 32;
const margin = { l: 34, r: 4, t: 4, b: 34 };
type Answer = ProbeAnswers['factors'];
type Of = 'tell' | 'move';
const matrixOf = ({ information, response }: Answer, of: Of): number[][] => (of === 'move' && response) || information;

function Disentanglement() {
  const run = useScopeRun();
  const probe = useProbe();
  const plot = useRef<HTMLDivElement>(null);
  const [chosen, setOf] = useState<Of>('tell');
  const count = Math.max(2, Math.min(mostExamples, run.dataset?.counts.test ?? mostExamples));
  const asked = useAsked(canBeAsked(run) ? `factors ${count}` : null, () => probe({ kind: 'factors', split: 'test', offset: 0, count, seed: noiseSeed }));
  const value = asked.answer?.value;
  const of = value?.response ? chosen : 'tell';
  const menu = usePlotActions(run.name, 'disentanglement', plot, value ? { head: ['score', 'value', 'floor'], rows: value.scores.map(({ name, value, floor }) => [name, value, floor]) } : null);
  return (
    <Frame
      step={asked.answer?.step ?? null}
      badge={value && `means · test · ${formatCount(value.examples)}`}
      sub={
        value && (
          <>
            {value.response && (
              <Segmented
                label="What codes"
                value={of}
                options={[
                  { value: 'tell', label: 'tell' },
                  { value: 'move', label: 'move' },
                ]}
                onChange={setOf}
              />
            )}
            <span className="spacer" />
            {value.constant.length > 0 && <span className="faint small">without {value.constant.join(', ')}, the same for all</span>}
          </>
        )
      }
      menu={menu}
    >
      <div className="with-sliders">
        <SizedBody className="centred">{(size) => <Answered asked={asked}>{(answer) => <Heat answer={answer} of={of} size={size} handle={plot} />}</Answered>}</SizedBody>
        {value && (
          <div className="scores-list" role="group" aria-label="Scores" tabIndex={0}>
            <table className="scores">
              <thead>
                <tr>
                  <th scope="col">score</th>
                  <th scope="col">value</th>
                  <th scope="col">floor</th>
                </tr>
              </thead>
              <tbody>
                {value.scores.map(({ name, estimator, value, floor }) => (
                  <tr key={name} title={estimator}>
                    <th scope="row">{name}</th>
                    <td>
                      <b className="strong">{value.toFixed(2)}</b>
                    </td>
                    <td className="faint">{floor.toFixed(2)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </div>
    </Frame>
  );
}

function Heat({ answer, of, size, handle }: { answer: Answer; of: Of; size: Size; handle: RefObject<HTMLDivElement | null> }) {
  const theme = usePlotTheme();
  const { names } = answer;
  const rows = useMemo(() => matrixOf(answer, of).slice(0, mostCodes), [answer, of]);
  const drawn = useMemo(() => {
    const layout: Partial<Layout> = {
      xaxis: axisOf(theme, '', { showgrid: false, showline: false, tickmode: 'array', tickvals: names.map((_, k) => k), ticktext: [...names] }),
      yaxis: axisOf(theme, '', { showgrid: false, showline: false, autorange: 'reversed', tickmode: 'array', tickvals: rows.map((_, j) => j), ticktext: rows.map((_, j) => `z${j + 1}`) }),
      hovermode: 'closest',
    };
    // A step of a traversal that takes a factor through its whole range moves it by a sixth of that.
    const zmax = of === 'tell' ? 1 : Math.max(1 / 6, ...rows.flat());
    const what = of === 'tell' ? 'of what there is to know' : 'of its range a step';
    return {
      layout,
      data: [{ type: 'heatmap' as const, z: rows.map((row) => [...row]), zmin: 0, zmax, colorscale: colourScale(theme.ramp), showscale: false, xgap: 1, ygap: 1, hovertemplate: `%{y}: %{z:.2f} ${what}<extra></extra>` }],
    };
  }, [names, rows, of, theme]);
  return <Plot label={`What ${rows.length} codes ${of === 'tell' ? 'tell of' : 'move of'} ${names.join(', ')}`} {...drawn} size={size} margin={margin} handle={handle} />;
}

export const disentanglement = definePanel({
  id: 'disentanglement',
  title: 'Disentanglement',
  needs: ['encode'],
  suits: ({ dataset }) => (dataset?.factors ? null : 'needs data with known factors'),
  help: {
    shows: 'How much each code (posterior mean) tells of each factor that made the test examples: their mutual information, codes in 20 bins, as a share of the factor\'s entropy. Or how much each code moves each factor: the mean change from picture to picture, over the factor\'s range, when that code alone goes from −3 to 3 standard deviations in seven steps, factors being those of the nearest of 5,000 training pictures. Beside it scores of disentanglement, each with its floor: the same score of the same codes dealt out to the examples at random. Factors that are the same for all examples are left out.',
    formula: 'I(z_j; v_k) / H(v_k)        MIG = mean_k (I of the best code − I of the second) / H(v_k)',
    read: 'A disentangled code has one dark cell in each column, in a row of its own. Scores are to be read against their floors, which are far from nought for some; they differ in what they punish, so a model that leads in one need not in another. The panel takes fewer questions and trees than the measurement does: hover over a score to see how many. Values of a single run vary a good deal with the seed. What a code moves is read off roughly: between neighbours of few training pictures a factor that is hard to see, as an orientation, changes by chance.',
    source: 'Locatello et al., "Challenging common assumptions in the unsupervised learning of disentangled representations" (2019); Chen et al., "Isolating sources of disentanglement" (2018); lecture 000.',
  },
  component: Disentanglement,
});
