import { memo, useRef } from 'react';
import { ImageDown, ScanSearch } from 'lucide-react';
import { Select } from '../../design';
import { fileName, saveCanvas } from '../../plots/save';
import { useSize } from '../../plots/size';
import { useDims } from '../dimensions';
import { DimsSelect } from '../dims-select';
import { Answered, Frame } from '../frame';
import { useLinked, useSetLinked } from '../linked';
import { decodedBy, definePanel, isBijection, picturesOnly } from '../panel';
import { useScopeRun } from '../run-scope';
import { formatCode } from '../terms';
import { wholeViewport } from '../viewport';
import { GridPicture, useGrid } from './grid';

/** What the grid runs over. */
export const overPrior = { over: 'by inverse CDF of N(0, I)', rest: '0' };
export const overCodes = { over: 'across the test codes', rest: 'their medians' };

const sizes = [10, 15, 20, 30, 40];

/** Grid size, dimensions, the code under the pointer. `over` says what the grid runs over, `rest` where the dimensions stand that are not shown. */
export const GridBar = memo(function GridBar({ over, rest, latentSize }: { over: string; rest: string; latentSize: number }) {
  const setLinked = useSetLinked();
  const size = useLinked((state) => state.gridSize);
  const dims = useDims();
  const code = useLinked((state) => state.code);
  return (
    <>
      <Select
        label="Size of the grid"
        variant="quiet"
        value={String(size)}
        options={sizes.map((value) => ({ value: String(value), label: `${value} × ${value}`, description: over }))}
        onChange={(value) => setLinked({ gridSize: Number(value) })}
      />
      {latentSize > 2 && <DimsSelect />}
      <span className="spacer" />
      <span className="faint small tabular" title={over}>
        {code && dims ? `z${dims[0] + 1} ${formatCode(code[0])}, z${dims[1] + 1} ${formatCode(code[1])}` : [over, latentSize > 2 && `others at ${rest}`].filter(Boolean).join(', ')}
      </span>
    </>
  );
});

function ManifoldGrid() {
  const run = useScopeRun();
  const grid = useGrid();
  const setLinked = useSetLinked();
  const body = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSize(body);
  return (
    <Frame
      step={grid.answer?.step ?? null}
      badge={decodedBy(run)}
      sub={<GridBar {...(run.abilities.includes('prior') ? overPrior : overCodes)} latentSize={run.latentSize ?? 2} />}
      menu={[
        { id: 'png', label: 'Save as PNG', icon: <ImageDown aria-hidden size={14} />, isDisabled: !grid.answer, onAction: () => canvas.current && saveCanvas(fileName(run.name, 'manifold grid', 'png'), canvas.current) },
        { id: 'all', label: 'Show the whole grid', icon: <ScanSearch aria-hidden size={14} />, onAction: () => setLinked({ viewport: wholeViewport }) },
      ]}
    >
      <div className="fill centred" ref={body}>
        <Answered asked={grid}>{(answer) => size && <GridPicture grid={answer} size={size} handle={canvas} />}</Answered>
      </div>
    </Frame>
  );
}

export const manifoldGrid = definePanel({
  id: 'manifold-grid',
  title: 'Manifold grid',
  needs: ['decode'],
  suits: (run) => picturesOnly(run) ?? (isBijection(run) ? 'two of as many numbers as a picture has hardly show; Interpolation has a surface' : null),
  help: {
    shows: 'What the decoder makes of codes on a grid: two latent dimensions across and up, the others at rest. Under a prior N(0, I) the codes are its quantiles, so that every cell stands for an equal share of the prior. A model without a prior shows the box of its test codes instead.',
    formula: 'z(i, j) = (Φ⁻¹((i + ½) / n), Φ⁻¹((j + ½) / n))        x = E p(x|z)',
    read: 'Neighbours should vary smoothly, and every cell should look like data: cells that do not are holes. Drag to move and wheel to zoom: both happen in quantiles, so the view never leaves the prior. Double-click or 0 shows all; arrows, + and − work too. The code under the pointer is marked in the scatter.',
    source: 'Kingma and Welling, "Auto-Encoding Variational Bayes" (2014), appendix A; quantiles by Acklam (2003) with one step of Halley\'s method.',
  },
  component: ManifoldGrid,
});
