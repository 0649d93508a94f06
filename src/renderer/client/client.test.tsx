import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FromCore, ToCore } from '../../contract/api';
import { Refusal } from '../../contract/errors';
import { pack, unpack } from '../../contract/wire';
import { connectPort, connectSocket, Connection } from './client';

const flush = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe('a connection', () => {
  it('sends what was asked before the link was there, once it is', async () => {
    const connection = new Connection();
    const answer = connection.call('runs.get', { id: 'a' });
    const sent: ToCore[] = [];
    connection.opened({ send: (message) => void sent.push(message) });
    expect(sent).toMatchObject([{ method: 'runs.get', params: { id: 'a' } }]);
    connection.receive({ id: sent[0]?.id ?? -1, value: { id: 'a' } });
    expect(await answer).toEqual({ id: 'a' });
  });

  it('gives each answer to its own question, in whatever order they come', async () => {
    const connection = new Connection();
    const sent: ToCore[] = [];
    connection.opened({ send: (message) => void sent.push(message) });
    const answers = Promise.all([connection.call('runs.log', { id: 'a' }), connection.call('runs.log', { id: 'b' })]);
    for (const message of [...sent].reverse()) connection.receive({ id: message.id, value: (message.params as { id: string }).id });
    expect(await answers).toEqual(['a', 'b']);
  });

  it('refuses with the core’s own words', async () => {
    const connection = new Connection();
    connection.opened({ send: (message) => connection.receive({ id: message.id, error: { code: 'not-found', message: 'There is no run a.' } }) });
    const thrown: unknown = await connection.call('runs.get', { id: 'a' }).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(Refusal);
    expect(thrown).toMatchObject({ error: { code: 'not-found' } });
  });

  it('lets nothing wait for ever when the core could not read a message', async () => {
    const connection = new Connection();
    connection.opened({ send: () => connection.receive({ id: -1, error: { code: 'bad-request', message: 'This is no message.' } }) });
    await expect(connection.call('runs.list', {})).rejects.toMatchObject({ error: { code: 'bad-request' } });
  });

  it('refuses what was under way when the link breaks, and keeps what waits for the next one', async () => {
    const connection = new Connection();
    connection.opened({ send: () => undefined });
    const underway = connection.call('runs.list', {}).catch((error: Refusal) => error.error.code);
    connection.closed();
    expect(connection.status()).toBe('reconnecting');
    const sent: ToCore[] = [];
    void connection.call('models.list', {});
    connection.opened({ send: (message) => void sent.push(message) });
    expect(await underway).toBe('disconnected');
    expect(sent.map((message) => message.method)).toEqual(['models.list']);
  });

  it('refuses at once while the core is lost', async () => {
    const connection = new Connection();
    const waiting = connection.call('runs.list', {}).catch((error: Refusal) => error.error.code);
    connection.lost();
    expect(await waiting).toBe('disconnected');
    expect(await connection.call('runs.list', {}).catch((error: Refusal) => error.error.code)).toBe('disconnected');
  });

  it('tells every subscriber of an event, until it leaves', () => {
    const connection = new Connection();
    const seen: string[] = [];
    const leave = connection.subscribe((event) => void seen.push(event.type));
    connection.receive({ event: { type: 'datasets' } });
    leave();
    connection.receive({ event: { type: 'datasets' } });
    expect(seen).toEqual(['datasets']);
  });
});

describe('the window’s port', () => {
  it('is taken from the preload, and a newer one replaces it', async () => {
    const client = connectPort();
    const ports: MessagePort[] = [];
    const hand = (): void => {
      const { port1, port2 } = new MessageChannel();
      port2.onmessage = (event: MessageEvent<ToCore>) => port2.postMessage({ id: event.data.id, value: `from ${ports.length}` } satisfies FromCore);
      ports.push(port2);
      window.dispatchEvent(new MessageEvent('message', { data: { type: 'elbo:port' }, ports: [port1], source: window }));
    };
    hand();
    expect(client.status()).toBe('connected');
    expect(await client.call('runs.log', { id: 'a' })).toBe('from 1');
    window.dispatchEvent(new MessageEvent('message', { data: { type: 'elbo:port-lost' }, source: window }));
    expect(client.status()).toBe('reconnecting');
    hand();
    expect(client.status()).toBe('connected');
    expect(await client.call('runs.log', { id: 'a' })).toBe('from 2');
    ports.forEach((port) => port.close());
  });
});

describe('the served page’s socket', () => {
  class FakeSocket {
    static all: FakeSocket[] = [];
    onopen?: () => void;
    onclose?: () => void;
    onmessage?: (event: { data: ArrayBuffer }) => void;
    sent: ToCore[] = [];
    constructor(readonly address: string) {
      FakeSocket.all.push(this);
    }
    send(bytes: Uint8Array): void {
      this.sent.push(unpack(bytes) as ToCore);
    }
    say(message: FromCore): void {
      this.onmessage?.({ data: pack(message).slice().buffer });
    }
  }
  const newest = (): FakeSocket => FakeSocket.all.at(-1) as FakeSocket;

  beforeEach(() => {
    FakeSocket.all = [];
    vi.stubGlobal('WebSocket', FakeSocket);
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('carries numbers to the bit', async () => {
    const client = connectSocket('ws://here/socket');
    newest().onopen?.();
    const answer = client.call('runs.curves', { id: 'a', points: 2 });
    const value = [{ name: 'lossNats', split: 'train', unit: 'nats', steps: new Float64Array([1, 2]), values: new Float64Array([0.1, NaN]), complete: true }];
    newest().say({ id: newest().sent[0]?.id ?? -1, value });
    expect(await answer).toEqual(value);
  });

  it('tries again with growing waits, says that it is lost, and comes back when the core does', async () => {
    const client = connectSocket('ws://here/socket');
    const statuses: string[] = [];
    client.onStatus((status) => void statuses.push(status));
    newest().onopen?.();
    newest().onclose?.();
    expect(FakeSocket.all).toHaveLength(1);
    const waits: number[] = [];
    for (let failure = 0; failure < 9; failure++) {
      const before = FakeSocket.all.length;
      let waited = 0;
      while (FakeSocket.all.length === before && waited < 20_000) {
        vi.advanceTimersByTime(50);
        waited += 50;
      }
      waits.push(waited);
      newest().onclose?.();
    }
    expect(waits.slice(0, 4)).toEqual([250, 500, 1000, 2000]);
    expect(Math.max(...waits)).toBe(8000);
    expect(statuses).toEqual(['connected', 'reconnecting', 'lost']);
    vi.advanceTimersByTime(8000);
    newest().onopen?.();
    expect(client.status()).toBe('connected');
    void client.call('runs.list', {});
    expect(newest().sent).toMatchObject([{ method: 'runs.list' }]);
    vi.useRealTimers();
    await flush();
  });
});
