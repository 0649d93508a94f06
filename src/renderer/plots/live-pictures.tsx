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
 * (none under reduced motion). Where `place` changed they are put there at once: a fade between two places is a ghost.
 * Smooth when shrunk, crisp when enlarged.
 */
export function LivePictures({ pictures, label, columns, rows, first = 0, width, height, place, handle }: { pictures: Pictures; label: string; columns: number; rows: number; first?: number; width: number; height: number; place?: unknown; handle?: RefObject<HTMLCanvasElement | null> }) {
  const own = useRef<HTMLCanvasElement>(null);
  const front = handle ?? own;
  const back = useRef<HTMLCanvasElement>(null);
  const shown = useRef<{ pictures: Pictures; place: unknown } | null>(null);

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
    drawPictures(canvas, pictures, columns, rows, 0, first);
  }, [pictures, columns, rows, first, place, front]);

  const imageRendering = height / rows < pictures.height ? 'auto' : 'pixelated';
  return (
    <div className="live-pictures" style={{ width, height }}>
      <canvas ref={back} aria-hidden="true" style={{ imageRendering }} />
      <canvas ref={front} role="img" aria-label={label} style={{ imageRendering }} />
    </div>
  );
}
