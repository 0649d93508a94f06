import { useLayoutEffect, useRef, type RefObject } from 'react';
import type { Pictures } from '../../contract/datasets';
import { drawPictures } from '../design/picture';

function copyCanvas(from: HTMLCanvasElement, to: HTMLCanvasElement): void {
  to.width = from.width;
  to.height = from.height;
  to.getContext('2d')?.drawImage(from, 0, 0);
}

/**
 * Pictures in rows that change while one looks: the new ones fade in over the old ones in the time the design gives
 * (none under reduced motion). Where `place` changed they are put there at once: a fade between two places is a ghost, and so is one
 * over pictures that are transparent in parts, which are their own place.
 * Smooth when shrunk, crisp when enlarged. All sizes, and the gap between two pictures, are CSS pixels.
 */
export function LivePictures({ pictures, label, columns, rows, first = 0, width, height, gap = 0, place, handle }: { pictures: Pictures; label: string; columns: number; rows: number; first?: number; width: number; height: number; gap?: number; place?: unknown; handle?: RefObject<HTMLCanvasElement | null> }) {
  const own = useRef<HTMLCanvasElement>(null);
  const front = handle ?? own;
  const back = useRef<HTMLCanvasElement>(null);
  const shown = useRef<{ pictures: Pictures; place: unknown } | null>(null);
  const cellHeight = (height + gap) / rows - gap;
  const drawn = canvasOf(pictures, cellHeight, gap);

  useLayoutEffect(() => {
    const canvas = front.current;
    if (!canvas) return;
    const last = shown.current;
    shown.current = { pictures, place };
    if (last && last.pictures !== pictures && last.place === place && back.current) {
      copyCanvas(canvas, back.current);
      const milliseconds = parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--time-picture')) || 0;
      if (milliseconds > 0) canvas.animate?.([{ opacity: 0 }, { opacity: 1 }], { duration: milliseconds });
    }
    drawPictures(canvas, pictures, columns, rows, drawn.gap, first, drawn.scale);
  }, [pictures, columns, rows, first, drawn.gap, drawn.scale, place, front]);

  const imageRendering = cellHeight < pictures.height ? 'auto' : 'pixelated';
  return (
    <div className="live-pictures" style={{ width, height }}>
      <canvas ref={back} aria-hidden="true" style={{ imageRendering }} />
      <canvas ref={front} role="img" aria-label={label} style={{ imageRendering }} />
    </div>
  );
}

/** A canvas has whole pixels: how many each pixel of a picture takes, and how many make a gap as wide as asked beside pictures of this height. */
export function canvasOf({ height }: Pick<Pictures, 'height'>, cellHeight: number, gap: number): { scale: number; gap: number } {
  const scale = Math.max(1, Math.round(cellHeight / height));
  return { scale, gap: gap > 0 ? Math.max(1, Math.round((gap * scale * height) / cellHeight)) : 0 };
}
