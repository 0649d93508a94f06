import { useEffect, useMemo, useRef, useState } from 'react';
import { Dices, Pause, Play } from 'lucide-react';
import type { Pictures } from '../../../contract/datasets';
import type { ProbeAnswers } from '../../../contract/probes';
import { IconButton, Segmented } from '../../design';
import { formatCount } from '../../format';
import type { Size } from '../../plots/size';
import { channels, usePlotTheme, type PlotTheme } from '../../plots/theme';
import { Answered, Frame } from '../frame';
import { useLinked } from '../linked';
import { definePanel, picturesOnly } from '../panel';
import { PictureGrid, useSaveAction, SizedBody } from '../picture-grid';
import { canBeAsked, useAsked, useProbe, useScopeRun, type Answer } from '../run-scope';
import { Slider } from '../slider';
import { growing } from './growing';
import { heatPictures } from '../heat';
import { ReceptiveField, useReceptiveField } from './receptive-field';

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
  const knows = run.abilities.includes('conditionals');
  const [show, setShow] = useState<Show>('drawing');
  const key = `complete ${known} ${temperature} ${seed}`;
  const asked = useAsked(able && show === 'drawing' ? key : null, () => probe({ kind: 'complete', split: 'test', offset: 0, count, known, temperature, seed }));
  const each = useAsked(able && show === 'conditionals' ? 'conditionals' : null, () => probe({ kind: 'conditionals', split: 'test', offset: 0, count }));
  const field = useReceptiveField(show === 'field');

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

  const step = { drawing: shown, conditionals: each, field: field.asked }[show].answer?.step ?? null;
  const menu = [useSaveAction(run.name, 'pixel by pixel', canvas, step !== null), { id: 'draw', label: 'Draw the rest anew', icon: <Dices aria-hidden size={14} />, onAction: () => setSeed((now) => now + 1) }];
  return (
    <Frame
      step={step}
      badge={show === 'drawing' ? `T ${temperature.toFixed(2)} · test · ${count} · seed ${seed}` : `test · ${show === 'field' ? (field.asked.answer?.value.examples ?? '–') : count}`}
      sub={
        <>
          {knows && <Segmented label="What is shown" value={show} options={shows} onChange={setShow} />}
          {show === 'drawing' && (
            <>
              <IconButton
                size="small"
                label={playback?.runs ? 'Stop' : 'Play'}
                icon={playback?.runs ? <Pause aria-hidden size={12} /> : <Play aria-hidden size={12} />}
                isDisabled={!asked.answer || !asked.current || known >= size}
                onPress={startOrStop}
              />
              <Slider label="Known" hideLabel value={known} text={`${formatCount(known)} known`} maximum={size} step={1} onChange={setKnown} />
            </>
          )}
          {show === 'field' && field.bar}
        </>
      }
      menu={menu}
    >
      <SizedBody>
        {(free) => {
          if (show === 'field') return <Answered asked={field.asked}>{(answer) => <ReceptiveField answer={answer} {...field} size={free} handle={canvas} />}</Answered>;
          if (show === 'conditionals') return <Answered asked={each}>{(answer) => <Conditionals answer={answer} binary={Boolean(dataset?.binary) || run.experiment.binarisation !== 'none'} free={free} theme={theme} handle={canvas} />}</Answered>;
          return (
            <Answered asked={shown}>
              {({ pictures, inputs }) => (
                <Blocks
                  free={free}
                  of={[
                    { title: 'Test images', pictures: inputs },
                    playback
                      ? { title: `So far ${formatCount(playback.values)} of ${formatCount(size)}`, pictures: growing(pictures, playback.values, channels(theme.grid)), handle: canvas }
                      : { title: known > 0 ? 'Known part, then drawn' : 'Drawn', pictures, handle: canvas },
                  ]}
                />
              )}
            </Answered>
          );
        }}
      </SizedBody>
    </Frame>
  );
}

type Show = 'drawing' | 'conditionals' | 'field';

const shows: readonly { value: Show; label: string }[] = [
  { value: 'drawing', label: 'drawing' },
  { value: 'conditionals', label: 'conditionals' },
  { value: 'field', label: 'field' },
];

