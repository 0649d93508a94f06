import { useMemo, useRef } from 'react';
import { ChartLine, FileText, ImageDown } from 'lucide-react';
import type { RunStatus, RunSummary } from '../../../contract/runs';
import { EmptyState, ErrorState, LoadingState } from '../../design';
import { savePlot } from '../../plots/plot';
import { csv, fileName, saveFile } from '../../plots/save';
import { useSize } from '../../plots/size';
import { Frame } from '../frame';
import { useLinked } from '../linked';
import { definePanel } from '../panel';
import { useScopeRun } from '../run-scope';
import { CurvesBar, CurvesPlot, pointsFor } from './curves-plot';
import type { DrawnRun } from './rows';
import { useCurves } from '../use-curves';

function LossCurves() {
  const run = useScopeRun();
  const steps = useLinked((state) => state.steps);
  const body = useRef<HTMLDivElement>(null);
  const plot = useRef<HTMLDivElement>(null);
  const size = useSize(body);
  const { byRun, error } = useCurves([run.id], pointsFor(size?.width ?? 400), steps);
  const curves = byRun[run.id];
  const runs = useMemo<DrawnRun[]>(() => [{ id: run.id, name: run.name, colour: null, dash: 'solid', curves: curves ?? [] }], [run.id, run.name, curves]);
  const heldOut = curves?.find((curve) => curve.split !== 'train')?.split ?? null;
  const last = curves?.reduce((step, curve) => Math.max(step, curve.steps.at(-1) ?? 0), 0);
  const unit = curves?.[0]?.unit;
  const empty = curves?.every((curve) => curve.steps.length === 0) ?? true;

  return (
    <Frame
      step={empty ? null : last}
      badge={unit ? `mean ${unit} · train${heldOut ? `, ${heldOut}` : ''}` : undefined}
      sub={<CurvesBar heldOut={heldOut === 'valid' ? 'validation' : heldOut} />}
      menu={[
        { id: 'png', label: 'Save as PNG', icon: <ImageDown aria-hidden size={14} />, onAction: () => void savePlot(plot.current, fileName(run.name, 'loss curves', 'png'), 'png') },
        { id: 'svg', label: 'Save as SVG', icon: <ChartLine aria-hidden size={14} />, onAction: () => void savePlot(plot.current, fileName(run.name, 'loss curves', 'svg'), 'svg') },
        {
          id: 'csv',
          label: 'Save the drawn points as CSV',
          icon: <FileText aria-hidden size={14} />,
          onAction: () => saveFile(fileName(run.name, 'loss curves', 'csv'), csv(['term', 'split', 'unit', 'step', 'value'], (curves ?? []).flatMap((curve) => Array.from(curve.steps, (step, i) => [curve.name, curve.split, curve.unit, step, curve.values[i] ?? NaN])))),
        },
      ]}
    >
      <div className="fill" ref={body}>
        {!empty && size && <CurvesPlot runs={runs} size={size} handle={plot} />}
        {empty && error && <ErrorState error={error} />}
        {empty && !error && <NoPoints run={run} />}
      </div>
    </Frame>
  );
}

const ended: Partial<Record<RunStatus, string>> = { stopped: 'Stopped', failed: 'Failed', interrupted: 'Interrupted' };

/** Whether the first point is still to come, or never came. */
export function NoPoints({ run }: { run: RunSummary }) {
  const how = ended[run.status];
  if (how) return <EmptyState title={`${how} before the first step`}>There is no point of any curve. Clone the run to train it anew.</EmptyState>;
  return <LoadingState title={run.status === 'queued' ? 'Waits for its turn' : 'The first point comes with the first step'}>Every named term of the objective gets a curve of its own.</LoadingState>;
}

export const lossCurves = definePanel({
  id: 'loss-curves',
  title: 'Loss curves',
  needs: [],
  help: {
    shows: 'Every named term of the objective against the step, each on its own axis. The strong line is measured on held-out examples, the faint one on the batch that is trained on.',
    formula: 'loss = reconstruction + KL        (nats per example, means over the batch)\nsmoothed(t) = w smoothed(t′) + (1 − w) value(t),  w = exp(−(t − t′) / life)',
    read: 'A gap that opens between train and held-out is overfitting. A KL near zero means that the code is ignored. Drag across to zoom, double-click to see all; L switches to a logarithmic scale. Where more points are stored than pixels, the smallest and the largest of each pixel column are drawn, so that no spike is lost; one that would flatten all else on a linear scale leaves the picture at a triangle, with its value, and does not count in a smoothed line. The raw line stays visible behind a smoothed one.',
    source: 'The terms are those of the model; see its card for the objective and the paper.',
  },
  component: LossCurves,
});
