import { expect, it } from 'vitest';
import { linesOf } from './progress';

it('tells a line every five seconds, and none of what is quick', () => {
  let now = 0;
  const lines: string[] = [];
  const progress = linesOf('draws', (line) => lines.push(line), () => now);
  for (let done = 0; done <= 12_000; done += 1000) {
    progress.tell(done, 12_000);
    now += 1000;
  }
  progress.stop();
  expect(lines).toEqual(['5,000 of 12,000 draws, 41 %', '10,000 of 12,000 draws, 83 %']);
});
