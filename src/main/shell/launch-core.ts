import { spawn } from 'node:child_process';
import { utilityProcess, type MessagePortMain } from 'electron';
import type { FromCoreProcess, ToCoreProcess } from '../transport/core-channel';

/** A running core process, however it was started. */
export interface CoreProcess {
  /** Serves the core over `port`. */
  connect(port: MessagePortMain): void;
  /** Asks it to stop every run with a checkpoint and to leave. */
  close(): void;
  kill(): void;
}

export interface CoreProcessEvents {
  told(message: Exclude<FromCoreProcess, { type: 'message' }>): void;
  exited(how: string): void;
}

export type LaunchCore = (events: CoreProcessEvents) => CoreProcess;

/** SQLite's binding needs this Node; older Electrons carry an older one. */
const oldestNode = 22;
export const electronCanRunCore = (version = process.versions.node): boolean => Number.parseInt(version, 10) >= oldestNode;

/** The core under Electron's own Node. The page's messages go straight to it. */
export const launchUtility =
  (script: string): LaunchCore =>
  (events) => {
    const child = utilityProcess.fork(script, [], { serviceName: 'Elbo core', stdio: 'inherit' });
    child.on('message', (message: Parameters<CoreProcessEvents['told']>[0]) => events.told(message));
    child.once('exit', (code) => events.exited(`exit code ${code}`));
    const tell = (message: ToCoreProcess, ports: MessagePortMain[] = []): void => child.postMessage(message, ports);
    return {
      connect: (port) => tell({ type: 'connect', connection: 0 }, [port]),
      close: () => tell({ type: 'close' }),
      kill: () => void child.kill(),
    };
  };

/** The core on another Node. This process relays between its ports and the child's channel. */
export const launchChild =
  (node: string, script: string): LaunchCore =>
  (events) => {
    const child = spawn(node, [script], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
      // A group of its own: Ctrl+C in a terminal is for this process, which then stops the core in good order.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    const ports = new Map<number, MessagePortMain>();
    let connections = 0;
    const tell = (message: ToCoreProcess): void => {
      // A child that is going away is reported by its exit.
      if (child.connected) child.send(message, () => undefined);
    };
    const gone = (how: string): void => {
      for (const port of ports.values()) port.close();
      ports.clear();
      events.exited(how);
    };
    child.on('message', (message: FromCoreProcess) => {
      if (message.type === 'message') ports.get(message.connection)?.postMessage(message.message);
      else events.told(message);
    });
    child.once('error', (error) => child.pid === undefined && gone(error.message));
    child.once('exit', (code, signal) => gone(signal ?? `exit code ${code}`));
    return {
      connect(port) {
        const connection = connections++;
        ports.set(connection, port);
        tell({ type: 'connect', connection });
        port.on('message', ({ data }) => tell({ type: 'message', connection, message: data as unknown }));
        port.on('close', () => {
          if (ports.delete(connection)) tell({ type: 'disconnect', connection });
        });
        port.start();
      },
      close: () => tell({ type: 'close' }),
      kill: () => void child.kill('SIGKILL'),
    };
  };
