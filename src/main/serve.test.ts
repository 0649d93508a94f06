import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Core, CoreEvent } from '../contract/api';
import { pack, unpack } from '../contract/wire';
import { serve, type Server } from './serve';

const page = mkdtempSync(join(tmpdir(), 'elbo-page-'));
const listeners = new Set<(event: CoreEvent) => void>();
const core: Core = {
  call: async (method) => (method === 'preferences.get' ? { theme: 'dark', onClose: 'ask' } : []) as never,
  subscribe: (listener) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  },
  close: async () => undefined,
};

let server: Server;
let address: URL;
let cookie: string;

beforeAll(async () => {
  writeFileSync(join(page, 'index.html'), '<!doctype html><title>Elbo</title>');
  writeFileSync(join(page, 'app.js'), 'export {};');
  server = await serve(core, { port: 0, page });
  address = new URL(server.url);
});
afterAll(async () => {
  await server.close();
  rmSync(page, { recursive: true });
});

interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** `fetch` would not let a test choose its Host. */
const get = (path: string, headers: Record<string, string> = {}, method = 'GET', port = address.port): Promise<Reply> =>
  new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => (body += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    })
      .on('error', reject)
      .end();
  });

/** The socket when it opened, else the status with which it was refused. */
const open = (headers: Record<string, string>, path = '/socket'): Promise<WebSocket | number> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${address.port}${path}`, { headers });
    socket.on('open', () => resolve(socket));
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.on('error', reject);
  });
const opened = async (headers: Record<string, string>): Promise<WebSocket> => {
  const socket = await open(headers);
  if (typeof socket === 'number') throw new Error(`refused with ${socket}`);
  return socket;
};
const next = (socket: WebSocket): Promise<unknown> => new Promise((resolve) => socket.once('message', (data) => resolve(unpack(data as Buffer))));

describe('the served page', () => {
  it('is refused without a token and with a wrong one, saying where the address is', async () => {
    for (const path of ['/', '/app.js', '/?token=', '/?token=wrong']) {
      const reply = await get(path);
      expect(reply.status, path).toBe(401);
      expect(reply.headers['set-cookie']).toBeUndefined();
      expect(reply.body).toContain('printed in the terminal');
    }
  });

  it('does not spend the token on a HEAD request, as link previews make', async () => {
    expect((await get(`/${address.search}`, {}, 'HEAD')).status).toBe(401);
  });

  it('exchanges the token once for a cookie that scripts and other sites cannot use', async () => {
    const first = await get(`/${address.search}`);
    expect(first.status).toBe(303);
    expect(first.headers['location']).toBe('/');
    const set = String(first.headers['set-cookie']);
    expect(set).toContain('HttpOnly');
    expect(set).toContain('SameSite=Strict');
    expect(set).not.toContain(address.searchParams.get('token'));
    cookie = set.split(';')[0] ?? '';

    expect((await get(`/${address.search}`)).status).toBe(401);
    expect((await get(`/${address.search}`, { cookie })).status).toBe(303);
    const home = await get('/', { cookie });
    expect(home.status).toBe(200);
    expect(home.body).toContain('<title>Elbo</title>');
  });

  it('comes with a policy that allows no code made from strings and no frame around it', async () => {
    const { headers } = await get('/', { cookie });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src 'self'(;|$)/);
    expect(policy).not.toContain('unsafe-eval');
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain(`connect-src 'self' ws://127.0.0.1:${address.port}`);
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  it.each(['evil.example', 'evil.example:80', '127.0.0.1.evil.example', 'localhost.evil.example', '[::1].evil.example'])(
    'answers 403 to the Host %j, even with the cookie',
    async (host) => {
      expect((await get('/', { host, cookie })).status).toBe(403);
    },
  );

  it.each(['localhost', 'localhost:9000', '[::1]:9000', '127.0.0.1:9000'])('answers to the Host %s, as a forwarded port gives it', async (host) => {
    expect((await get('/', { host, cookie })).status).toBe(200);
  });

  it.each(['/../package.json', '/..%2f..%2fpackage.json', '/%2e%2e/%2e%2e/etc/passwd', '/%00', '/%', '/nothing.js'])('gives nothing outside its folder: %s', async (path) => {
    expect((await get(path, { cookie })).status).toBeGreaterThanOrEqual(400);
  });

  it('is only read', async () => {
    expect((await get('/', { cookie }, 'POST')).status).toBe(405);
  });

  it('says when its port is taken', async () => {
    await expect(serve(core, { port: Number(address.port), page })).rejects.toMatchObject({ error: { code: 'conflict', where: '--port' } });
  });
});

describe('the socket', () => {
  const origin = (): string => `http://127.0.0.1:${address.port}`;

  it('is refused to another origin, to a wrong host and without the cookie', async () => {
    expect(await open({ cookie, origin: 'http://evil.example' })).toBe(403);
    expect(await open({ cookie, origin: 'http://localhost:3000' })).toBe(403);
    expect(await open({ cookie, origin: `https://127.0.0.1:${address.port}` })).toBe(403);
    expect(await open({ cookie })).toBe(403);
    expect(await open({ cookie, origin: 'http://evil.example', host: 'evil.example' })).toBe(403);
    expect(await open({ origin: origin() })).toBe(401);
    expect(await open({ origin: origin(), cookie: `${cookie}x` })).toBe(401);
    expect(await open({ origin: origin(), cookie }, '/other')).toBe(404);
  });

  it('answers requests and passes events on, until it closes', async () => {
    const socket = await opened({ cookie, origin: origin() });
    socket.send(pack({ id: 7, method: 'preferences.get', params: {} }));
    expect(await next(socket)).toEqual({ id: 7, value: { theme: 'dark', onClose: 'ask' } });

    const event = next(socket);
    listeners.forEach((listener) => listener({ type: 'datasets' }));
    expect(await event).toEqual({ event: { type: 'datasets' } });

    socket.close();
    await expect.poll(() => listeners.size).toBe(0);
  });

  it('answers junk with a typed error and goes on', async () => {
    const socket = await opened({ cookie, origin: origin() });
    const junk = [Buffer.from([0xc1]), Buffer.from([]), Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]), pack(null), pack([1, 2]), pack({ id: 'x' })];
    for (const bytes of junk) {
      socket.send(bytes);
      expect(await next(socket)).toMatchObject({ id: -1, error: { code: 'bad-request' } });
    }
    socket.send('text');
    expect(await next(socket)).toMatchObject({ id: -1, error: { code: 'bad-request' } });
    socket.send(pack({ id: 1, method: 'models.list', params: {} }));
    expect(await next(socket)).toEqual({ id: 1, value: [] });
    socket.close();
  });

  it('is closed on a message that is too long', async () => {
    const socket = await opened({ cookie, origin: origin() });
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.send(Buffer.alloc(17 * 2 ** 20));
    expect(await closed).toBe(1009);
  });
});
