import { readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { protocol } from 'electron';
import { securityHeaders } from './content-security-policy';

const scheme = 'elbo';
export const pageAddress = `${scheme}://app/index.html`;

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** Before the app is ready: the page's scheme has an origin of its own, as https has. */
export const registerPageScheme = (): void => protocol.registerSchemesAsPrivileged([{ scheme, privileges: { standard: true, secure: true, supportFetchAPI: true } }]);

/** Serves the files below `folder` as `elbo://app/…`, with the page's security headers. */
export function servePage(folder: string): void {
  // Electron 25 and later; before, the callback form.
  if (typeof protocol.handle === 'function') {
    protocol.handle(scheme, async (request) => {
      const { status, headers, body } = await pageFile(folder, request.url);
      return new Response(new Uint8Array(body), { status, headers });
    });
  } else {
    protocol.registerBufferProtocol(scheme, (request, respond) => {
      void pageFile(folder, request.url).then(({ status, headers, body }) => respond({ statusCode: status, headers, data: body }));
    });
  }
}

interface PageFile {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** The file at `url`, or 404 for anything that is not a file below `folder`. */
export async function pageFile(folder: string, url: string): Promise<PageFile> {
  try {
    const path = join(folder, decodeURIComponent(new URL(url).pathname));
    if (!path.startsWith(folder + sep)) throw new Error('outside the page');
    return { status: 200, headers: { ...securityHeaders(), 'content-type': contentTypes[extname(path)] ?? 'application/octet-stream' }, body: await readFile(path) };
  } catch {
    return { status: 404, headers: { ...securityHeaders(), 'content-type': 'text/plain' }, body: Buffer.from('Not found') };
  }
}
