import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { identify, isAlive, self } from './owner';

it('knows this process, and none that has its pid but began at another time', () => {
  expect(isAlive(self)).toBe(true);
  expect(isAlive(`${process.pid}:1`)).toBe(process.platform !== 'linux' && self === `${process.pid}:1`);
});

it('knows that a process has gone', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)']);
  const owner = identify(child.pid ?? 0) ?? '';
  expect(isAlive(owner)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isAlive(owner)).toBe(false);
  expect(isAlive('')).toBe(false);
  expect(isAlive('nonsense:0')).toBe(false);
});
