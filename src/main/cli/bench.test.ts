import { Command, Option } from 'commander';
import { expect, it } from 'vitest';
import { addBench } from './bench';

it.each([['--only', 'W1'], ['--peers', 'none'], ['--quick'], ['--check']])('the page of all workloads and peers is not written of a part: %s', async (...part) => {
  const program = new Command();
  addBench(program, new Option('--json'));
  await expect(program.parseAsync(['bench', '--markdown', ...part], { from: 'user' })).rejects.toThrow(/would lose what is not measured/);
});
