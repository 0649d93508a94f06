import type { Pictures } from '../../../contract/datasets';
import type { ProbeAnswers } from '../../../contract/probes';
import { pictureGap } from '../../plots/fit';
import type { Size } from '../../plots/size';
import { channels, type PlotTheme } from '../../plots/theme';
import { heatPictures } from '../heat';
import { slicePictures, stacked } from '../picture-grid';
import { canBeAsked, testCount, useAsked, useProbe, useScopeRun, type Asked } from '../run-scope';

/** Test examples and what the model makes of them. */
export function useReconstructions(count: number): Asked<ProbeAnswers['reconstruct']> {
  const probe = useProbe();
  const run = useScopeRun();
  const asked = testCount(run, count);
  return useAsked(canBeAsked(run) ? `reconstruct ${asked}` : null, () => probe({ kind: 'reconstruct', split: 'test', offset: 0, count: asked }));
}

/** Indices of the examples whose class the classifier sees in the input, where that was judged, and no longer in the output. */
export const lostIndices = (keptClass: Uint8Array | null, inputRight: Uint8Array | null = null): number[] => (keptClass ? Array.from(keptClass.keys()).filter((i) => keptClass[i] === 0 && inputRight?.[i] !== 0) : []);

/** Input, output and difference lie under each other. */
export const rowsInBand = 3;
const largest = 56;
const smallest = 12;
const enough = 32;

/** How many columns and bands of three rows: the largest cells with which 32 examples are seen, or all that there are, or as many as there is room for. */
export function bandsFor(free: Size, count: number, aspect: number): { columns: number; bands: number } {
  let best = { columns: 1, bands: 1 };
  for (let cell = largest; cell >= smallest; cell--) {
    const columns = Math.max(1, Math.min(count, Math.floor((free.width + pictureGap) / (cell * aspect + pictureGap))));
    const fitting = Math.floor((free.height + pictureGap) / (rowsInBand * (cell + pictureGap)));
    const bands = Math.min(Math.floor(count / columns), fitting);
    if (columns * bands > best.columns * best.bands) best = { columns, bands };
    if (best.columns * best.bands >= Math.min(enough, count)) break;
  }
  return best;
}

/** Three channels, whatever there were. */
function inColour({ channels: known, ...pictures }: Pictures): Pictures {
  const pixels = new Uint8Array(pictures.count * pictures.height * pictures.width * 3);
  for (let i = 0; i < pixels.length; i++) pixels[i] = pictures.pixels[Math.floor(i / 3) * known + (known < 3 ? 0 : i % 3)] ?? 0;
  return { ...pictures, channels: 3, pixels };
}

/** Output less input, from -1 to 1, the mean over a pixel's channels, in the theme's colours below, about and above nought. */
export function differencePictures(inputs: Pictures, outputs: Pictures, diverging: PlotTheme['diverging']): Pictures {
  const halves = Float32Array.from(outputs.pixels, (value, i) => (1 + (value - (inputs.pixels[i] ?? 0)) / 255) / 2);
  return heatPictures(inputs, halves, 1, diverging.map(channels));
}

/** The first `bands * columns` examples, row by row as they are drawn: a band's inputs, outputs and differences, then the next band's. */
export function bandPictures(inputs: Pictures, outputs: Pictures, diverging: PlotTheme['diverging'], columns: number, bands: number): Pictures {
  const rows = [inColour(inputs), inColour(outputs), differencePictures(inputs, outputs, diverging)];
  return stacked(Array.from({ length: bands }, (_, band) => rows.map((pictures) => slicePictures(pictures, band * columns, columns))).flat());
}
