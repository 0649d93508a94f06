import type { Core, CoreEvent, FromCore } from '../../contract/api';
import { errorFrom } from '../../contract/errors';

/** The core as a transport sees it: any message in, a value out. */
export interface Endpoint {
  /** Answers one message; junk gets an error whose id is -1. */
  handle(message: unknown): Promise<Exclude<FromCore, { event: unknown }>>;
  subscribe(listener: (event: CoreEvent) => void): () => void;
}

/** The endpoint of a core; `handle` is the core room's own. */
export const endpoint = (core: Core, handle: (core: Core, message: unknown) => ReturnType<Endpoint['handle']>): Endpoint => ({
  handle: (message) => handle(core, message),
  subscribe: (listener) => core.subscribe(listener),
});

/** How many requests of one client may be under way; more are refused, so that no client can fill the core's memory. */
const underwayAtMost = 1000;

/**
 * One client: answers what `receive` is given and sends what the core publishes, until `close`.
 * @param send puts a message on the wire; must not throw after `close`
 */
export function converse(core: Endpoint, send: (message: FromCore) => void): { receive(message: unknown): void; close(): void } {
  let open = true;
  let underway = 0;
  const reply = (message: FromCore): void => {
    if (open) send(message);
  };
  const unsubscribe = core.subscribe((event) => reply({ event }));
  return {
    receive(message) {
      if (!open) return;
      if (underway >= underwayAtMost) {
        const id = (message as { id?: unknown } | null)?.id;
        return reply({
          id: typeof id === 'number' ? id : -1,
          error: { code: 'bad-request', message: `More than ${underwayAtMost} requests are under way.`, repair: 'Wait for an answer before asking again.' },
        });
      }
      underway += 1;
      core
        .handle(message)
        .catch((thrown: unknown) => ({ id: -1, error: errorFrom(thrown) }))
        .then(reply)
        .finally(() => (underway -= 1));
    },
    close() {
      open = false;
      unsubscribe();
    },
  };
}
