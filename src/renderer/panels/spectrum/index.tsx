import { useMemo, useRef, useState, type RefObject } from 'react';
import type { ProbeAnswers } from '../../../contract/probes';
import { EmptyState, Segmented } from '../../design';
import { formatCount, formatValue } from '../../format';
import { Plot } from '../../plots/plot';
import type { Size } from '../../plots/size';
import { usePlotTheme } from '../../plots/theme';
import { ranked } from '../codes';
import { Answered, Frame } from '../frame';
import { spectrumQuestion, useDims } from '../dimensions';
import { withPicked } from '../dims-select';
import { useSetLinked } from '../linked';
import { definePanel } from '../panel';
import { SizedBody } from '../picture-grid';
import { usePlotActions } from '../plot-panel';
import { levelName } from '../terms';
import { canBeAsked, useAsked, useProbe, useScopeRun } from '../run-scope';
import { activeAbove, shownOf, spectrumFigure } from './figure';

const margin = { l: 44, r: 8, t: 4, b: 30 };
type By = 'dimensions' | 'levels';

const values = (spectrum: ProbeAnswers['spectrum'], by: By): Float64Array | null => (by === 'levels' ? spectrum.perLevel : spectrum.perDimension);

/** What decides whether a dimension is active: the variance of the posterior's mean, or where that is not known its divergence. */
const deciding = ({ perDimension, meanVariances }: ProbeAnswers['spectrum']): Float64Array => meanVariances ?? perDimension ?? new Float64Array();
const activeIn = (list: ArrayLike<number>) => (dim: number): boolean => (list[dim] ?? 0) > activeAbove;

const namedInText = 8;

/** `6 of 12 active (7 by KL) · z2, z1, z4`, the largest divergence first. */
export function spectrumText(answer: ProbeAnswers['spectrum']): string {
  const { perDimension, meanVariances } = answer;
  if (!perDimension) return '';
  const order = ranked(perDimension);
  const active = order.filter(activeIn(deciding(answer)));
  const byKl = order.filter(activeIn(perDimension)).length;
  const named = active.slice(0, namedInText).map((dim) => `z${dim + 1}`).join(', ');
  return `${active.length} of ${order.length} active (${meanVariances ? `${byKl} ` : ''}by KL)${named && ` · ${named}`}${active.length > namedInText ? ' …' : ''}`;
}

const definition = 'Active: the variance of the posterior\'s mean over the examples is above 0.01 (Burda, Grosse and Salakhutdinov 2016). By KL: the divergence is above 0.01 nats.';

function KlSpectrum() {
  const run = useScopeRun();
  const probe = useProbe();
  const [chosen, setBy] = useState<By>('dimensions');
  const [scale, setScale] = useState<'linear' | 'log'>('linear');
  const plot = useRef<HTMLDivElement>(null);
  const asked = useAsked(canBeAsked(run) ? 'spectrum' : null, () => probe(spectrumQuestion(run)));
  const value = asked.answer?.value;
  const by: By = value && !values(value, chosen) ? (chosen === 'levels' ? 'dimensions' : 'levels') : chosen;
  const shown = value && values(value, by);
  const menu = usePlotActions(run.name, 'KL spectrum', plot, shown ? { head: [by === 'levels' ? 'level' : 'dimension', 'KL, nats'], rows: Array.from(shown, (kl, i) => [by === 'levels' ? levelName(i) : `z${i + 1}`, kl]) } : null);
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
          <span className="faint small" title={definition}>
            {value && by === 'dimensions' && spectrumText(value)}
          </span>
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
            {(answer) => (shown ? <Bars answer={answer} shown={shown} by={by} logY={scale === 'log'} size={size} handle={plot} /> : <EmptyState title="One number only">The divergence of this model is not a sum over dimensions or levels.</EmptyState>)}
          </Answered>
        )}
      </SizedBody>
    </Frame>
  );
}

const widthOfName = 12;

function Bars({ answer, shown, by, logY, size, handle }: { answer: ProbeAnswers['spectrum']; shown: Float64Array; by: By; logY: boolean; size: Size; handle: RefObject<HTMLDivElement | null> }) {
  const theme = usePlotTheme();
  const setLinked = useSetLinked();
  const dims = useDims();
  const levels = by === 'levels';
  const name = levels ? levelName : (dim: number): string => `z${dim + 1}`;
  const { order, active, ...drawn } = useMemo(() => {
    const order = levels ? Array.from(shown.keys()) : ranked(shown);
    const active = levels ? null : activeIn(deciding(answer));
    const names = Math.floor((size.width - margin.l - margin.r) / widthOfName);
    return { order, active, ...spectrumFigure(shown, order, { name: levels ? levelName : (dim) => `z${dim + 1}`, logY, active, chosen: !levels && shown.length > 2 && dims ? dims : [], names }, theme) };
  }, [answer, shown, levels, logY, dims, size.width, theme]);
  return (
    <Plot
      label={`KL of ${shown.length} ${by}, ${order.slice(0, 8).map((index) => `${name(index)} ${formatValue(shown[index] ?? NaN)}`).join(', ')}`}
      {...drawn}
      size={size}
      margin={margin}
      handle={handle}
      onClick={({ point }) => {
        const picked = shownOf(order, active)[point];
        if (picked !== undefined && dims && !levels) setLinked({ dims: withPicked(dims, picked), latentRange: null });
      }}
    />
  );
}

export const spectrum = definePanel({
  id: 'spectrum',
  title: 'KL spectrum',
  needs: ['elbo'],
  help: {
    shows: 'How many nats of the divergence each latent dimension costs, averaged over test examples, the largest first; or each level, the top one first. A dimension is active where the variance of the posterior\'s mean over the examples is above 0.01 (where the posterior is a flow, of the image of the mean of its normal, for that of the posterior has no formula); beside it the count by a divergence above 0.01 nats, which should agree. Inactive bars are faint, and left out at the end of more than forty. Click on a bar to see its dimension in the scatter and in the grid.',
    formula: 'active: A_d = Var_x E_q(z|x)[z_d] > 0.01        KL_d = E_x KL(q(z_d|x) ‖ p(z_d))',
    read: 'Each active dimension carries information about x; a collapsed one has the prior as its posterior and is ignored by the decoder. Raising beta collapses dimensions from the right. Most dimensions collapsed with a strong decoder is posterior collapse.',
    source: 'Burda, Grosse and Salakhutdinov, "Importance weighted autoencoders" (2016), section 5; Kingma et al., "Inverse autoregressive flow" (2016), appendix C.8.',
  },
  component: KlSpectrum,
});
