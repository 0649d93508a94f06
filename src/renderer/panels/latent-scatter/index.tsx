import { useRef } from 'react';
import { ChartScatter, FileText, ImageDown } from 'lucide-react';
import { Select } from '../../design';
import { formatCount } from '../../format';
import { savePlot } from '../../plots/plot';
import { csv, fileName, saveFile } from '../../plots/save';
import { useSize } from '../../plots/size';
import { DimsSelect } from '../dims-select';
import { Answered, Frame } from '../frame';
import { useLinked, useSetLinked } from '../linked';
import { definePanel } from '../panel';
import { useScopeRun } from '../run-scope';
import { colourings } from './colouring';
import { ScatterPlot, useCodes } from './scatter-plot';

const counts = [256, 1000, 4000];

/** Dimensions, how many codes, what colours them, ellipses. */
export function ScatterBar({ total, posterior }: { total: number; posterior: boolean }) {
  const setLinked = useSetLinked();
  const codes = useLinked((state) => state.codes);
  const ellipses = useLinked((state) => state.ellipses);
  const colourBy = useLinked((state) => state.colourBy);
  const { dataset } = useScopeRun();
  const possible = dataset ? colourings(dataset) : [];
  return (
    <>
      <DimsSelect />
      <Select
        label="How many test codes"
        variant="quiet"
        value={codes === null || codes >= total ? 'all' : String(codes)}
        options={[...counts.filter((count) => count < total).map((count) => ({ value: String(count), label: `${formatCount(count)} codes` })), { value: 'all', label: `all ${formatCount(total)} codes` }]}
        onChange={(value) => setLinked({ codes: value === 'all' ? null : Number(value) })}
      />
      {possible.length > 1 && (
        <Select label="Colour by" variant="quiet" value={colourBy !== null && possible.includes(colourBy) ? colourBy : (possible[0] ?? null)} options={possible.map((value) => ({ value, label: value }))} onChange={(value) => setLinked({ colourBy: value })} />
      )}
      <span className="spacer" />
      {posterior && (
        <Select
          label="Posteriors"
          variant="quiet"
          value={ellipses ? 'ellipses' : 'means'}
          options={[
            { value: 'means', label: 'means' },
            { value: 'ellipses', label: '1σ', description: 'ellipses' },
          ]}
          onChange={(value) => setLinked({ ellipses: value === 'ellipses' })}
        />
      )}
    </>
  );
}

function LatentScatter() {
  const run = useScopeRun();
  const codes = useCodes();
  const body = useRef<HTMLDivElement>(null);
  const plot = useRef<HTMLDivElement>(null);
  const size = useSize(body);
  const value = codes.answer?.value;
  const shown = value && value.latentSize > 0 ? value.means.length / value.latentSize : null;
  const posterior = Boolean(value?.standardDeviations);
  return (
    <Frame
      step={codes.answer?.step ?? null}
      badge={shown === null ? undefined : `${posterior ? 'mean' : 'code'} · test · ${formatCount(shown)}`}
      sub={<ScatterBar total={run.dataset?.counts.test ?? 0} posterior={posterior} />}
      menu={[
        { id: 'png', label: 'Save as PNG', icon: <ImageDown aria-hidden size={14} />, onAction: () => void savePlot(plot.current, fileName(run.name, 'latent scatter', 'png'), 'png') },
        { id: 'svg', label: 'Save as SVG', icon: <ChartScatter aria-hidden size={14} />, onAction: () => void savePlot(plot.current, fileName(run.name, 'latent scatter', 'svg'), 'svg') },
        {
          id: 'csv',
          label: 'Save the codes as CSV',
          icon: <FileText aria-hidden size={14} />,
          isDisabled: !value,
          onAction: () => {
            if (!value || shown === null) return;
            const dims = Array.from({ length: value.latentSize }, (_, d) => d);
            const rows = Array.from({ length: shown }, (_, i) => [i, value.labels?.[i] ?? '', ...dims.map((d) => value.means[i * value.latentSize + d] ?? NaN)]);
            saveFile(fileName(run.name, 'codes', 'csv'), csv(['test example', 'label', ...dims.map((d) => `z${d + 1}`)], rows));
          },
        },
      ]}
    >
      <div className="fill" ref={body}>
        <Answered asked={codes}>{(answer) => size && <ScatterPlot codes={answer} size={size} handle={plot} />}</Answered>
      </div>
    </Frame>
  );
}

export const latentScatter = definePanel({
  id: 'latent-scatter',
  title: 'Latent scatter',
  needs: ['encode'],
  help: {
    shows: 'Where the encoder puts test examples: the mean of the posterior of each, coloured by its class or by a factor that made it; names of classes stand at the medians, a factor of many values runs along a scale. Models without a posterior show the code itself. The circles are 1, 2 and 3 standard deviations of the prior.',
    formula: 'z = E q(z|x)          ellipse: one standard deviation of q(z|x)',
    read: 'Classes that form their own regions were told apart without their labels. Under a prior, codes should fill its circles without holes: a hole decodes to what no training image is near to. Hover to see the image; drag to move, wheel to zoom, double-click to see all.',
    source: 'Kingma and Welling, "Auto-Encoding Variational Bayes" (2014), section 3; lecture 002.',
  },
  component: LatentScatter,
});
