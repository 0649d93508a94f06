import { createContext, useContext, useEffect, useMemo, useRef, type ReactNode } from 'react';
import type { Panel } from './panel';

/** Whether a panel is in view: nothing is asked for a panel that nobody sees. */
interface SlotVisible {
  visible(): boolean;
  onVisible(listener: () => void): () => void;
}

interface Slot {
  panel: Pick<Panel, 'title' | 'help'>;
  filled: boolean;
  toggleFill: (() => void) | null;
}

const always: SlotVisible = { visible: () => true, onVisible: () => () => undefined };
const VisibleContext = createContext<SlotVisible>(always);
const SlotContext = createContext<Slot | null>(null);

export const useSlotVisible = (): SlotVisible => useContext(VisibleContext);

export function useSlot(): Slot {
  const slot = useContext(SlotContext);
  if (!slot) throw new Error('A panel needs a PanelSlot above it.');
  return slot;
}

/** The place of a panel on the stage. */
export function PanelSlot({ panel, name, filled = false, toggleFill = null, children }: { panel: Pick<Panel, 'title' | 'help'>; name: string; filled?: boolean; toggleFill?: (() => void) | null; children: ReactNode }) {
  const element = useRef<HTMLDivElement>(null);
  const state = useRef({ visible: true, listeners: new Set<() => void>() });
  const visible = useMemo<SlotVisible>(
    () => ({
      visible: () => state.current.visible,
      onVisible: (listener) => {
        const { listeners } = state.current;
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    }),
    [],
  );

  useEffect(() => {
    const target = element.current;
    if (!target) return;
    const observer = new IntersectionObserver(([entry]) => {
      const now = entry?.isIntersecting ?? true;
      const appeared = now && !state.current.visible;
      state.current.visible = now;
      if (appeared) state.current.listeners.forEach((listener) => listener());
    });
    observer.observe(target);
    return () => observer.disconnect();
  }, []);

  return (
    <div ref={element} className={`panel-slot ${filled ? 'filled' : ''}`} data-panel={name}>
      <VisibleContext value={visible}>
        <SlotContext value={{ panel, filled, toggleFill }}>{children}</SlotContext>
      </VisibleContext>
    </div>
  );
}
