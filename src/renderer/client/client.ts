import type { Answers, CoreEvent, FromCore, Method, Params, ToCore } from '../../contract/api';
import { Refusal } from '../../contract/errors';
import { pack, unpack } from '../../contract/wire';

export type ConnectionStatus = 'connected' | 'reconnecting' | 'lost';

/** The core, as the window sees it. */
export interface Client {
  /** Rejects with a {@link Refusal} only; `disconnected` when the answer can no longer come. */
  call<M extends Method>(method: M, params: Params<M>): Promise<Answers[M]>;
  /** Returns the function that ends the subscription. */
  subscribe(listener: (event: CoreEvent) => void): () => void;
  status(): ConnectionStatus;
  onStatus(listener: (status: ConnectionStatus) => void): () => void;
}

/** Something that carries messages to the core. */
interface Link {
  send(message: ToCore): void;
}

const disconnected = (): Refusal =>
  new Refusal({ code: 'disconnected', message: 'The core went away before it answered.', repair: 'Wait for the connection, then try again. What was stored is kept.' });

/**
 * Requests, answers and events over a link that may come and go. Requests made without a link wait for one until the
 * connection is lost; those under way when a link breaks are refused, because nobody knows whether they were carried out.
 */
export class Connection implements Client {
  private link: Link | null = null;
  private nextId = 1;
  private current: ConnectionStatus = 'reconnecting';
  private readonly underway = new Map<number, { resolve: (value: unknown) => void; reject: (error: Refusal) => void }>();
  private readonly waiting: ToCore[] = [];
  private readonly listeners = new Set<(event: CoreEvent) => void>();
  private readonly statusListeners = new Set<(status: ConnectionStatus) => void>();

  call<M extends Method>(method: M, params: Params<M>): Promise<Answers[M]> {
    return new Promise((resolve, reject) => {
      if (this.current === 'lost') return reject(disconnected());
      const message = { id: this.nextId++, method, params };
      this.underway.set(message.id, { resolve: resolve as (value: unknown) => void, reject });
      if (this.link) this.link.send(message);
      else this.waiting.push(message);
    });
  }

  subscribe(listener: (event: CoreEvent) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  status(): ConnectionStatus {
    return this.current;
  }

  onStatus(listener: (status: ConnectionStatus) => void): () => void {
    this.statusListeners.add(listener);
    return () => void this.statusListeners.delete(listener);
  }

  receive(message: FromCore): void {
    if ('event' in message) {
      this.listeners.forEach((listener) => listener(message.event));
      return;
    }
    if ('error' in message && message.id === -1) {
      // The core could not read a message well enough to say which: none of them may wait for ever.
      for (const request of this.underway.values()) request.reject(new Refusal(message.error));
      this.underway.clear();
      return;
    }
    const request = this.underway.get(message.id);
    this.underway.delete(message.id);
    if ('error' in message) request?.reject(new Refusal(message.error));
    else request?.resolve(message.value);
  }

  opened(link: Link): void {
    this.link = link;
    this.setStatus('connected');
    for (const message of this.waiting.splice(0)) link.send(message);
  }

  /** The link broke: refuse what was under way on it, keep what still waits. */
  closed(): void {
    this.link = null;
    const kept = new Set(this.waiting.map((message) => message.id));
    for (const [id, request] of this.underway) {
      if (kept.has(id)) continue;
      this.underway.delete(id);
      request.reject(disconnected());
    }
    if (this.current === 'connected') this.setStatus('reconnecting');
  }

  /** Nothing came back for long: refuse what waits, so that the page can say so. */
  lost(): void {
    this.waiting.length = 0;
    this.closed();
    this.setStatus('lost');
  }

  private setStatus(status: ConnectionStatus): void {
    if (status === this.current) return;
    this.current = status;
    this.statusListeners.forEach((listener) => listener(status));
  }
}

/**
 * In Electron the preload posts a MessagePort to the window, and another one whenever the core was started again;
 * `elbo:port-lost` says that the core went away.
 */
export function connectPort(): Client {
  const connection = new Connection();
  window.addEventListener('message', (event: MessageEvent<{ type?: string } | null>) => {
    if (event.source !== window) return;
    if (event.data?.type === 'elbo:port-lost') connection.closed();
    const port = event.ports[0];
    if (event.data?.type !== 'elbo:port' || !port) return;
    connection.closed();
    port.onmessage = (answer: MessageEvent<FromCore>) => connection.receive(answer.data);
    connection.opened({ send: (message) => port.postMessage(message) });
  });
  return connection;
}

const firstWaitMs = 250;
const longestWaitMs = 8000;
/** After so many failures in a row (about half a minute) the page says that the core is gone, and goes on trying. */
const failuresUntilLost = 8;

/** The served page: a WebSocket to where the page came from, tried again with growing waits. */
export function connectSocket(address = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/socket`): Client {
  const connection = new Connection();
  let failures = 0;
  const connect = (): void => {
    const socket = new WebSocket(address);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      failures = 0;
      connection.opened({ send: (message) => socket.send(pack(message)) });
    };
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => connection.receive(unpack(new Uint8Array(event.data)) as FromCore);
    socket.onclose = () => {
      connection.closed();
      failures += 1;
      if (failures >= failuresUntilLost) connection.lost();
      window.setTimeout(connect, Math.min(longestWaitMs, firstWaitMs * 2 ** (failures - 1)));
    };
  };
  connect();
  return connection;
}

/** The client for wherever this page runs. */
export const connect = (): Client => (location.protocol === 'elbo:' ? connectPort() : connectSocket());
