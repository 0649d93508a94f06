import { Fragment, useRef, useState, type RefObject } from 'react';
import type { Pictures } from '../../../contract/datasets';
import { Segmented } from '../../design';
import { formatCount } from '../../format';
import { fitCells, placeOf, wholeOf } from '../../plots/fit';
import { LivePictures } from '../../plots/live-pictures';
import type { Size } from '../../plots/size';
import { ExampleChooser } from '../example-chooser';
import { Answered, Frame } from '../frame';
import { decodedBy, definePanel, picturesOnly } from '../panel';
import { useSaveAction, SizedBody } from '../picture-grid';
import { canBeAsked, useAsked, useProbe, useScopeRun, type Asked } from '../run-scope';
import { paths, ways, type Way } from './paths';

const columns = 11;
const rows = 8;

interface Paths {
  pictures: Pictures;
  /** The test examples between which each row goes. */
  ends: (readonly [number, number])[];
}

/** `rows` pairs of test examples: from `first` and from `second` on. */
function usePaths(first: number, second: number, way: Way): Asked<Paths> {
  const probe = useProbe();
  const run = useScopeRun();
  const total = run.dataset?.counts.test ?? rows;
  const count = Math.min(rows, total);
  const offset = (start: number): number => Math.min(start, total - count);
  return useAsked(canBeAsked(run) ? `paths ${first} ${second} ${way}` : null, async () => {
    const from = await probe({ kind: 'encode', split: 'test', offset: offset(first), count });
    const to = await probe({ kind: 'encode', split: 'test', offset: offset(second), count });
    const answer = await probe({ kind: 'decode', count: count * columns, codes: paths(from.value.means, to.value.means, from.value.latentSize, columns, way) });
    const ends = Array.from({ length: answer.value.pictures.count / columns }, (_, row) => [offset(first) + row, offset(second) + row] as const);
    return { value: { pictures: answer.value.pictures, ends }, step: answer.step, milliseconds: from.milliseconds + to.milliseconds + answer.milliseconds };
  });
}

function Interpolation() {
  const run = useScopeRun();
  const total = Math.max(1, run.dataset?.counts.test ?? 1);
  const [first, setFirst] = useState(0);
  const [second, setSecond] = useState(Math.min(rows, total - 1));
  const [way, setWay] = useState<Way>('linear');
  const asked = usePaths(first, second, way);
  const canvas = useRef<HTMLCanvasElement>(null);
  const menu = [useSaveAction(run.name, 'interpolation', canvas, Boolean(asked.answer))];
  return (
    <Frame
      step={asked.answer?.step ?? null}
      badge={`${decodedBy(run)} · test`}
      sub={
        <>
          <ExampleChooser label="from example" value={first} total={total} onChange={setFirst} />
          <ExampleChooser label="to example" value={second} total={total} onChange={setSecond} />
          <span className="spacer" />
          <Segmented label="Way between the codes" value={way} options={ways.map((value) => ({ value, label: value }))} onChange={setWay} />
        </>
      }
      menu={menu}
    >
      <SizedBody>
        {(size) => (
          <Answered asked={asked}>
            {({ pictures, ends }) => <Rows pictures={pictures} ends={ends} label={`${ends.length} ${way} paths from test examples ${first} on to those from ${second} on`} size={size} handle={canvas} />}
          </Answered>
        )}
      </SizedBody>
    </Frame>
  );
}

const labelWidth = 58;
const axisHeight = 14;

/** Each row between the names of its ends, whose own pictures have an outline. */
function Rows({ pictures, ends, label, size, handle }: Paths & { label: string; size: Size; handle: RefObject<HTMLCanvasElement | null> }) {
  const cells = fitCells({ width: size.width - 2 * labelWidth, height: size.height - axisHeight }, columns, ends.length, pictures.width / pictures.height);
  const { width, height } = wholeOf(cells, columns, ends.length);
  return (
    <div className="labelled-rows" style={{ gridTemplateColumns: `${labelWidth}px ${width}px ${labelWidth}px`, gridTemplateRows: `repeat(${ends.length}, ${cells.height}px) ${axisHeight - cells.gap}px`, rowGap: cells.gap }}>
      {ends.map(([from, to], row) => (
        <Fragment key={row}>
          <span className="faint small" style={{ gridRow: row + 1 }}>
            test {formatCount(from)}
          </span>
          <span className="faint small end" style={{ gridRow: row + 1 }}>
            test {formatCount(to)}
          </span>
        </Fragment>
      ))}
      <div className="rows-pictures" style={{ gridRow: `1 / ${ends.length + 1}` }}>
        <LivePictures pictures={pictures} label={label} columns={columns} rows={ends.length} width={width} height={height} gap={cells.gap} handle={handle} />
        {[0, columns - 1].map((column) => (
          <i key={column} className="mark" style={{ ...placeOf(cells, column, 0), height }} />
        ))}
      </div>
      <div className="ticks across" style={{ gridColumn: 2, gridRow: ends.length + 1 }} aria-hidden="true">
        <span>t = 0</span>
        <span>½</span>
        <span>1</span>
      </div>
    </div>
  );
}

export const interpolation = definePanel({
  id: 'interpolation',
  title: 'Interpolation',
  needs: ['encode', 'decode'],
  suits: picturesOnly,
  help: {
    shows: 'Each row goes from one test example to another through their codes, in eleven equal steps; both ends, outlined, are the model\'s outputs for the examples themselves. A flow\'s ends are the examples, because it can be inverted.',
    formula: 'linear: z(t) = (1 − t) a + t b        spherical: z(t) = (sin((1 − t)Ω) a + sin(tΩ) b) / sin Ω',
    read: 'Every step should look like data. A cross-fade of two pictures means that the path leaves the region of the codes; try the spherical one when the code has many dimensions: it keeps the norm that codes of the prior have.',
    source: 'Dinh, Sohl-Dickstein and Bengio, "Density estimation using real NVP" (2017), section 4; Kingma and Dhariwal, "Glow" (2018), section 6; White, "Sampling generative networks" (2016).',
  },
  component: Interpolation,
});
