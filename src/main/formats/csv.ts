import { readFile, stat } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { refuse } from '../../contract/errors';

export interface NumberTable {
  columns: string[];
  /** rows x columns, row-major. */
  values: Float32Array;
}

const limit = 1 << 29;

/**
 * Reads a table of numbers, gzipped or not: a line a row, fields separated by commas (or, where the first line has none, semicolons or
 * tabs), a first line of names where it is not all numbers. Blank lines are passed over; nothing may be missing.
 * @throws Refusal `bad-file` with line and column
 */
export async function readCsv(path: string): Promise<NumberTable> {
  if ((await stat(path)).size > limit) refuse('bad-file', `The file is larger than ${limit} bytes.`, { where: path, repair: 'Save it as NPY: numpy.save.' });
  const raw = await readFile(path);
  const bytes = raw[0] === 0x1f && raw[1] === 0x8b ? unpacked(raw, path) : raw;
  const lines = bytes.toString('utf8').replace(/^\uFEFF/, '').split(/\r?\n/);
  const first = lines.findIndex((line) => line.trim() !== '');
  const separator = [',', ';', '\t'].find((mark) => lines[first]?.includes(mark)) ?? ',';
  const fieldsOf = (line: string): string[] => line.split(separator).map((field) => field.trim().replace(/^"(.*)"$/, '$1'));
  const head = fieldsOf(lines[first] ?? '');
  const hasNames = head.some((field) => toNumber(field) === null);
  const columns = hasNames ? head.map((name, i) => name || `c${i}`) : head.map((_, i) => `c${i}`);
  const values: number[] = [];
  for (let line = first + (hasNames ? 1 : 0); line < lines.length; line++) {
    const text = lines[line] ?? '';
    if (text.trim() === '') continue;
    const fields = fieldsOf(text);
    if (fields.length !== columns.length) refuse('bad-file', `This line has ${fields.length} fields, the first has ${columns.length}.`, { where: `${path}, line ${line + 1}` });
    fields.forEach((field, i) => {
      const value = toNumber(field) ?? refuse('bad-file', field === '' ? 'A number is missing.' : `"${field.slice(0, 40)}" is no number.`, { where: `${path}, line ${line + 1}, column ${i + 1} (${columns[i] ?? ''})`, repair: 'Leave the column out, or fill it in.' });
      values.push(value);
    });
  }
  if (values.length === 0) refuse('bad-file', 'There are no rows of numbers.', { where: path });
  return { columns, values: Float32Array.from(values) };
}

/** Null for what is no finite number. */
function toNumber(field: string): number | null {
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(field) && Number.isFinite(Number(field)) ? Number(field) : null;
}

function unpacked(raw: Buffer, path: string): Buffer {
  try {
    return gunzipSync(raw, { maxOutputLength: limit });
  } catch (thrown) {
    return refuse('bad-file', `Its gzip stream cannot be unpacked: ${(thrown as Error).message}.`, { where: path });
  }
}
