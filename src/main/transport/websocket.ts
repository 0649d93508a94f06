import type { WebSocket } from 'ws';
import { pack, unpack } from '../../contract/wire';
import { converse, type Endpoint } from './connection';

/** The longest message a client may send: 10,000 codes of 100 numbers, and some. */
export const maxMessageBytes = 16 * 2 ** 20;
/** A client that lets this much pile up unread is let go; it connects again and asks anew. */
const maxUnreadBytes = 256 * 2 ** 20;

/** Serves the core over `socket` until it closes. Messages are binary frames of `contract/wire`. */
export function serveSocket(core: Endpoint, socket: WebSocket): void {
  const client = converse(core, (message) => {
    if (socket.bufferedAmount > maxUnreadBytes) socket.terminate();
    else if (socket.readyState === socket.OPEN) socket.send(pack(message));
  });
  socket.on('message', (data, isBinary) => client.receive(isBinary ? unpacked(data as Buffer) : undefined));
  socket.on('close', () => client.close());
  // A frame that is too long or malformed: ws closes the socket by itself.
  socket.on('error', () => undefined);
}

/** Undefined, which every core refuses, for bytes that are no message. */
function unpacked(bytes: Buffer): unknown {
  try {
    return unpack(bytes);
  } catch {
    return undefined;
  }
}
