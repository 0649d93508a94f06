import { SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import type { Core } from '../../contract/api';
import type { Execution } from '../../contract/recipes';
import { exitCodeOf, onInterrupt } from './follow';
import { checkLine, print, printJson, say } from './output';
import { json, whole, withCore, type Json } from './shared';

export function addRecipe(program: Command): void {
  program
    .command('recipe')
    .description('run a recipe: train all its runs, measure them, and evaluate its checks')
    .argument('<id>')
    .option('--seed <n>', "with this one alone, instead of the recipe's own", whole)
    .option('--full', 'in the size for a GPU')
    .addOption(json())
    .action((id: string, { json: asJson, ...options }: Json & { seed?: number; full?: boolean }) =>
      withCore(async (core) => {
        const { execution, signal } = await followExecution(core, await core.call('recipes.start', { id, ...options }));
        if (asJson) printJson(execution);
        else report(execution);
        if (signal) return exitCodeOf(signal);
        return execution.state === 'done' && execution.checks.every(({ passed }) => passed) ? 0 : 1;
      }),
    );
}

function report({ runs, problems, checks }: Execution): void {
  for (const { name, status, error } of runs) if (status !== 'done') print(`${status}: ${name}${error ? `: ${error.message}` : ''}`);
  for (const problem of problems) print(`not measured: ${problem}`);
  for (const check of checks) print(checkLine(check));
}

/** Waits until a recipe has come to its end. The first Ctrl+C (or SIGTERM) stops it, its runs with checkpoints. */
async function followExecution(core: Core, started: Execution): Promise<{ execution: Execution; signal: NodeJS.Signals | null }> {
  const { id, runs } = started;
  say(`${started.recipe}: ${runs.length} ${runs.length === 1 ? 'run' : 'runs'}: ${runs.map(({ name }) => name).join('; ')}`);
  const bar = process.stderr.isTTY ? new SingleBar({ format: '{bar} {percentage}%  {what}', barsize: 24, hideCursor: true }) : null;
  const steps = new Map(runs.map((run) => [run.id, run.step]));
  const total = runs.reduce((sum, { experiment }) => sum + experiment.training.steps, 0);
  bar?.start(total, 0, { what: 'starting' });

  let signal: NodeJS.Signals | null = null;
  onInterrupt((name) => {
    signal = name;
    core.call('recipes.stop', { execution: id }).catch(() => undefined);
  });

  const execution = await new Promise<Execution>((resolve, reject) => {
    let said = '';
    const hear = (now: Execution): void => {
      if (now.state === 'measuring' && said !== now.state) say((said = now.state));
      if (now.state === 'done' || now.state === 'ended') resolve(now);
    };
    core.subscribe((event) => {
      if (event.type === 'execution' && event.execution.id === id) hear(event.execution);
      else if (event.type === 'run' && steps.has(event.run.id)) {
        steps.set(event.run.id, event.run.step);
        bar?.update([...steps.values()].reduce((sum, step) => sum + step, 0), { what: event.run.name });
      } else if (event.type === 'progress' && event.what.startsWith('measure ')) bar?.update(total, { what: `measuring, ${event.done} of ${event.total}` });
    });
    // It may have ended before anyone listened.
    core.call('recipes.execution', { execution: id }).then(hear, reject);
  });
  bar?.stop();
  return { execution, signal };
}
