import { useRef, useState } from 'react';
import type { SamplesAre } from '../../../contract/probes';
import { Segmented } from '../../design';
import { Answered, Frame } from '../frame';
import { noiseSeed, useLinked } from '../linked';
import { definePanel, picturesOnly } from '../panel';
import { PictureGrid, useSaveAction, SizedBody } from '../picture-grid';
import { useScopeRun } from '../run-scope';
import { TemperatureSlider, useSamples } from './samples';

const columns = 10;
const rows = 10;

function Samples() {
  const run = useScopeRun();
  const [shown, setShown] = useState<SamplesAre>('means');
  const samples = useSamples(columns * rows, shown === 'draws');
  // Of other models these are draws anyway.
  const haveMeans = shown === 'draws' || samples.answer?.value.samplesAre === 'means';
  const temperature = useLinked((state) => state.temperature);
  const canvas = useRef<HTMLCanvasElement>(null);
  const menu = [useSaveAction(run.name, 'samples', canvas, Boolean(samples.answer))];
  return (
    <Frame
      step={samples.answer?.step ?? null}
      badge={`${run.abilities.includes('prior') ? 'prior · ' : ''}seed ${noiseSeed}`}
      sub={
        <>
          <TemperatureSlider />
          {haveMeans && <Segmented label="Shown of p(x|z)" value={shown} options={[{ value: 'means', label: 'means' }, { value: 'draws', label: 'draws' }]} onChange={setShown} />}
        </>
      }
      menu={menu}
    >
      <SizedBody>
        {(size) => (
          <Answered asked={samples}>
            {({ pictures }) => <PictureGrid pictures={pictures} label={`${pictures.count} samples at temperature ${temperature.toFixed(2)}`} columns={columns} rows={rows} size={size} handle={canvas} />}
          </Answered>
        )}
      </SizedBody>
    </Frame>
  );
}

export const samples = definePanel({
  id: 'samples',
  title: 'Samples',
  needs: ['sample'],
  suits: picturesOnly,
  help: {
    shows: 'Draws from the model. Of a model with codes: codes from the prior, decoded; shown is the mean of each p(x|z), or a draw from it. Of an autoregressive model: one value after another, each given those before it. The noise is the same at every step and for every run.',
    formula: 'codes:             ε ~ N(0, I)        z = T ε        x = E p(x|z), or x ~ p(x|z)\nautoregressive:    x_i ~ p(x_i | x_<i) at T',
    read: 'At T = 1 these are what the model believes data to be. Lower temperatures stay near the middle of the prior, or take the likelier values: cleaner and less varied. Means are smoother than anything that the model believes in: draws have the noise of the decoder. Samples that look worse than reconstructions mean that the codes of data do not fill the prior.',
    source: 'Kingma and Welling, "Auto-Encoding Variational Bayes" (2014); van den Oord, Kalchbrenner and Kavukcuoglu, "Pixel recurrent neural networks" (2016); lecture 002.',
  },
  component: Samples,
});
