import { useRef, useState } from 'react';
import type { Pictures } from '../../../contract/datasets';
import { formatCount } from '../../format';
import { fitCells, placeOf, wholeOf } from '../../plots/fit';
import { LivePictures } from '../../plots/live-pictures';
import type { Size } from '../../plots/size';
import { codeStatistics, ranked, statisticsFrom } from '../codes';
import { ExampleChooser } from '../example-chooser';
import { Answered, Frame } from '../frame';
import { decodedBy, definePanel, picturesOnly } from '../panel';
import { useSaveAction, SizedBody } from '../picture-grid';
import { canBeAsked, useAsked, useProbe, useScopeRun, type Asked } from '../run-scope';
import { farthest, traversalCodes } from './traversals';

const columns = 11;
const mostRows = 10;

interface Traversal {
  pictures: Pictures;
  dims: number[];
  /** Where the example itself stands in each row, in columns. */
  own: number[];
}

function useTraversal(example: number): Asked<Traversal> {
  const probe = useProbe();
  const run = useScopeRun();
  return useAsked(canBeAsked(run) ? `traversal ${example}` : null, async () => {
    const some = await probe({ kind: 'encode', split: 'test', offset: 0, count: statisticsFrom });
    const one = await probe({ kind: 'encode', split: 'test', offset: example, count: 1 });
    const statistics = codeStatistics(some.value);
    const dims = ranked(statistics.meanVariance).slice(0, mostRows);
    const code = one.value.means;
    const answer = await probe({ kind: 'decode', count: dims.length * columns, codes: traversalCodes(code, dims, columns, statistics) });
    const own = dims.map((dim) => (((code[dim] ?? 0) - (statistics.mean[dim] ?? 0)) / (statistics.deviation[dim] || 1) + farthest) * ((columns - 1) / (2 * farthest)));
    return { value: { pictures: answer.value.pictures, dims, own }, step: answer.step, milliseconds: some.milliseconds + one.milliseconds + answer.milliseconds };
  });
}

function Traversals() {
  const run = useScopeRun();
  const total = Math.max(1, run.dataset?.counts.test ?? 1);
  const [example, setExample] = useState(0);
  const asked = useTraversal(example);
  const canvas = useRef<HTMLCanvasElement>(null);
  const shown = asked.answer?.value.dims.length ?? 0;
  const menu = [useSaveAction(run.name, 'traversals', canvas, Boolean(asked.answer))];
  return (
    <Frame
      step={asked.answer?.step ?? null}
      badge={`${decodedBy(run)} · ±${farthest} sd`}
      sub={
        <>
          <ExampleChooser label="example" value={example} total={total} onChange={setExample} />
          <span className="spacer" />
          <span className="faint small">{run.latentSize !== null && shown < run.latentSize ? `${shown} of ${formatCount(run.latentSize)} dimensions, by what they tell` : 'by what they tell of x'}</span>
        </>
      }
      menu={menu}
    >
      <SizedBody>{(size) => <Answered asked={asked}>{(answer) => <Rows traversal={answer} size={size} handle={canvas} />}</Answered>}</SizedBody>
    </Frame>
  );
}

const labelWidth = 30;
const axisHeight = 14;

function Rows({ traversal: { pictures, dims, own }, size, handle }: { traversal: Traversal; size: Size; handle: React.RefObject<HTMLCanvasElement | null> }) {
  const cells = fitCells({ width: size.width - labelWidth, height: size.height - axisHeight }, columns, dims.length, pictures.width / pictures.height);
  return (
    <div className="labelled-rows" style={{ gridTemplateColumns: `${labelWidth}px auto`, gridTemplateRows: `repeat(${dims.length}, ${cells.height}px) ${axisHeight - cells.gap}px`, rowGap: cells.gap }}>
      {dims.map((dim) => (
        <span key={dim} className="faint small">
          z{dim + 1}
        </span>
      ))}
      <div className="rows-pictures" style={{ gridRow: `1 / ${dims.length + 1}` }}>
        <LivePictures pictures={pictures} label={`Traversals of ${dims.map((dim) => `z${dim + 1}`).join(', ')}, from −3 to 3 standard deviations`} columns={columns} rows={dims.length} {...wholeOf(cells, columns, dims.length)} gap={cells.gap} handle={handle} />
        {own.map((column, row) => (
          <i key={row} className="mark" style={placeOf(cells, Math.round(Math.min(columns - 1, Math.max(0, column))), row)} />
        ))}
      </div>
      <div className="ticks across" style={{ gridColumn: 2 }} aria-hidden="true">
        <span>−{farthest} sd</span>
        <span>mean</span>
        <span>+{farthest} sd</span>
      </div>
    </div>
  );
}

export const traversals = definePanel({
  id: 'traversals',
  title: 'Traversals',
  needs: ['encode', 'decode'],
  suits: picturesOnly,
  help: {
    shows: 'One row a latent dimension: the code of a test example with that dimension alone going from −3 to +3 standard deviations of the codes. Dimensions that tell most of the examples (largest variance of the posterior\'s mean) come first; the cell nearest to the example itself is marked.',
    formula: 'z = E q(z|x),   z_d = mean_d + s · sd_d,  s from −3 to 3        x = E p(x|z)',
    read: 'In a disentangled code each row changes one thing: position, size, thickness. Rows that change nothing belong to collapsed dimensions. The same dimension should do the same for other examples: step through them.',
    source: 'Higgins et al., "beta-VAE" (2017), figures 1 to 3; lecture 000.',
  },
  component: Traversals,
});
