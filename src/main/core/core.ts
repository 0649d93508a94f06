import type { Core, FromCore } from '../../contract/api';
import type { EngineCommand } from './launch-engine';

export interface CoreOptions {
  /** The store's folder; made if it is not there. */
  home: string;
  /** The folder of built-in data sets and recipes. */
  resources: string;
  /** How engines are started; by default `engine.js` beside this bundle, on a plain Node. */
  engineCommand?: EngineCommand;
  /** Publish what other processes write to the same store. Off for a command that runs once. */
  watch?: boolean;
}

/** Opens the store, marks runs whose process is gone as interrupted, installs the built-in data sets. @throws Refusal */
export async function createCore(options: CoreOptions): Promise<Core> {
  throw new Error(`not yet ${options.home}`);
}

/** Answers one message of a transport. Whatever `message` is, the answer is a value; its id is -1 where the message has none. */
export async function handle(core: Core, message: unknown): Promise<Exclude<FromCore, { event: unknown }>> {
  throw new Error(`not yet ${String(core)} ${String(message)}`);
}
