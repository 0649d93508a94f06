import type { FromCore } from '../../contract/api';
import type { ElboError } from '../../contract/errors';

// Between a host and the core's process. A `utilityProcess` is handed a port with each `connect`; to a child process the
// messages of every port are relayed, by the number of the connection.

export type ToCoreProcess =
  | { type: 'connect'; connection: number }
  | { type: 'message'; connection: number; message: unknown }
  | { type: 'disconnect'; connection: number }
  /** Stop every run with a checkpoint, close the store and leave. */
  | { type: 'close' };

export type FromCoreProcess =
  /** The store is open: connect now. */
  | { type: 'ready' }
  /** The store cannot be opened; the process leaves. */
  | { type: 'refused'; error: ElboError }
  | { type: 'message'; connection: number; message: FromCore };
