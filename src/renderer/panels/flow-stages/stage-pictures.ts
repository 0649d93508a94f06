import type { Pictures } from '../../../contract/datasets';
import { quantiles } from './grid-lines';

type Shape = readonly [number, number, number];

/** Where the values of a stage lie in its picture: `places[pixel]` are the indices of its values, one of grey or three of red, green and blue; null where nothing lies. */
export interface Arrangement {
  height: number;
  width: number;
  places: (readonly number[] | null)[];
}

/** Between tiles, in pixels of the picture, of which small data have several for each of theirs, so that the gap stays thin. */
const gap = 1;
const finest = 24;

/**
 * The arrays of a stage as one picture: whole pictures of grey or colour as they are; else the channels of all arrays side by side as grey tiles, from the left and the top, in lines
 * as wide as the data (of colours, twice as wide). A line of values is broken into lines of that width.
 * @param data height, width and channels of an example
 */
export function arranged(shapes: readonly Shape[], [, dataWidth, dataChannels]: Shape): Arrangement {
  const zoom = Math.max(1, Math.round(finest / dataWidth));
  const [only] = shapes;
  if (!only) return { height: 0, width: 0, places: [] };
  if (shapes.length === 1 && (only[2] === 1 || only[2] === 3) && only[0] > 1) {
    const [height, width, channels] = only;
    return { height, width, places: Array.from({ length: height * width }, (_, p) => Array.from({ length: channels }, (_, c) => p * channels + c)) };
  }
  const across = dataWidth * Math.ceil(Math.sqrt(dataChannels));
  const zoomed = ({ height, width }: { height: number; width: number }) => ({ height: zoom * height, width: zoom * width });
  const tiles: { height: number; width: number; left: number; top: number; at(y: number, x: number): number | null }[] = [];
  let [left, top, down, first] = [0, 0, 0, 0];
  for (const [height, width, channels] of shapes) {
    const start = first;
    const isLine = height === 1 && width > across;
    const tile = zoomed(isLine ? { height: Math.ceil(width / across), width: across } : { height, width });
    for (let c = 0; c < channels; c++) {
      const tilesInLine = Math.round(left / (tile.width + gap));
      if (left > 0 && (tile.height !== down || (tilesInLine + 1) * tile.width > zoom * across)) [left, top] = [0, top + down + gap];
      down = tile.height;
      tiles.push({ ...tile, left, top, at: (y, x) => (isLine ? (y * across + x < width ? start + (y * across + x) * channels + c : null) : start + (y * width + x) * channels + c) });
      left += tile.width + gap;
    }
    first += height * width * channels;
  }
  const [height, width] = [top + down, Math.max(...tiles.map((tile) => tile.left + tile.width))];
  const places: Arrangement['places'] = Array.from({ length: height * width }, () => null);
  for (const tile of tiles)
    for (let y = 0; y < tile.height; y++)
      for (let x = 0; x < tile.width; x++) {
        const place = tile.at(Math.floor(y / zoom), Math.floor(x / zoom));
        places[(tile.top + y) * width + tile.left + x] = place === null ? null : [place];
      }
  return { height, width, places };
}

/** The values of the first `count` examples of a stage as pictures, black and white being the values that one in a hundred is beneath and above. Red, green, blue and opacity. */
export function stagePictures({ size, values, shapes }: { size: number; values: Float32Array; shapes: readonly Shape[] | null }, count: number, data: Shape): { pictures: Pictures; range: readonly [number, number] } {
  const { height, width, places } = arranged(shapes ?? [[1, size, 1]], data);
  const shown = values.subarray(0, count * size);
  const [low, high] = quantiles(shown, 0.01);
  const pixels = new Uint8Array(count * height * width * 4);
  for (let i = 0; i < count; i++)
    places.forEach((place, p) => {
      if (!place) return;
      const grey = place.map((index) => 255 * Math.min(1, Math.max(0, ((shown[i * size + index] ?? 0) - low) / (high - low || 1))));
      const [red = 0, green = red, blue = red] = grey;
      pixels.set([red, green, blue, 255].map(Math.round), 4 * (i * places.length + p));
    });
  return { pictures: { count, height, width, channels: 4, pixels }, range: [low, high] };
}
