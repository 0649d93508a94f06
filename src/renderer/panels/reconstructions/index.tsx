import { useMemo, useRef, type PointerEvent, type RefObject } from 'react';
import type { ProbeAnswers } from '../../../contract/probes';
import { cellAt, fitCells, placeOf, wholeOf } from '../../plots/fit';
import { LivePictures } from '../../plots/live-pictures';
import type { Size } from '../../plots/size';
import { usePlotTheme } from '../../plots/theme';
import { formatCount } from '../../format';
import { Answered, Frame } from '../frame';
import { useLinked, useSetLinked } from '../linked';
import { decodedBy, definePanel, isBijection, tablesOnly } from '../panel';
import { SizedBody, useSaveAction } from '../picture-grid';
import { ColourScale } from '../plot-panel';
import { useScopeRun } from '../run-scope';
import { ReconstructedRows } from './rows';
import { bandPictures, bandsFor, lostIndices, rowsInBand, useReconstructions } from './reconstructions';

const asked = 100;
const labelWidth = 62;

type Reconstructed = ProbeAnswers['reconstruct'];

const Reconstructions = () => (useScopeRun().dataset?.kind === 'table' ? <ReconstructedRows /> : <ReconstructedPictures />);

function ReconstructedPictures() {
  const run = useScopeRun();
  const reconstructed = useReconstructions(asked);
  const { diverging } = usePlotTheme();
  const canvas = useRef<HTMLCanvasElement>(null);
  const value = reconstructed.answer?.value;
  const menu = [useSaveAction(run.name, 'reconstructions', canvas, Boolean(value))];
  return (
    <Frame
      step={reconstructed.answer?.step ?? null}
      badge={`${decodedBy(run)} · test · ${formatCount(value?.inputs.count ?? asked)}`}
      sub={
        <>
          {value && <Judged {...value} />}
          <span className="spacer" />
          <ColourScale colours={diverging} from="−1" to="+1" title="Difference: output less input, of pixels from 0 to 1" />
        </>
      }
      menu={menu}
    >
      <SizedBody>{(size) => <Answered asked={reconstructed}>{(answer) => <Bands answer={answer} size={size} handle={canvas} />}</Answered>}</SizedBody>
    </Frame>
  );
}

/** How many outputs are taken for the class of their input, beside how many inputs are: the judge's own error is not the model's. */
function Judged({ keptClass, inputRight, classifier }: Reconstructed) {
  if (!keptClass || !inputRight) return <span className="faint">No labels: nothing tells whether a class was kept.</span>;
  const count = (list: Uint8Array): number => list.reduce((sum, one) => sum + one, 0);
  const text = `of ${keptClass.length} outputs in their class; judge right on ${((100 * count(inputRight)) / inputRight.length).toFixed(1)} % of inputs (${classifier})`;
  return (
    <span className="faint" title={text}>
      <b className="kept">{count(keptClass)}</b> {text}
    </span>
  );
}

/** Bands of inputs, outputs and differences; the example pointed at is marked in all of them, and in the scatter. */
function Bands({ answer: { inputs, outputs, keptClass, inputRight }, size, handle }: { answer: Reconstructed; size: Size; handle: RefObject<HTMLCanvasElement | null> }) {
  const { diverging } = usePlotTheme();
  const setLinked = useSetLinked();
  const example = useLinked((state) => state.example);
  const aspect = inputs.width / inputs.height;
  const free = { width: size.width - labelWidth, height: size.height };
  const { columns, bands } = bandsFor(free, inputs.count, aspect);
  const rows = bands * rowsInBand;
  const cells = fitCells(free, columns, rows, aspect);
  const pictures = useMemo(() => bandPictures(inputs, outputs, diverging, columns, bands), [inputs, outputs, diverging, columns, bands]);
  const shown = columns * bands;
  const lost = lostIndices(keptClass, inputRight).filter((index) => index < shown);
  const place = (index: number, row: number) => placeOf(cells, index % columns, Math.floor(index / columns) * rowsInBand + row);
  const point = (event: PointerEvent<HTMLDivElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    const { column, row } = cellAt(cells, event.clientX - box.left, event.clientY - box.top);
    const inside = column >= 0 && column < columns && row >= 0 && row < rows;
    setLinked({ example: inside ? Math.floor(row / rowsInBand) * columns + column : null, code: null });
  };
  return (
    <div className="labelled-rows" style={{ gridTemplateColumns: `${labelWidth}px auto`, gridTemplateRows: `repeat(${rows}, ${cells.height}px)`, rowGap: cells.gap }}>
      {Array.from({ length: rows }, (_, row) => (
        <span key={row} className="faint small">
          {['input', 'output', 'difference'][row % rowsInBand]}
        </span>
      ))}
      <div className="rows-pictures on-panel" style={{ gridRow: `1 / ${rows + 1}` }} onPointerMove={point} onPointerLeave={() => setLinked({ example: null })}>
        <LivePictures
          pictures={pictures}
          label={`${shown} test images, each over its output and the difference${lost.length ? `; ${lost.length} lost their class` : ''}`}
          columns={columns}
          rows={rows}
          {...wholeOf(cells, columns, rows)}
          gap={cells.gap}
          place={columns}
          handle={handle}
        />
        {lost.map((index) => (
          <i key={index} className="lost" style={place(index, 1)} />
        ))}
        {example !== null && example < shown && [0, 1, 2].map((row) => <i key={row} className="mark" style={place(example, row)} />)}
      </div>
    </div>
  );
}

export const reconstructions = definePanel({
  id: 'reconstructions',
  title: 'Reconstructions',
  needs: ['reconstruct'],
  suits: (run) => (isBijection(run) && tablesOnly(run) === null ? 'a flow gives back what it is given: Flow stages says how nearly' : null),
  help: {
    shows: 'Test images, under each what the model gives back for it, and under that the difference: output less input, one colour where the output is darker, the other where it is brighter. The output is the decoder\'s mean at the posterior\'s mean; a flow has no decoder and undoes its own way to the code. A red edge marks an output whose class is lost: the classifier takes the input for its class and the output no longer. Of a table: rows joined to their reconstructions as points, of more than three columns one row at a time in all of them with the difference as bars; always with the mean of the squared distance.',
    formula: 'z = E q(z|x)        x̂ = E p(x|z)        of a flow: x̂ = f⁻¹(f(x))        difference: x̂ − x',
    read: 'A blurred output is a code too small for what distinguishes the image; a sharp output of another class is a code in the wrong place. The share of outputs that have their class says how much of what matters passes through the code. Read it beside the share of the inputs themselves that the judge gets right: what is missing there is the judge\'s error, not the model\'s, and a flow, which gives its input back, has the same share in both. A rectangular flow projects a row to its curve or surface, and its likelihood is that of the projection: it says nothing of rows that are far from theirs.',
    source: 'Lecture 002: autoencoders and variational autoencoders with a two-dimensional code, test digits and their outputs.',
  },
  component: Reconstructions,
});
