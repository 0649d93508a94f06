import { useMemo, useRef, useState, type RefObject } from 'react';
import type { ProbeAnswers } from '../../../contract/probes';
import { EmptyState, Segmented } from '../../design';
import { formatCount, formatValue } from '../../format';
import { Plot } from '../../plots/plot';
import type { Size } from '../../plots/size';
import { usePlotTheme } from '../../plots/theme';
import { ranked } from '../codes';
import { Answered, Frame } from '../frame';
import { noiseSeed } from '../linked';
import { definePanel } from '../panel';
import { SizedBody } from '../picture-grid';
import { usePlotActions } from '../plot-panel';
import { canBeAsked, useAsked, useProbe, useScopeRun } from '../run-scope';
import { activeAbove, spectrumFigure } from './figure';

const mostExamples = 1000;
const margin = { l: 44, r: 8, t: 4, b: 30 };
type By = 'dimensions' | 'levels';

const values = (spectrum: ProbeAnswers['spectrum'], by: By): Float64Array | null => (by === 'levels' ? spectrum.perLevel : spectrum.perDimension);
const activeOf = (list: ArrayLike<number>): number => Array.from(list).filter((value) => value > activeAbove).length;

/** `7 of 12 active (by variance 6) · collapsed: z3, z6, z9` */
export function spectrumText({ perDimension, meanVariances }: ProbeAnswers['spectrum']): string {
  if (!perDimension) return '';
  const collapsed = Array.from(perDimension.keys()).filter((dim) => (perDimension[dim] ?? 0) <= activeAbove);
  const byVariance = meanVariances && meanVariances.length === perDimension.length ? ` (by variance ${activeOf(meanVariances)})` : '';
  const named = collapsed.slice(0, 6).map((dim) => `z${dim + 1}`).join(', ');
  return `${activeOf(perDimension)} of ${perDimension.length} active${byVariance}${collapsed.length > 0 ? ` · collapsed: ${named}${collapsed.length > 6 ? ' …' : ''}` : ''}`;
}

function KlSpectrum() {
  const run = useScopeRun();
  const probe = useProbe();
  const [chosen, setBy] = useState<By>('dimensions');
  const [scale, setScale] = useState<'linear' | 'log'>('linear');
  const plot = useRef<HTMLDivElement>(null);
  const count = Math.max(1, Math.min(mostExamples, run.dataset?.counts.test ?? mostExamples));
  const asked = useAsked(canBeAsked(run) ? `spectrum ${count}` : null, () => probe({ kind: 'spectrum', split: 'test', offset: 0, count, seed: noiseSeed }));
  const value = asked.answer?.value;
  const by: By = value && !values(value, chosen) ? (chosen === 'levels' ? 'dimensions' : 'levels') : chosen;
  const shown = value && values(value, by);
  const menu = usePlotActions(run.name, 'KL spectrum', plot, shown ? { head: [by === 'levels' ? 'level' : 'dimension', 'KL, nats'], rows: Array.from(shown, (kl, i) => [`z${i + 1}`, kl]) } : null);
  return (
    <Frame
      step={asked.answer?.step ?? null}
      badge={value && `KL(q‖p) ${formatValue(value.kl)} nats · test · ${formatCount(value.examples)}`}
      sub={
        <>
          {value?.perDimension && value.perLevel && (
            <Segmented
              label="Bars for"
              value={by}
              options={[
                { value: 'dimensions', label: 'dimensions' },
                { value: 'levels', label: 'levels' },
              ]}
              onChange={setBy}
            />
          )}
          <span className="faint small tabular">{value && by === 'dimensions' && spectrumText(value)}</span>
          <span className="spacer" />
          <Segmented
            label="Scale"
            value={scale}
            options={[
              { value: 'linear', label: 'linear' },
              { value: 'log', label: 'log' },
            ]}
            onChange={setScale}
          />
        </>
      }
      menu={menu}
    >
      <SizedBody className="fill">
        {(size) => (
          <Answered asked={asked}>
            {() => (shown ? <Bars shown={shown} by={by} logY={scale === 'log'} size={size} handle={plot} /> : <EmptyState title="One number only">The divergence of this model is not a sum over dimensions or levels.</EmptyState>)}
          </Answered>
        )}
      </SizedBody>
    </Frame>
  );
}

function Bars({ shown, by, logY, size, handle }: { shown: Float64Array; by: By; logY: boolean; size: Size; handle: RefObject<HTMLDivElement | null> }) {
  const theme = usePlotTheme();
  const drawn = useMemo(() => {
    const order = by === 'levels' ? Array.from(shown.keys()) : ranked(shown);
    return spectrumFigure(shown, order, (index) => `z${index + 1}`, logY, by === 'dimensions', theme);
  }, [shown, by, logY, theme]);
  return <Plot label={`KL of ${shown.length} ${by}, ${Array.from(shown.slice(0, 8), (kl, i) => `z${i + 1} ${formatValue(kl)}`).join(', ')}`} {...drawn} size={size} margin={margin} handle={handle} />;
}

export const spectrum = definePanel({
  id: 'spectrum',
  title: 'KL spectrum',
  needs: ['elbo'],
  help: {
    shows: 'How many nats of the divergence each latent dimension costs, averaged over test examples, the largest first; or each level, the top one first. A dimension is active above 0.01 nat; beside it the count by the variance of the posterior\'s mean over the examples (where the posterior is a flow, of the image of the mean of its normal, for that of the posterior has no formula), which should agree.',
    formula: 'KL_d = E_x KL(q(z_d|x) ‖ p(z_d))        A_d = Var_x E_q(z|x)[z_d] > 0.01',
    read: 'Each active dimension carries information about x; a collapsed one has the prior as its posterior and is ignored by the decoder. Raising beta collapses dimensions from the right. Most dimensions collapsed with a strong decoder is posterior collapse.',
    source: 'Burda, Grosse and Salakhutdinov, "Importance weighted autoencoders" (2016), section 5; Kingma et al., "Inverse autoregressive flow" (2016), appendix C.8.',
  },
  component: KlSpectrum,
});
