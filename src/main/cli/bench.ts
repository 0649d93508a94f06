import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import { peers, type Peer } from '../../../bench/peers';
import { endAll } from '../../../bench/processes';
import { runBench, sameWork } from '../../../bench/run';
import { asMarkdown, asText, withTable } from '../../../bench/tables';
import { workloads } from '../../../bench/workloads';
import { refuse } from '../../contract/errors';
import { resourcesFolder } from '../resources';
import { exitCodeOf } from './follow';
import { print, printJson, say } from './output';

interface Options {
  only?: string;
  peers: string;
  seconds: number;
  quick?: true;
  check?: true;
  markdown?: true;
  json?: true;
}

const quick = { seconds: 1, rounds: 1 };

const named = (text: string): string[] => text.split(',').map((name) => name.trim());

function peersFrom(text: string): readonly Peer[] {
  if (text === 'none') return [];
  if (text === 'all') return peers;
  return named(text).map((name) => peers.find((peer) => peer.startsWith(name) || (peer === 'tensorflow' && name === 'tf')) ?? refuse('bad-request', `There is no peer "${name}".`, { where: '--peers', repair: `Choose of ${peers.join(', ')}; or all, or none.` }));
}

/** `elbo bench`: docs/performance.md. */
export function addBench(program: Command, json: Option): void {
  program
    .command('bench')
    .description('time training steps and sampling, and the same in PyTorch, JAX and TensorFlow, which are fetched into a folder of their own')
    .option('--only <ids>', 'of the workloads W1 to W9, with commas between them')
    .option('--peers <names>', 'of torch, jax, tensorflow; or all, or none', 'all')
    .addOption(new Option('--seconds <n>', 'length of one measurement').argParser(Number).default(3))
    .option('--quick', 'one round of a second: to see that everything runs')
    .option('--check', 'only compare the losses of five steps with the peers')
    .option('--markdown', 'write the tables into docs/performance.md, too; of all workloads and peers only')
    .addOption(json)
    .action(async ({ only, peers: wanted, seconds, quick: quickly, check, markdown, json: asJson }: Options) => {
      if (markdown && (only !== undefined || wanted !== 'all' || quickly || check))
        refuse('bad-request', 'The page has every workload beside every peer, and would lose what is not measured.', { where: '--markdown', repair: 'Leave out --only, --peers, --quick and --check, or --markdown.' });
      if (!(seconds > 0)) refuse('bad-request', 'The length of a measurement is not a number above 0.', { where: '--seconds' });
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
        process.on(signal, () => {
          endAll();
          process.exit(exitCodeOf(signal));
        });
      const result = await runBench({ only: only ? named(only) : Object.keys(workloads), peers: peersFrom(wanted), seconds, rounds: 2, ...(quickly && quick), checkOnly: check === true }, say);
      if (markdown) {
        const page = join(dirname(resourcesFolder()), 'docs', 'performance.md');
        writeFileSync(page, withTable(readFileSync(page, 'utf8'), asMarkdown(result)));
      }
      if (asJson) printJson(result);
      else print(asText(result));
      if (!result.rows.every(sameWork)) process.exitCode = 1;
    });
}
