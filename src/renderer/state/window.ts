import { create } from 'zustand';

interface WindowState {
  /** Runs chosen in the table, for comparing and for bulk actions. */
  selected: ReadonlySet<string>;
  /** The list beside the stage. */
  listOpen: boolean;
  /** Whether the table of runs or Compare show it is a choice of its own. */
  compareListOpen: boolean;
  filter: string;
  layer: 'palette' | 'keys' | null;
}

/** What is selected and open: nothing here is true of the store. */
export const useWindow = create<WindowState>(() => ({ selected: new Set<string>(), listOpen: true, compareListOpen: false, filter: '', layer: null }));

export const setWindow = useWindow.setState;
export const openLayer = (layer: WindowState['layer']): void => setWindow({ layer });

/** Puts the cursor into the filter that is on the page. */
export const focusFilter = (): void => document.querySelector<HTMLInputElement>('input[type=search]')?.focus();
