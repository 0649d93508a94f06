import { useRef, type ReactNode, type RefObject } from 'react';
import { ImageDown } from 'lucide-react';
import type { Pictures } from '../../contract/datasets';
import type { MenuAction } from '../design';
import { fitCells, wholeOf } from '../plots/fit';
import { LivePictures } from '../plots/live-pictures';
import { fileName, saveCanvas } from '../plots/save';
import { useSize, type Size } from '../plots/size';

/** Pictures in `columns`, as large as they fit into `size`. */
export function PictureGrid({ pictures, label, columns, rows = Math.ceil(pictures.count / columns), size, handle }: { pictures: Pictures; label: string; columns: number; rows?: number; size: Size; handle?: RefObject<HTMLCanvasElement | null> }) {
  const cells = fitCells(size, columns, rows, pictures.width / pictures.height);
  return <LivePictures pictures={pictures} label={label} columns={columns} rows={rows} {...wholeOf(cells, columns, rows)} gap={cells.gap} {...(handle && { handle })} />;
}

/** A body that knows its size: nothing is drawn before the first layout. */
export function SizedBody({ className = 'fill centred', children }: { className?: string; children: (size: Size) => ReactNode }) {
  const body = useRef<HTMLDivElement>(null);
  const size = useSize(body);
  return (
    <div className={className} ref={body}>
      {size && children(size)}
    </div>
  );
}

/** The menu's line that saves what a canvas shows. */
export const useSaveAction = (run: string, what: string, canvas: RefObject<HTMLCanvasElement | null>, ready: boolean): MenuAction => ({
  id: 'png',
  label: 'Save as PNG',
  icon: <ImageDown aria-hidden size={14} />,
  isDisabled: !ready,
  onAction: () => canvas.current && saveCanvas(fileName(run, what, 'png'), canvas.current),
});

/** Pictures of one size under each other, as one. @throws RangeError for none */
export function stacked(parts: readonly Pictures[]): Pictures {
  const [first] = parts;
  if (!first) throw new RangeError('There are no pictures to put together.');
  const pixels = new Uint8Array(parts.reduce((sum, part) => sum + part.pixels.length, 0));
  let at = 0;
  for (const part of parts) {
    pixels.set(part.pixels, at);
    at += part.pixels.length;
  }
  return { ...first, count: parts.reduce((sum, { count }) => sum + count, 0), pixels };
}

/** Pictures `from` to `from + count`. */
export function slicePictures(pictures: Pictures, from: number, count: number): Pictures {
  const size = pictures.height * pictures.width * pictures.channels;
  return { ...pictures, count, pixels: pictures.pixels.subarray(from * size, (from + count) * size) };
}
