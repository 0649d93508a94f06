import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { STATUS_CODES } from 'node:http';
import { Refusal, refuse } from '../../contract/errors';
import { cancelled } from './cancelled';

/** `sha256:` or `md5:` and hexadecimal digits. */
export type Sum = string;

const sums = { sha256: 'SHA-256', md5: 'MD5' } as const;

interface Download {
  /** The first that answers is taken. */
  urls: readonly string[];
  /** Path of the file to write. */
  to: string;
  /** Null where none is known. */
  sum: Sum | null;
  /** What else one can do when it fails, as an imperative sentence. */
  otherwise: string;
  /** Bytes that have come of so many; null where the server does not say. */
  onProgress(done: number, total: number | null): void;
  signal: AbortSignal;
}

/**
 * Downloads a file and checks its sum.
 * @returns its SHA-256
 * @throws Refusal `network` when no server sends the whole file, `bad-file` when its sum is another, `cancelled`
 */
export async function download({ urls, sum, ...how }: Download): Promise<string> {
  let failure: unknown;
  for (const url of urls) {
    try {
      const hashes = await transfer(url, how);
      checkSum(hashes, sum, url, `It was changed, or damaged on its way: fetch it again. ${how.otherwise}`);
      return hashes.sha256;
    } catch (thrown) {
      if (!(thrown instanceof Refusal && ['network', 'bad-file'].includes(thrown.error.code))) throw thrown;
      failure ??= thrown;
    }
  }
  throw failure;
}

/** The SHA-256 of a file, which has the sum. @throws Refusal `bad-file`, `cancelled` */
export async function checkFile(path: string, sum: Sum | null, signal: AbortSignal): Promise<string> {
  const hash = hasher();
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    if (signal.aborted) cancelled();
    hash.update(chunk);
  }
  const hashes = hash.digest();
  checkSum(hashes, sum, path, 'It was changed, or damaged on its way: get it again.');
  return hashes.sha256;
}

async function transfer(url: string, { to, otherwise, onProgress, signal }: Omit<Download, 'urls' | 'sum'>): Promise<Hashes> {
  const { host } = new URL(url);
  const network = (message: string, repair: string): never => refuse('network', message, { where: url, repair });
  const again = `Look at the connection and fetch it again. ${otherwise}`;
  const caught = (thrown: unknown, message: (why: string) => string): never => {
    if (signal.aborted) return cancelled();
    const { cause, message: own } = thrown as Error;
    return network(message(cause instanceof Error && cause.message ? cause.message : own), again);
  };
  // Packed files are to come as they are.
  const response = await fetch(url, { signal, headers: { 'accept-encoding': 'identity' } }).catch((thrown: unknown) => caught(thrown, (why) => `${host} cannot be reached: ${why}.`));
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    return network(`${host} answers ${response.status} (${STATUS_CODES[response.status] ?? 'unknown'}).`, response.status === 404 || response.status === 410 ? `It has moved. ${otherwise}` : `Try again later. ${otherwise}`);
  }
  const length = response.headers.get('content-encoding') ? null : Number(response.headers.get('content-length')) || null;
  const hash = hasher();
  let done = 0;
  const file = await open(to, 'w');
  const chunks = response.body.getReader();
  try {
    for (;;) {
      const { value } = await chunks.read().catch((thrown: unknown) => caught(thrown, (why) => `${host} broke off after ${done}${length === null ? '' : ` of ${length}`} bytes: ${why}.`));
      if (!value) break;
      await file.writeFile(value);
      hash.update(value);
      done += value.length;
      onProgress(done, length);
    }
  } finally {
    await file.close();
    await chunks.cancel().catch(() => undefined); // of what has failed already
  }
  if (length !== null && done !== length) network(`${host} sent ${done} of ${length} bytes.`, again);
  return hash.digest();
}

type Hashes = Record<keyof typeof sums, string>;

function hasher(): { update(chunk: Uint8Array): void; digest(): Hashes } {
  const [sha256, md5] = [createHash('sha256'), createHash('md5')];
  return {
    update(chunk) {
      sha256.update(chunk);
      md5.update(chunk);
    },
    digest: () => ({ sha256: sha256.digest('hex'), md5: md5.digest('hex') }),
  };
}

function checkSum(hashes: Hashes, wanted: Sum | null, where: string, repair: string): void {
  if (wanted === null) return;
  const [kind = '', sum] = wanted.split(':');
  if (kind !== 'sha256' && kind !== 'md5') throw new Error(`A sum is sha256: or md5:, not ${wanted}.`);
  if (hashes[kind] === sum) return;
  refuse('bad-file', `The file’s ${sums[kind]} is ${hashes[kind]}; the published one has ${sum}.`, { where, repair });
}
