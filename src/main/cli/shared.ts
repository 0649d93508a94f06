import { InvalidArgumentError, Option } from 'commander';
import type { Core } from '../../contract/api';
import { refuse } from '../../contract/errors';
import { createCore } from '../core/core';
import { defaultHome } from '../core/home';
import { resourcesFolder } from '../resources';
import { print, printJson } from './output';

export interface Json {
  json?: true;
}

export const json = (): Option => new Option('--json', 'print one JSON value');

/** The value of an option that is a whole number. */
export function whole(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It is not a whole number.');
  return Number(text);
}

/** The value of an option that is a number. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It is not a number.');
  return value;
}

export function show({ json: asJson }: Json, value: unknown, text: string): void {
  if (asJson) printJson(value);
  else print(text);
}

/** Does something with a core, and closes it. @returns the exit code that `action` asks for, else 0 */
export async function withCore(action: (core: Core) => Promise<number | undefined>, { watch = false } = {}): Promise<void> {
  const core = await createCore({ home: defaultHome(), resources: resourcesFolder(), watch });
  try {
    process.exitCode = (await action(core)) ?? 0;
  } finally {
    await core.close();
  }
}

/** The run of that id, name, or beginning of an id. @throws Refusal when there is none, or more than one */
export async function idOf(core: Core, given: string): Promise<string> {
  const runs = await core.call('runs.list', {});
  const matching = [runs.filter(({ id }) => id === given), runs.filter(({ name }) => name === given), runs.filter(({ id }) => id.startsWith(given))].find((found) => found.length > 0) ?? [];
  const [only, another] = matching;
  if (!only) return refuse('not-found', `There is no run "${given}".`, { repair: '"elbo runs" lists them.' });
  if (another) return refuse('bad-request', `"${given}" may be any of ${matching.map(({ id }) => id).join(', ')}.`, { repair: 'Give the whole id.' });
  return only.id;
}
