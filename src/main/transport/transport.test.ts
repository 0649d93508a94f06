import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import type { CoreEvent, FromCore, ToCore } from '../../contract/api';
import { converse, type Endpoint } from './connection';
import { servePort, type Port } from './message-port';

/** An endpoint whose answers come when the test says so. */
function slowEndpoint() {
  const waiting: (() => void)[] = [];
  const listeners = new Set<(event: CoreEvent) => void>();
  const core: Endpoint = {
    handle: (message) => new Promise((resolve) => waiting.push(() => resolve({ id: (message as ToCore).id, value: message }))),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  return { core, waiting, listeners };
}

describe('a conversation', () => {
  it('sends nothing after it was closed, neither late answers nor events', async () => {
    const { core, waiting, listeners } = slowEndpoint();
    const sent: FromCore[] = [];
    const client = converse(core, (message) => sent.push(message));
    client.receive({ id: 1, method: 'runs.list', params: {} });
    client.close();
    waiting.forEach((answer) => answer());
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toEqual([]);
    expect(listeners.size).toBe(0);
  });

  it('refuses the request after the thousandth under way by its own id, and takes more once one is answered', async () => {
    const { core, waiting } = slowEndpoint();
    const sent: FromCore[] = [];
    const client = converse(core, (message) => sent.push(message));
    for (let id = 0; id < 1000; id++) client.receive({ id, method: 'runs.list', params: {} });
    client.receive({ id: 1000, method: 'runs.list', params: {} });
    expect(sent).toMatchObject([{ id: 1000, error: { code: 'bad-request' } }]);
    waiting[0]?.();
    await new Promise((resolve) => setImmediate(resolve));
    client.receive({ id: 1001, method: 'runs.list', params: {} });
    expect(waiting).toHaveLength(1001);
  });

  it('turns a core that throws into an answer', async () => {
    const sent: FromCore[] = [];
    const client = converse({ handle: () => Promise.reject(new Error('oops')), subscribe: () => () => undefined }, (message) => sent.push(message));
    client.receive({ id: 1 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toMatchObject([{ id: -1, error: { code: 'bug', message: 'oops' } }]);
  });
});

describe('a port', () => {
  it('carries typed arrays both ways and ends the subscription when its other end closes', async () => {
    const { port1, port2 } = new MessageChannel();
    const listeners = new Set<unknown>();
    const codes = new Float32Array([1.5, NaN, -0]);
    // Electron's port gives events; a worker's gives what they hold.
    const port: Port = {
      postMessage: (message) => port1.postMessage(message),
      on: (event: string, listener: (event: { data: unknown }) => void) => port1.on(event as 'message', (data: unknown) => listener({ data })),
      start: () => port1.start(),
    };
    servePort(
      {
        handle: async (message) => ({ id: 4, value: message }),
        subscribe: (listener) => {
          listeners.add(listener);
          return () => void listeners.delete(listener);
        },
      },
      port,
    );
    const answer = new Promise((resolve) => port2.once('message', resolve));
    port2.postMessage({ id: 4, codes });
    expect(await answer).toEqual({ id: 4, value: { id: 4, codes } });
    port2.close();
    await expect.poll(() => listeners.size).toBe(0);
  });
});
