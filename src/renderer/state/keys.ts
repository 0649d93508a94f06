import { useEffect, useRef } from 'react';

type Keys = Record<string, (event: KeyboardEvent) => void>;

/** `Ctrl+k`, `Shift+x`, `n`, `/`, `ArrowDown`: Ctrl stands for the command key as well. */
export function keyName(event: KeyboardEvent): string {
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const letter = /^[a-z]$/.test(name);
  return `${event.ctrlKey || event.metaKey ? 'Ctrl+' : ''}${event.shiftKey && (letter || name.length > 1) ? 'Shift+' : ''}${name}`;
}

const typing = (target: EventTarget | null): boolean => target instanceof HTMLElement && (target.isContentEditable || target.matches('textarea, select, input:not([type=range], [type=checkbox], [type=radio])'));
const inside = (target: EventTarget | null, selector: string): boolean => target instanceof Element && target.closest(selector) !== null;

/**
 * Keys of a view while it is on the page. Nothing counts while a dialog is open. Keys with Ctrl count wherever the focus is; the
 * others are left alone while someone types or walks a menu, and Enter and Space on whatever they would press. A handler that is
 * found prevents the browser's own.
 */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const handle = (event: KeyboardEvent): void => {
      const handler = latest.current[keyName(event)];
      if (!handler || event.defaultPrevented || event.altKey || document.querySelector('.scrim')) return;
      event.preventDefault();
      handler(event);
    };
    const withCtrl = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey) handle(event);
    };
    const plain = (event: KeyboardEvent): void => {
      const { target, ctrlKey, metaKey, key } = event;
      if (ctrlKey || metaKey || typing(target) || inside(target, '[role=menu], [role=listbox]')) return;
      if ((key === 'Enter' || key === ' ') && inside(target, 'button, a, input, [role=radio], [role=switch]')) return;
      handle(event);
    };
    // Ctrl before any control sees it, the others only where no control wanted them.
    window.addEventListener('keydown', withCtrl, true);
    window.addEventListener('keydown', plain);
    return () => {
      window.removeEventListener('keydown', withCtrl, true);
      window.removeEventListener('keydown', plain);
    };
  }, []);
}
