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
 * Keys of a view while it is on the page. They are left alone while someone types or a layer is open, Enter and Space also
 * on whatever they would press; keys with Ctrl always count. A handler that is found prevents the browser's own.
 */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => {
      const handler = latest.current[keyName(event)];
      if (!handler || event.defaultPrevented || event.altKey) return;
      const { target } = event;
      if (!event.ctrlKey && !event.metaKey) {
        if (typing(target) || inside(target, '[role=dialog], [role=menu], [role=listbox]') || document.querySelector('.scrim')) return;
        if ((event.key === 'Enter' || event.key === ' ') && inside(target, 'button, a, input, [role=radio], [role=switch]')) return;
      }
      event.preventDefault();
      handler(event);
    };
    window.addEventListener('keydown', listener);
    return () => window.removeEventListener('keydown', listener);
  }, []);
}
