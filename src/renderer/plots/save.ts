/** Hands a file to the person. */
export function saveFile(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Rows of a table as CSV (RFC 4180). */
export function csvText(head: readonly string[], rows: Iterable<readonly (string | number)[]>): string {
  const cell = (value: string | number): string => (/[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
  const lines = [head.map(cell).join(',')];
  for (const row of rows) lines.push(row.map(cell).join(','));
  return `${lines.join('\r\n')}\r\n`;
}

export const csv = (head: readonly string[], rows: Iterable<readonly (string | number)[]>): Blob => new Blob([csvText(head, rows)], { type: 'text/csv' });

const savedAtLeast = 1200;

/** A canvas as a PNG file on the ground of pictures, enlarged a whole number of times so that its longer side has 1,200 pixels or more. */
export function saveCanvas(name: string, canvas: HTMLCanvasElement): void {
  const scale = Math.max(1, Math.ceil(savedAtLeast / Math.max(canvas.width, canvas.height)));
  const enlarged = document.createElement('canvas');
  enlarged.width = canvas.width * scale;
  enlarged.height = canvas.height * scale;
  const context = enlarged.getContext('2d');
  if (!context) return;
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--picture-ground');
  context.fillRect(0, 0, enlarged.width, enlarged.height);
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, enlarged.width, enlarged.height);
  enlarged.toBlob((blob) => blob && saveFile(name, blob), 'image/png');
}

/** A run's name and a panel as a file name. */
export const fileName = (run: string, what: string, extension: string): string => `${`${run}-${what}`.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')}.${extension}`;
