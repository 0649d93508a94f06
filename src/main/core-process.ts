import type { ParentPort } from 'electron';
import type { Core } from '../contract/api';
import { errorFrom } from '../contract/errors';
import { createCore, handle } from './core/core';
import { defaultHome } from './core/home';
import { resourcesFolder } from './resources';
import { converse, endpoint } from './transport/connection';
import type { FromCoreProcess, ToCoreProcess } from './transport/core-channel';
import { servePort } from './transport/message-port';

// The core as a process of its own: under Electron's utilityProcess, or as a child of Electron's main process on a plain Node.

const parentPort = (process as { parentPort?: ParentPort }).parentPort;
const tell = (message: FromCoreProcess): void => void (parentPort ? parentPort.postMessage(message) : process.send?.(message));

// Ctrl+C in a terminal reaches every process of the group; the host decides, and says so.
process.on('SIGINT', () => undefined);

async function run(): Promise<void> {
  const core = await createCore({ home: defaultHome(), resources: resourcesFolder(), watch: true });
  let leaving: Promise<void> | undefined;
  const leave = (): void => {
    leaving ??= core.close().then(
      () => process.exit(0),
      (thrown: unknown) => {
        console.error(thrown);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', leave);
  if (parentPort) listenToPorts(parentPort, core, leave);
  else listenToParent(core, leave);
  tell({ type: 'ready' });
}

function listenToPorts(parent: ParentPort, core: Core, leave: () => void): void {
  parent.on('message', ({ data, ports: [port] }) => {
    const { type } = data as ToCoreProcess;
    if (type === 'connect' && port) servePort(endpoint(core, handle), port);
    if (type === 'close') leave();
  });
}

function listenToParent(core: Core, leave: () => void): void {
  const clients = new Map<number, ReturnType<typeof converse>>();
  process.on('message', (told: ToCoreProcess) => {
    if (told.type === 'close') return leave();
    const { connection } = told;
    if (told.type === 'connect') clients.set(connection, converse(endpoint(core, handle), (message) => tell({ type: 'message', connection, message })));
    if (told.type === 'message') clients.get(connection)?.receive(told.message);
    if (told.type === 'disconnect') {
      clients.get(connection)?.close();
      clients.delete(connection);
    }
  });
  // The host is gone: nobody can ask any more.
  process.on('disconnect', leave);
}

run().catch((thrown: unknown) => {
  tell({ type: 'refused', error: errorFrom(thrown) });
  process.exitCode = 1;
  // Leave once the refusal is on its way.
  setTimeout(() => process.exit(1), 500);
});
