import { useEffect, useMemo, useRef, useState } from 'react';
import { Dices, Pause, Play } from 'lucide-react';
import type { Pictures } from '../../../contract/datasets';
import type { ProbeAnswers } from '../../../contract/probes';
import { IconButton } from '../../design';
import { formatCount } from '../../format';
import { channels, usePlotTheme, type PlotTheme } from '../../plots/theme';
import { Answered, Frame } from '../frame';
import { useLinked } from '../linked';
import { definePanel, picturesOnly } from '../panel';
import { PictureGrid, useSaveAction, SizedBody } from '../picture-grid';
import { canBeAsked, useAsked, useProbe, useScopeRun, type Answer } from '../run-scope';
import { Slider } from '../slider';
import { growing } from './growing';
import { heatPictures } from '../heat';

const columns = 4;
const count = columns * columns;
/** Playback goes through all values in so many frames. */
const frames = 48;
const frameMs = 120;

/** One answer, of which `values` are shown: what the model has become meanwhile does not change what was drawn. */
interface Playback {
  key: string;
  answer: Answer<ProbeAnswers['complete']>;
  values: number;
  runs: boolean;
}

function PixelByPixel() {
  const run = useScopeRun();
  const probe = useProbe();
  const theme = usePlotTheme();
  const temperature = useLinked((state) => state.temperature);
  const [known, setKnown] = useState(0);
  const [seed, setSeed] = useState(0);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { dataset } = run;
  const size = dataset ? dataset.height * dataset.width * dataset.channels : 1;
  const able = canBeAsked(run);
  const key = `complete ${known} ${temperature} ${seed}`;
  const asked = useAsked(able ? key : null, () => probe({ kind: 'complete', split: 'test', offset: 0, count, known, temperature, seed }));
  const each = useAsked(able && run.abilities.includes('conditionals') ? 'conditionals' : null, () => probe({ kind: 'conditionals', split: 'test', offset: 0, count }));

  const [begun, setPlayback] = useState<Playback | null>(null);
  const playback = begun?.key === key ? begun : null;
  useEffect(() => {
    if (!playback?.runs) return;
    const timer = setTimeout(() => {
      const values = playback.values + Math.ceil(size / frames);
      setPlayback(values < size ? { ...playback, values } : null);
    }, frameMs);
    return () => clearTimeout(timer);
  }, [playback, size]);
  const startOrStop = (): void => {
    if (playback) setPlayback({ ...playback, runs: !playback.runs });
    else if (asked.answer) setPlayback({ key, answer: asked.answer, values: known, runs: true });
  };
  const shown = playback ? { ...asked, answer: playback.answer } : asked;

  const menu = [useSaveAction(run.name, 'pixel by pixel', canvas, Boolean(asked.answer)), { id: 'draw', label: 'Draw the rest anew', icon: <Dices aria-hidden size={14} />, onAction: () => setSeed((now) => now + 1) }];
  return (
    <Frame
      step={shown.answer?.step ?? null}
      badge={`T ${temperature.toFixed(2)} · test · ${count} · seed ${seed}`}
      sub={
        <>
          <IconButton
            size="small"
            label={playback?.runs ? 'Stop' : 'Play'}
            icon={playback?.runs ? <Pause aria-hidden size={12} /> : <Play aria-hidden size={12} />}
            isDisabled={!asked.answer || !asked.current || known >= size}
            onPress={startOrStop}
          />
          <Slider
            label="Known"
            value={known}
            text={`${formatCount(known)} of ${formatCount(size)}`}
            maximum={size}
            step={1}
            onChange={setKnown}
          />
        </>
      }
      menu={menu}
    >
      <SizedBody>
        {(free) => (
          <Answered asked={shown}>
            {({ pictures, inputs }) => {
              const blocks = each.answer?.value.spread ? 3 : 2;
              const across = free.width > 1.4 * free.height ? blocks : 2;
              const down = Math.ceil(blocks / across);
              const title = known > 0 ? 'Known part, then drawn' : 'Drawn';
              const block = { width: (free.width - 12 * (across - 1)) / across, height: free.height / down - 20 };
              return (
                <div className="side-by-side" style={{ gridTemplateColumns: `repeat(${across}, auto)`, columnGap: 12 }}>
                  <Block title="Test images" pictures={inputs} size={block} />
                  {playback ? (
                    <Block title={`So far ${formatCount(playback.values)} of ${formatCount(size)}`} pictures={growing(pictures, playback.values, channels(theme.grid))} size={block} handle={canvas} />
                  ) : (
                    <Block title={title} pictures={pictures} size={block} handle={canvas} />
                  )}
                  {each.answer?.value.spread && <Uncertainty answer={each.answer.value} size={block} theme={theme} />}
                </div>
              );
            }}
          </Answered>
        )}
      </SizedBody>
    </Frame>
  );
}

const Block = ({ title, pictures, size, handle }: { title: string; pictures: Pictures; size: { width: number; height: number }; handle?: React.RefObject<HTMLCanvasElement | null> }) => (
  <figure className="block">
    <figcaption>{title}</figcaption>
    <PictureGrid pictures={pictures} label={`${title}, ${pictures.count}`} columns={columns} size={size} {...(handle && { handle })} />
  </figure>
);

const largest = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, value), 1e-12);

/** How unsure the model is of each value of the test images, given the values before it. */
function Uncertainty({ answer: { inputs, spread, measure }, size, theme }: { answer: ProbeAnswers['conditionals']; size: { width: number; height: number }; theme: PlotTheme }) {
  const pictures = useMemo(() => (spread ? heatPictures(inputs, spread, measure === 'bits' ? 1 : largest(spread), theme.ramp.map(channels)) : null), [inputs, spread, measure, theme]);
  return pictures && <Block title={measure === 'bits' ? 'Entropy, 0 to 1 bit' : 'Standard deviation'} pictures={pictures} size={size} />;
}

export const pixelByPixel = definePanel({
  id: 'pixel-by-pixel',
  title: 'Pixel by pixel',
  needs: ['complete'],
  suits: picturesOnly,
  help: {
    shows: 'Test images, and completions of their first values in the model\'s order: what is known is kept, the rest is drawn one value after another. Play shows the same draw coming about: each value stays as it was drawn. Where the model gives its conditionals, a map of how unsure it is of each value given all before it.',
    formula: 'p(x) = Π_i p(x_i | x_1 ... x_{i−1})        x_i ~ p(x_i | x_<i) at T,  i > known',
    read: 'With nothing known these are samples. As more is known, completions should agree with what is there and vary where it leaves room. The model is unsure where strokes begin and end, and sure inside of flat regions: bits are spent at edges.',
    source: 'van den Oord, Kalchbrenner and Kavukcuoglu, "Pixel recurrent neural networks" (2016), figure 9; Larochelle and Murray, "The neural autoregressive distribution estimator" (2011).',
  },
  component: PixelByPixel,
});
