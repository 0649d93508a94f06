import { useRef } from 'react';
import { ImageDown } from 'lucide-react';
import { fitCells } from '../../plots/fit';
import { LivePictures } from '../../plots/live-pictures';
import { fileName, saveCanvas } from '../../plots/save';
import { useSize } from '../../plots/size';
import { Answered, Frame } from '../frame';
import { noiseSeed, useLinked } from '../linked';
import { definePanel } from '../panel';
import { useScopeRun } from '../run-scope';
import { TemperatureSlider, useSamples } from './samples';

const columns = 10;
const rows = 10;

function Samples() {
  const run = useScopeRun();
  const samples = useSamples(columns * rows);
  const temperature = useLinked((state) => state.temperature);
  const body = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSize(body);
  return (
    <Frame
      step={samples.answer?.step ?? null}
      badge={`prior · seed ${noiseSeed}`}
      sub={<TemperatureSlider />}
      menu={[{ id: 'png', label: 'Save as PNG', icon: <ImageDown aria-hidden size={14} />, isDisabled: !samples.answer, onAction: () => canvas.current && saveCanvas(fileName(run.name, 'samples', 'png'), canvas.current) }]}
    >
      <div className="fill centred" ref={body}>
        <Answered asked={samples}>
          {({ pictures }) => {
            if (!size) return null;
            const cell = fitCells(size, columns, rows, pictures.width / pictures.height);
            return <LivePictures pictures={pictures} label={`${pictures.count} samples at temperature ${temperature.toFixed(2)}`} columns={columns} rows={rows} width={cell.width * columns} height={cell.height * rows} handle={canvas} />;
          }}
        </Answered>
      </div>
    </Frame>
  );
}

export const samples = definePanel({
  id: 'samples',
  title: 'Samples',
  needs: ['sample'],
  help: {
    shows: 'Draws from the model: codes from the prior, decoded; the mean of each picture is shown. The noise is the same at every step and for every run.',
    formula: 'ε ~ N(0, I)        z = T ε        x = E p(x|z)',
    read: 'At T = 1 these are what the model believes data to be. Lower temperatures stay near the middle of the prior: cleaner and less varied. Samples that look worse than reconstructions mean that the codes of data do not fill the prior.',
    source: 'Kingma and Welling, "Auto-Encoding Variational Bayes" (2014); lecture 002.',
  },
  component: Samples,
});
