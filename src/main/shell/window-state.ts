import { readFileSync, writeFileSync } from 'node:fs';
import type { BrowserWindow, Rectangle } from 'electron';

export interface WindowState {
  bounds: Rectangle;
  maximized: boolean;
}

const standard = { width: 1360, height: 880 };

/** Where the window was; its standard size where that is not known or no longer on any of the screens. */
export function readWindowState(file: string, screens: Rectangle[]): { bounds: Partial<Rectangle> & typeof standard; maximized: boolean } {
  try {
    const { bounds, maximized } = JSON.parse(readFileSync(file, 'utf8')) as WindowState;
    const { x, y, width, height } = bounds;
    const onScreen = screens.some((s) => x < s.x + s.width && x + width > s.x && y >= s.y && y < s.y + s.height);
    if (onScreen && width >= 400 && height >= 300) return { bounds: { x, y, width, height }, maximized: maximized === true };
  } catch {
    // Not there yet, or not whole: start anew.
  }
  return { bounds: standard, maximized: false };
}

export function writeWindowState(file: string, window: BrowserWindow): void {
  const state: WindowState = { bounds: window.getNormalBounds(), maximized: window.isMaximized() };
  try {
    writeFileSync(file, JSON.stringify(state));
  } catch {
    // A window that opens at its standard size next time is no reason to keep this one from closing.
  }
}
