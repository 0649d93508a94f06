import { expect, it } from 'vitest';
import { Link } from './link';

it('flush waits until what was sent last is on its way out', async () => {
  let leave: () => void = () => undefined;
  const link = new Link(() => new Promise<void>((resolve) => (leave = resolve)));
  link.send({ type: 'continued' });
  let flushed = false;
  const waiting = link.flush().then(() => (flushed = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(flushed).toBe(false);
  leave();
  await waiting;
  expect(flushed).toBe(true);
});
