import { useCallback, useLayoutEffect, useRef, useState, type RefObject } from 'react';

/** Rows kept beyond the visible ones, so that fast scrolling shows no gaps. */
const overscan = 8;
/** Where nothing has been laid out yet (and in tests without layout). */
const guessedHeight = 800;

interface VirtualRows {
  scroller: RefObject<HTMLDivElement | null>;
  /** First and one past the last row to draw. */
  first: number;
  last: number;
  onScroll: () => void;
  scrollTo: (index: number) => void;
}

/** Which of `count` rows of equal height are to be drawn in a scrolling box. `head` pixels above the rows cover the first ones. */
export function useVirtualRows(count: number, rowHeight: number, head = 0): VirtualRows {
  const scroller = useRef<HTMLDivElement>(null);
  const [box, setBox] = useState({ top: 0, height: guessedHeight });
  const measure = useCallback(() => {
    const element = scroller.current;
    if (element) setBox({ top: element.scrollTop, height: element.clientHeight || guessedHeight });
  }, []);
  useLayoutEffect(() => {
    measure();
    window.addEventListener('resize', measure);
    return () => window.removeEventListener('resize', measure);
  }, [measure, count]);
  const scrollTo = useCallback(
    (index: number) => {
      const element = scroller.current;
      if (!element) return;
      const top = index * rowHeight;
      const room = element.clientHeight - head;
      if (top < element.scrollTop) element.scrollTop = top;
      else if (top + rowHeight > element.scrollTop + room) element.scrollTop = top + rowHeight - room;
    },
    [rowHeight, head],
  );
  const first = Math.max(0, Math.floor(box.top / rowHeight) - overscan);
  return { scroller, first, last: Math.min(count, Math.ceil((box.top + box.height) / rowHeight) + overscan), onScroll: measure, scrollTo };
}
