import { toast, toastError } from '../design/toast';

/** Copies and says so. Pages without the clipboard's permission go by a selection. */
export async function copyText(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    const copied = document.execCommand('copy');
    area.remove();
    if (!copied) return toastError(new Error('The text could not be copied. Select it and press Ctrl+C.'));
  }
  toast(`${what} copied`);
}
