import { useRef, type PointerEvent } from 'react';
import { ImageDown } from 'lucide-react';
import type { Pictures } from '../../../contract/datasets';
import { fitCells } from '../../plots/fit';
import { LivePictures } from '../../plots/live-pictures';
import { fileName, saveCanvas } from '../../plots/save';
import { useSize } from '../../plots/size';
import { Answered, Frame } from '../frame';
import { useLinked, useSetLinked } from '../linked';
import { definePanel, picturesOnly } from '../panel';
import { useScopeRun } from '../run-scope';
import { lostIndices, useReconstructions } from './reconstructions';

const columns = 10;
const rows = 10;
const captionHeight = 16;
const between = 12;

function Reconstructions() {
  const run = useScopeRun();
  const asked = useReconstructions(columns * rows);
  const body = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSize(body);
  const value = asked.answer?.value;
  const lost = lostIndices(value?.keptClass ?? null);
  return (
    <Frame
      step={asked.answer?.step ?? null}
      badge={`decoder's mean · test · first ${value?.inputs.count ?? columns * rows}`}
      sub={
        value?.keptClass ? (
          <span className="faint">
            <b className="kept">
              {value.keptClass.length - lost.length} of {value.keptClass.length}
            </b>{' '}
            keep their class, judged by {value.classifier}
          </span>
        ) : (
          <span className="faint">{value ? 'No labels: nothing tells whether a class was kept.' : ''}</span>
        )
      }
      menu={[{ id: 'png', label: 'Save the outputs as PNG', icon: <ImageDown aria-hidden size={14} />, isDisabled: !value, onAction: () => canvas.current && saveCanvas(fileName(run.name, 'reconstructions', 'png'), canvas.current) }]}
    >
      <div className="fill centred" ref={body}>
        <Answered asked={asked}>
          {({ inputs, outputs }) => {
            if (!size) return null;
            const free = { width: (size.width - between) / 2, height: size.height - captionHeight };
            const cell = fitCells(free, columns, rows, inputs.width / inputs.height);
            return (
              <div className="side-by-side" style={{ columnGap: between }}>
                <Block title="Test images" pictures={inputs} cell={cell} lost={[]} />
                <Block title="Outputs" pictures={outputs} cell={cell} lost={lost} handle={canvas} />
              </div>
            );
          }}
        </Answered>
      </div>
    </Frame>
  );
}

/** Ten by ten pictures; the one pointed at is marked in its neighbour and in the scatter. */
function Block({ title, pictures, cell, lost, handle }: { title: string; pictures: Pictures; cell: { width: number; height: number }; lost: readonly number[]; handle?: React.RefObject<HTMLCanvasElement | null> }) {
  const setLinked = useSetLinked();
  const example = useLinked((state) => state.example);
  const place = (index: number) => ({ left: (index % columns) * cell.width, top: Math.floor(index / columns) * cell.height, width: cell.width, height: cell.height });
  const point = (event: PointerEvent<HTMLDivElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    const index = Math.floor((event.clientY - box.top) / cell.height) * columns + Math.floor((event.clientX - box.left) / cell.width);
    setLinked({ example: index >= 0 && index < pictures.count ? index : null, code: null });
  };
  return (
    <figure className="block">
      <figcaption>{title}</figcaption>
      <div onPointerMove={point} onPointerLeave={() => setLinked({ example: null })}>
        <LivePictures pictures={pictures} label={`${title}, ${pictures.count}${lost.length ? `; ${lost.length} lost their class` : ''}`} columns={columns} rows={rows} width={cell.width * columns} height={cell.height * rows} {...(handle && { handle })} />
        {lost.map((index) => (
          <i key={index} className="lost" style={place(index)} />
        ))}
        {example !== null && example < pictures.count && <i className="mark" style={place(example)} />}
      </div>
    </figure>
  );
}

export const reconstructions = definePanel({
  id: 'reconstructions',
  title: 'Reconstructions',
  needs: ['reconstruct'],
  suits: picturesOnly,
  help: {
    shows: 'The first 100 test images and what the model gives back for each: the decoder\'s mean at the posterior\'s mean. A red edge marks an output that the classifier no longer takes for the class of its input.',
    formula: 'z = E q(z|x)        x̂ = E p(x|z)',
    read: 'A blurred output is a code too small for what distinguishes the image; a sharp output of another class is a code in the wrong place. The share kept says how much of what matters passes through the code; it is as good as the classifier that is named.',
    source: 'Lecture 002: autoencoders and variational autoencoders with a two-dimensional code, 10 × 10 test digits and their outputs.',
  },
  component: Reconstructions,
});
