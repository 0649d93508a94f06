import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import sirv from 'sirv';
import { WebSocketServer } from 'ws';
import type { Core } from '../contract/api';
import { refuse } from '../contract/errors';
import { handle } from './core/core';
import { securityHeaders } from './shell/content-security-policy';
import { pageFolder } from './shell/page-folder';
import { endpoint } from './transport/connection';
import { maxMessageBytes, serveSocket } from './transport/websocket';

export interface ServeOptions {
  /** 0 takes any free one. */
  port: number;
  /** The address to listen on. Any other than a loopback address shows the token and the data to the network, unencrypted. */
  host?: string;
  /** The folder of the built page. */
  page?: string;
}

export interface Server {
  /** With the token, good for one browser. */
  url: string;
  /** Ends every connection; the core stays open. */
  close(): Promise<void>;
}

const cookieDays = 30;

/**
 * Serves the page over HTTP and the core over a WebSocket at `/socket`. The address's token is exchanged once for a cookie
 * that no script and no other site can use. Names other than localhost are refused as Host (an address that a foreign page
 * made point here), pages of another origin as Origin.
 * @throws Refusal when the port is taken or not allowed
 */
export async function serve(core: Core, { port, host = '127.0.0.1', page = pageFolder() }: ServeOptions): Promise<Server> {
  const session = randomBytes(32).toString('base64url');
  let token: string | null = randomBytes(32).toString('base64url');
  let cookieName = '';

  const files = sirv(page, { etag: true, setHeaders: (response) => response.setHeader('cache-control', 'no-cache') });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes });
  const served = endpoint(core, handle);

  const hasCookie = (request: IncomingMessage): boolean =>
    (request.headers.cookie ?? '').split(/; */).some((pair) => {
      const [name, value = ''] = pair.split('=', 2);
      return name === cookieName && same(value, session);
    });

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const named = request.headers.host ?? '';
    const local = isLocalName(named);
    for (const [name, value] of Object.entries(securityHeaders(local ? `ws://${named}` : ''))) response.setHeader(name, value);
    if (!local) return say(response, 403, 'Wrong host', 'This server answers only to its own address.');
    if (request.method !== 'GET' && request.method !== 'HEAD') return say(response, 405, 'Not allowed', 'Pages are read with GET.');
    const url = new URL(request.url ?? '/', 'http://localhost');
    const offered = url.searchParams.get('token');
    if (request.method === 'GET' && token !== null && offered !== null && same(offered, token)) {
      token = null;
      response.setHeader('set-cookie', `${cookieName}=${session}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${cookieDays * 86_400}`);
    } else if (!hasCookie(request)) {
      return say(
        response,
        401,
        'Where is the address?',
        'Open the address that Elbo printed in the terminal where it was started, whole, with its token. It opens Elbo in one browser; for another one, start Elbo there again.',
      );
    }
    if (offered !== null) return void response.writeHead(303, { location: '/', 'cache-control': 'no-store' }).end();
    files(request, response, () => say(response, 404, 'Not found', 'There is nothing at this address.'));
  };

  const server = createServer((request, response) => {
    try {
      answer(request, response);
    } catch {
      if (!response.headersSent) say(response, 400, 'Bad request', 'This address cannot be read.');
    }
  });
  server.on('upgrade', (request, socket, head) => {
    const named = request.headers.host ?? '';
    const refuseWith = (status: string): void => void socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    socket.on('error', () => socket.destroy());
    if (!isLocalName(named) || request.headers.origin !== `http://${named}`) return refuseWith('403 Forbidden');
    if (!hasCookie(request)) return refuseWith('401 Unauthorized');
    if (request.url !== '/socket') return refuseWith('404 Not Found');
    sockets.handleUpgrade(request, socket, head, (client) => serveSocket(served, client));
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  }).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'EADDRINUSE') refuse('conflict', `Port ${port} is in use.`, { where: '--port', repair: 'Choose another port, or 0 for any free one.' });
    if (thrown.code === 'EACCES') refuse('bad-request', `Port ${port} may not be used.`, { where: '--port', repair: 'Choose a port of 1024 or more.' });
    throw thrown;
  });
  const bound = (server.address() as AddressInfo).port;
  // Cookies know no ports: two servers on one machine need two names.
  cookieName = `elbo-${bound}`;

  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}/?token=${token}`,
    async close() {
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A Host header that no foreign name server can have given: an IP address or localhost, whatever the port (it may be forwarded). */
function isLocalName(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return name === 'localhost' || isIP(name) !== 0 || (name.startsWith('[') && isIP(name.slice(1, -1)) === 6);
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));

function say(response: ServerResponse, status: number, title: string, sentence: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  response.end(
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Elbo: ${title}</title>` +
      `<body style="font: 16px/1.5 system-ui, sans-serif; max-width: 36rem; margin: 15vh auto; padding: 0 1rem; color-scheme: light dark"><h1>${title}</h1><p>${sentence}</p>`,
  );
}
