import { useLayoutEffect, useRef, type MouseEvent } from 'react';
import type { Pictures } from '../../contract/datasets';

/**
 * Draws pictures `first` to `first + columns * rows` in rows, each of their pixels `scale` pixels of the canvas wide and
 * high, `gap` pixels of the canvas apart. Pixels between them and beyond the last stay clear.
 */
export function drawPictures(canvas: HTMLCanvasElement, pictures: Pictures, columns: number, rows: number, gap = 0, first = 0, scale = 1): void {
  const { channels, pixels, count } = pictures;
  const [width, height] = [pictures.width * scale, pictures.height * scale];
  canvas.width = columns * (width + gap) - gap;
  canvas.height = rows * (height + gap) - gap;
  const context = canvas.getContext('2d');
  if (!context) return;
  const image = context.createImageData(canvas.width, canvas.height);
  const shown = Math.min(columns * rows, count - first);
  for (let p = 0; p < shown; p++) {
    const left = (p % columns) * (width + gap);
    const top = Math.floor(p / columns) * (height + gap);
    const start = (first + p) * pictures.height * pictures.width;
    for (let y = 0; y < height; y++) {
      const row = start + Math.floor(y / scale) * pictures.width;
      let target = ((top + y) * canvas.width + left) * 4;
      for (let x = 0; x < width; x++) {
        const source = (row + Math.floor(x / scale)) * channels;
        const grey = channels < 3;
        image.data[target] = pixels[source] ?? 0;
        image.data[target + 1] = pixels[grey ? source : source + 1] ?? 0;
        image.data[target + 2] = pixels[grey ? source : source + 2] ?? 0;
        image.data[target + 3] = channels === 4 ? (pixels[source + 3] ?? 0) : channels === 2 ? (pixels[source + 1] ?? 0) : 255;
        target += 4;
      }
    }
  }
  context.putImageData(image, 0, 0);
}

export interface PictureProps {
  pictures: Pictures;
  /** What is to be seen, for those who do not see it. */
  label: string;
  columns?: number;
  rows?: number;
  /** In source pixels. */
  gap?: number;
  first?: number;
  /** CSS pixels per source pixel; without it the canvas fills the width of its parent. */
  scale?: number;
  /** The picture under the pointer, counted from `first`, or null when it leaves. */
  onHover?: (index: number | null) => void;
}

/** Pictures in rows on one canvas, crisp pixels on black. */
export function Picture({ pictures, label, columns = pictures.count, rows = Math.ceil(pictures.count / columns), gap = 0, first = 0, scale, onHover }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (canvas.current) drawPictures(canvas.current, pictures, columns, rows, gap, first);
  }, [pictures, columns, rows, gap, first]);
  const width = columns * (pictures.width + gap) - gap;
  const height = rows * (pictures.height + gap) - gap;
  const under = (event: MouseEvent<HTMLCanvasElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * columns);
    const row = Math.floor(((event.clientY - box.top) / box.height) * rows);
    onHover?.(row * columns + column);
  };
  return (
    <canvas
      ref={canvas}
      className="picture"
      role="img"
      aria-label={label}
      style={scale ? { width: width * scale, height: height * scale } : { width: '100%', aspectRatio: `${width} / ${height}` }}
      {...(onHover && { onMouseMove: under, onMouseLeave: () => onHover(null) })}
    />
  );
}
