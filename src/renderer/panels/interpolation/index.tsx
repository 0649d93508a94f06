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
import { paths, surface, ways, type Way } from './paths';

const columns = 11;
const rows = 8;

interface Paths {
  pictures: Pictures;
  way: Way;
  /** The test examples between which each row goes; of a surface the first and the last. */
  ends: (readonly [number, number])[];
}

/** `rows` pairs of test examples, two for a surface: from `first` and from `second` on. */
function usePaths(first: number, second: number, way: Way): Asked<Paths> {
  const probe = useProbe();
  const run = useScopeRun();
  const total = run.dataset?.counts.test ?? rows;
  const count = Math.min(way === 'surface' ? 2 : rows, total);
  const offset = (start: number): number => Math.min(start, total - count);
  return useAsked(canBeAsked(run) ? `paths ${first} ${second} ${way}` : null, async () => {
    const from = await probe({ kind: 'encode', split: 'test', offset: offset(first), count });
    const to = await probe({ kind: 'encode', split: 'test', offset: offset(second), count });
    const { latentSize } = from.value;
    const codes = way === 'surface' ? surface(from.value.means, to.value.means, latentSize, columns) : paths(from.value.means, to.value.means, latentSize, columns, way);
    const answer = await probe({ kind: 'decode', count: codes.length / latentSize, codes });
    const ends = Array.from({ length: from.value.means.length / latentSize }, (_, row) => [offset(first) + row, offset(second) + row] as const);
    return { value: { pictures: answer.value.pictures, way, ends }, step: answer.step, milliseconds: from.milliseconds + to.milliseconds + answer.milliseconds };
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
            {(answer) => <Rows {...answer} label={answer.way === 'surface' ? `Surface between test examples ${answer.ends.flat().join(', ')}` : `${answer.ends.length} ${answer.way} paths from test examples ${first} on to those from ${second} on`} size={size} handle={canvas} />}
          </Answered>
        )}
      </SizedBody>
    </Frame>
  );
}

const labelWidth = 58;
const axisHeight = 14;

/** Each row between the names of its ends, or a surface between those of its corners; the ends' own pictures have an outline. */
function Rows({ pictures, way, ends, label, size, handle }: Paths & { label: string; size: Size; handle: RefObject<HTMLCanvasElement | null> }) {
  const surface = way === 'surface';
  const count = pictures.count / columns;
  const rowOf = (end: number): number => (surface ? end * (count - 1) : end);
  const cells = fitCells({ width: size.width - 2 * labelWidth, height: size.height - axisHeight }, columns, count, pictures.width / pictures.height);
  const { width, height } = wholeOf(cells, columns, count);
  return (
    <div className="labelled-rows" style={{ gridTemplateColumns: `${labelWidth}px ${width}px ${labelWidth}px`, gridTemplateRows: `repeat(${count}, ${cells.height}px) ${axisHeight - cells.gap}px`, rowGap: cells.gap }}>
      {ends.map(([from, to], end) => (
        <Fragment key={end}>
          <span className="faint small" style={{ gridRow: rowOf(end) + 1 }}>
            test {formatCount(from)}
          </span>
          <span className="faint small end" style={{ gridRow: rowOf(end) + 1 }}>
            test {formatCount(to)}
          </span>
        </Fragment>
      ))}
      <div className="rows-pictures" style={{ gridRow: `1 / ${count + 1}` }}>
        <LivePictures pictures={pictures} label={label} columns={columns} rows={count} width={width} height={height} gap={cells.gap} handle={handle} />
        {[0, columns - 1].flatMap((column) => (surface ? ends.map((_, end) => <i key={`${column} ${end}`} className="mark" style={placeOf(cells, column, rowOf(end))} />) : [<i key={column} className="mark" style={{ ...placeOf(cells, column, 0), height }} />]))}
      </div>
      <div className="ticks across" style={{ gridColumn: 2, gridRow: count + 1 }} aria-hidden="true">
        <span>{surface ? 'φ = 0' : 't = 0'}</span>
        <span>{surface ? 'π/4' : '½'}</span>
        <span>{surface ? 'π/2' : '1'}</span>
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
    shows: 'Each row goes from one test example to another through their codes, in eleven equal steps; both ends, outlined, are the model\'s outputs for the examples themselves. A flow\'s ends are the examples, because it can be inverted. A surface has four test examples at its corners.',
    formula: 'linear: z(t) = (1 − t) a + t b        spherical: z(t) = (sin((1 − t)Ω) a + sin(tΩ) b) / sin Ω\nsurface: z(φ, φ′) = cos φ (cos φ′ z1 + sin φ′ z2) + sin φ (cos φ′ z3 + sin φ′ z4)',
    read: 'Every step should look like data. A cross-fade of two pictures means that the path leaves the region of the codes; try the spherical one when the code has many dimensions: it keeps the norm that codes of the prior have. So does the surface, of codes at right angles, which in many dimensions they nearly are.',
    source: 'Dinh, Sohl-Dickstein and Bengio, "Density estimation using real NVP" (2017), section 4 and equation 19; Kingma and Dhariwal, "Glow" (2018), section 6; White, "Sampling generative networks" (2016).',
  },
  component: Interpolation,
});
