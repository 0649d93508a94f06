import type { FromCore } from '../../contract/api';
import { converse, type Endpoint } from './connection';

/** What Electron's MessagePortMain and a channel relayed through a parent process have in common. */
export interface Port {
  postMessage(message: FromCore): void;
  on(event: 'message', listener: (event: { data: unknown }) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  start(): void;
}

/** Serves the core over `port` until its other end closes. Messages are structured clones. */
export function servePort(core: Endpoint, port: Port): void {
  const client = converse(core, (message) => port.postMessage(message));
  port.on('message', (event) => client.receive(event.data));
  port.on('close', () => client.close());
  port.start();
}