interface Shown {
  title: string;
  pictures: Pictures;
  handle?: React.RefObject<HTMLCanvasElement | null>;
}

/** Beside each other, where there is not room enough two in a row. */
function Blocks({ of, free }: { of: readonly Shown[]; free: Size }) {
  const across = free.width > 1.4 * free.height ? of.length : Math.min(2, of.length);
  const block = { width: (free.width - 12 * (across - 1)) / across, height: free.height / Math.ceil(of.length / across) - 20 };
  return (
    <div className="side-by-side" style={{ gridTemplateColumns: `repeat(${across}, auto)`, columnGap: 12 }}>
      {of.map((shown, i) => (
        <Block key={i} {...shown} size={block} />
      ))}
    </div>
  );
}

const Block = ({ title, pictures, size, handle }: Shown & { size: Size }) => (
  <figure className="block">
    <figcaption>{title}</figcaption>
    <PictureGrid pictures={pictures} label={`${title}, ${pictures.count}`} columns={columns} size={size} {...(handle && { handle })} />
  </figure>
);

const largest = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, value), 1e-12);

/** What the model expects of each value of the test images given the values before it, and how unsure it is of it. */
function Conditionals({ answer: { inputs, means, spread, measure }, binary, free, theme, handle }: { answer: ProbeAnswers['conditionals']; binary: boolean; free: Size; theme: PlotTheme; handle: React.RefObject<HTMLCanvasElement | null> }) {
  const unsure = useMemo(() => {
    if (!spread) return null;
    const most = binary ? 1 : largest(spread);
    const upTo = binary ? '0 to 1 bit' : `0 to ${most.toPrecision(2)}`;
    return { title: measure === 'bits' ? `Entropy, ${upTo}${binary ? '' : ' bits'}` : `Standard deviation, ${upTo}`, pictures: heatPictures(inputs, spread, most, theme.ramp.map(channels)) };
  }, [inputs, spread, measure, binary, theme]);
  return <Blocks free={free} of={[{ title: 'Test images', pictures: inputs }, { title: binary ? 'Probability of ink' : 'Mean, given the values before', pictures: means, handle }, ...(unsure ? [unsure] : [])]} />;
}

export const pixelByPixel = definePanel({
  id: 'pixel-by-pixel',
  title: 'Pixel by pixel',
  needs: ['complete'],
  suits: picturesOnly,
  help: {
    shows: 'Test images, and completions of their first values in the model\'s order: what is known is kept, the rest is drawn one value after another. Play shows the same draw coming about: each value stays as it was drawn. Where the model gives its conditionals: their means for the test images, each value given the true values before it (of binary images the probability of ink), and how unsure the model is of each, as entropy in bits, or as a standard deviation. And the receptive field: how much the mean of one pixel, framed, changes with each pixel of the image, summed over 16 test images; choose the pixel with the pointer or the arrow keys. What is exactly nought has the colour of the panel.',
    formula: 'p(x) = Π_i p(x_i | x_1 ... x_{i−1})        x_i ~ p(x_i | x_<i) at T,  i > known\nH_i = −Σ_v p(x_i = v | x_<i) log₂ p(x_i = v | x_<i)        field of i at j: Σ_examples |∂ E[x_i | x_<i] / ∂x_j|',
    read: 'With nothing known these are samples. As more is known, completions should agree with what is there and vary where it leaves room. The model is unsure where strokes begin and end, and sure inside of flat regions: bits are spent at edges. A receptive field that reaches the pixel itself or one after it is a bug: then x_i is seen before it is drawn. PixelCNN leaves a wedge to the upper right dark, its blind spot; gated PixelCNN does not.',
    source: 'van den Oord, Kalchbrenner and Kavukcuoglu, "Pixel recurrent neural networks" (2016), figure 9; van den Oord et al., "Conditional image generation with PixelCNN decoders" (2016), figure 1, for the blind spot; Larochelle and Murray, "The neural autoregressive distribution estimator" (2011).',
  },
  component: PixelByPixel,
});
