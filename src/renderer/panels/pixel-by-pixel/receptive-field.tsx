import { useMemo, useState, type KeyboardEvent, type PointerEvent, type ReactNode, type RefObject } from 'react';
import type { Pictures } from '../../../contract/datasets';
import type { ProbeAnswers } from '../../../contract/probes';
import { fitCells } from '../../plots/fit';
import { LivePictures } from '../../plots/live-pictures';
import type { Size } from '../../plots/size';
import { channels, usePlotTheme, type PlotTheme } from '../../plots/theme';
import { ColourScale } from '../plot-panel';
import { canBeAsked, useAsked, useProbe, useScopeRun, type Asked } from '../run-scope';

type Field = ProbeAnswers['receptive-field'];

const examples = 16;
/** Powers of ten beneath the largest value that have colours of their own. */
const decades = 4;
/** Where the ramp starts for what is more than nought, however little. */
const least = 0.2;

interface Chosen {
  pixel: number;
  choose: (pixel: number) => void;
}

/** The receptive field of a pixel, at first one below and right of the middle. */
export function useReceptiveField(isShown: boolean): Chosen & { asked: Asked<Field>; bar: ReactNode } {
  const probe = useProbe();
  const run = useScopeRun();
  const { ramp } = usePlotTheme();
  const { height = 1, width = 1, counts } = run.dataset ?? {};
  const [chosen, choose] = useState<number | null>(null);
  const pixel = chosen ?? Math.floor(height / 2) * width + Math.floor(width / 2);
  const count = Math.max(1, Math.min(examples, counts?.test ?? examples));
  const asked = useAsked(isShown && canBeAsked(run) ? `receptive-field ${pixel}` : null, () => probe({ kind: 'receptive-field', split: 'test', offset: 0, count, pixel }));
  const bar = (
    <>
      <span className="faint small tabular">
        row <b className="strong">{Math.floor(pixel / width) + 1}</b>, column <b className="strong">{(pixel % width) + 1}</b>
      </span>
      <span className="spacer" />
      <ColourScale colours={ramp.slice(1)} from={`10^−${decades}`} to="1" title="The change of the mean with each pixel, over the largest; powers of ten. Where it is exactly nought the panel shows" />
    </>
  );
  return { pixel, choose, asked, bar };
}

/** |d mean / d pixel| by its power of ten; of exactly nought nothing is drawn. */
export function fieldPictures({ height, width, field }: Field, { ramp }: Pick<PlotTheme, 'ramp'>): Pictures {
  const colours = ramp.map(channels);
  const most = field.reduce((largest, value) => Math.max(largest, value), 0);
  const pixels = new Uint8Array(4 * field.length);
  field.forEach((value, p) => {
    if (!(value > 0)) return;
    const share = Math.max(0, 1 + Math.log10(value / most) / decades);
    const at = (least + (1 - least) * share) * (colours.length - 1);
    const [low, high] = [colours[Math.floor(at)] ?? [0, 0, 0], colours[Math.ceil(at)] ?? [0, 0, 0]];
    pixels.set([...low.map((channel, c) => Math.round(channel + (at % 1) * ((high[c] ?? 0) - channel))), 255], 4 * p);
  });
  return { count: 1, height, width, channels: 4, pixels };
}

const steps: Record<string, readonly [number, number]> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** The field as a map on which the pixel is chosen. */
export function ReceptiveField({ answer, asked, pixel, choose, size, handle }: Chosen & { answer: Field; asked: Asked<Field>; size: Size; handle: RefObject<HTMLCanvasElement | null> }) {
  const theme = usePlotTheme();
  const { height, width, field } = answer;
  const pictures = useMemo(() => fieldPictures(answer, theme), [answer, theme]);
  const cell = fitCells(size, 1, 1, width / height);
  const scale = cell.height / height;
  const [row, column] = [Math.floor(pixel / width), pixel % width];
  const point = (event: PointerEvent<HTMLDivElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    const [x, y] = [Math.floor((event.clientX - box.left) / scale), Math.floor((event.clientY - box.top) / scale)];
    if (x >= 0 && x < width && y >= 0 && y < height) choose(y * width + x);
  };
  const move = (event: KeyboardEvent<HTMLDivElement>): void => {
    const [down, right] = steps[event.key] ?? [0, 0];
    if (down === 0 && right === 0) return;
    event.preventDefault();
    event.stopPropagation();
    choose(Math.min(height - 1, Math.max(0, row + down)) * width + Math.min(width - 1, Math.max(0, column + right)));
  };
  const reached = field.reduce((count, value) => count + (value > 0 ? 1 : 0), 0);
  return (
    <div
      className={`receptive-field on-panel ${asked.current ? '' : 'waiting'}`}
      role="application"
      aria-roledescription="map"
      aria-label={`Receptive field of the pixel in row ${row + 1}, column ${column + 1}: its mean depends on ${reached} of ${height * width} pixels. Arrow keys choose another.`}
      tabIndex={0}
      onPointerMove={point}
      onKeyDown={move}
    >
      <LivePictures pictures={pictures} label={`${reached} of ${height * width} pixels`} columns={1} rows={1} width={cell.width} height={cell.height} place={answer} handle={handle} />
      <i className="mark" style={{ left: column * scale, top: row * scale, width: scale, height: scale }} />
    </div>
  );
}
