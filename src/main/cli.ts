import { Command, CommanderError, Option } from 'commander';
import { version } from '../../package.json';
import type { Core } from '../contract/api';
import { errorFrom, type ElboError } from '../contract/errors';
import { compileModes } from '../contract/experiment';
import type { RunSummary } from '../contract/runs';
import { whenInWords } from '../contract/settings';
import { experimentFrom, type TrainOptions } from './cli/arguments';
import { addData, importTable } from './cli/data';
import { addBench } from './cli/bench';
import { exitCodeOf, follow, onInterrupt, sayStarted } from './cli/follow';
import { idOf, json, show, whole, withCore, type Json } from './cli/shared';
import { addMeasure } from './cli/measure';
import { addRecipe } from './cli/recipe';
import { addTrained } from './cli/trained';
import { checkLine, describeError, evaluationTable, print, printJson, round, runDetail, runTable, say, table } from './cli/output';

// Exit codes: 0 done; 1 a run failed or a check did not pass; 2 a command line or an input was refused; 130 Ctrl+C.
const program = new Command('elbo').description('A workbench for likelihood-based generative models.').version(version).exitOverride().showHelpAfterError('("elbo --help" and "elbo COMMAND --help" say more)');

program
  .command('doctor')
  .description('what this machine computes with, where that was looked for, what would be faster')
  .addOption(json())
  .action((options: Json) =>
    withCore(async (core) => {
      const doctor = await core.call('system.doctor', {});
      const { compute, versions, findings } = doctor;
      const text = [
        `compute   ${compute.library} on ${compute.device}`,
        `why       ${compute.why}`,
        ...(compute.faster ? [`faster    ${compute.faster}`] : []),
        '',
        ...Object.entries(versions).map(([name, number]) => `${name.padEnd(18)}${number}`),
        '',
        ...findings.map(({ subject, state, text: found, where, repair }) => `${state.padEnd(8)}${subject}: ${found}${where ? `\n        ${where}` : ''}${repair ? `\n        ${repair}` : ''}`),
      ].join('\n');
      show(options, doctor, text);
      return compute.backend === 'none' ? 1 : 0;
    }),
  );

program
  .command('models')
  .description('the models there are, their settings and their presets')
  .addOption(json())
  .action((options: Json) =>
    withCore(async (core) => {
      const models = await core.call('models.list', {});
      const describe = models.map(({ id, title, summary, settings, presets }) => {
        const fields = settings.map(({ key, default: value, unit, help, choices, when }) => [`  ${key}`, `= ${String(value)}${unit ? ` ${unit}` : ''}`, [help, choices && `One of ${choices.join(', ')}.`, when && `Only with ${whenInWords({ when })}.`].filter(Boolean).join(' ')]);
        const named = presets.map((preset) => [`  ${preset.id}`, `${preset.title}: ${preset.summary}`]);
        return [`${id}: ${title}. ${summary}`, table(['  setting', 'default', ''], fields), ...(named.length > 0 ? [table(['  preset', ''], named)] : [])].join('\n');
      });
      show(options, models, describe.join('\n\n'));
    }),
  );

addData(program);

program
  .command('train')
  .description('train a model')
  .argument('<experiment>', 'an experiment file, or the id of a model or preset')
  .option('--data <id>', 'the data set; or a CSV, NPY or NPZ file, which is imported first')
  .option('--set <key=value>', 'a setting of the model, of training (steps, batch, learningRate, schedule, evaluateEvery), or binarisation; one that both have as settings.KEY or training.KEY; may be given again', (pair: string, pairs: string[]) => [...pairs, pair], [])
  .option('--seed <n>', 'of parameters, noise and order', whole)
  .option('--steps <n>', 'length of training', whole)
  .addOption(new Option('--compile <how>', 'run a step as one native call: the graph, XLA, the faster of the two, or op by op').choices(compileModes))
  .option('--name <name>')
  .addOption(json())
  .action((what: string, options: TrainOptions & Json) =>
    withCore(async (core) => {
      const table = options.data === undefined ? null : await importTable(core, options.data);
      const { experiment, notes } = experimentFrom(what, { ...options, ...(table && { data: table.id }) }, await core.call('datasets.list', {}));
      if (table) notes.push(table.note);
      for (const note of notes) say(note);
      return finish(core, await core.call('runs.create', { experiment }), options, notes);
    }),
  );

addRecipe(program);

program
  .command('runs')
  .description('the runs there are, newest first')
  .addOption(json())
  .action((options: Json) =>
    withCore(async (core) => {
      const runs = await core.call('runs.list', {});
      show(options, runs, runTable(runs));
    }),
  );

const run = (name: string, description: string): Command => program.command(name).description(description).argument('<run>', 'its id, the beginning of its id, or its name').addOption(json());

run('show', 'everything about a run').action((given: string, options: Json) =>
  withCore(async (core) => {
    const detail = await core.call('runs.get', { id: await idOf(core, given) });
    show(options, detail, runDetail(detail));
  }),
);

run('metrics', 'every stored metric of a run')
  .addOption(new Option('--csv', 'as lines of step,split,series,unit,value').conflicts('json'))
  .action((given: string, options: Json & { csv?: true }) =>
    withCore(async (core) => {
      await printMetrics(core, await idOf(core, given), options);
    }),
  );

run('log', 'what happened to a run, and what its engine printed').action((given: string, options: Json) =>
  withCore(async (core) => {
    const log = await core.call('runs.log', { id: await idOf(core, given) });
    show(options, log, log.trimEnd());
  }),
);

run('resume', 'go on with a stopped, failed or interrupted run from its last checkpoint').action((given: string, options: Json) =>
  withCore(async (core) => finish(core, await core.call('runs.resume', { id: await idOf(core, given) }), options)),
);

run('rm', 'remove a run with its metrics and checkpoints').action((given: string, options: Json) =>
  withCore(async (core) => {
    const id = await idOf(core, given);
    await core.call('runs.remove', { id });
    show(options, { removed: id }, `removed ${id}`);
  }),
);

program
  .command('serve')
  .description('serve the workbench to a browser on this machine')
  .option('--port <n>', 'port to listen on; 0 takes any free one', whole, 0)
  .option('--host <address>', 'address to listen on; any but a loopback address shows everything to the network, unencrypted')
  .action(({ port, host }: { port: number; host?: string }) =>
    withCore(
      async (core) => {
        const { serve } = await import('./serve');
        const server = await serve(core, { port, ...(host !== undefined && { host }) });
        print(server.url);
        const signal = await new Promise<NodeJS.Signals>(onInterrupt);
        say('Stopping: every run that trains gets a checkpoint.');
        await server.close();
        return exitCodeOf(signal);
      },
      { watch: true },
    ),
  );

addMeasure(program);
addTrained(program);
addBench(program, json());

/** Follows a run to its end and prints what came out. @returns the exit code */
async function finish(core: Core, started: RunSummary, options: Json, notes: string[] = []): Promise<number> {
  sayStarted(started);
  const { run: ended, signal } = await follow(core, started);
  if (options.json) printJson({ ...ended, ...(notes.length > 0 && { notes }) });
  else if (ended.status === 'done') print([evaluationTable(ended.evaluations), ...ended.checks.map(checkLine)].join('\n\n'));
  if (!options.json && ended.error) say(describeError(ended.error));
  if (ended.status === 'stopped') say(`stopped at step ${ended.step} with a checkpoint; "elbo resume ${ended.id}" goes on`);
  if (signal) return exitCodeOf(signal);
  return ended.status === 'done' && ended.checks.every(({ passed }) => passed) ? 0 : 1;
}

/** In windows of steps that are small enough to come whole. */
async function printMetrics(core: Core, id: string, { json: asJson, csv }: Json & { csv?: true }): Promise<void> {
  const { step: lastStep, latest } = await core.call('runs.get', { id });
  if (!asJson && !csv) return print(table(['series', 'last value'], Object.entries(latest).map(([name, value]) => [name, round(value)])));
  const windowSteps = 50_000;
  const rows: { step: number; split: string; series: string; unit: string; value: number }[] = [];
  if (csv) print('step,split,series,unit,value');
  for (let from = 0; from <= lastStep; from += windowSteps) {
    const curves = await core.call('runs.curves', { id, points: 2 * windowSteps, from, to: from + windowSteps - 1 });
    for (const { name, split, unit, steps, values } of curves)
      for (const [i, step] of steps.entries())
        if (csv) print([step, split, name, unit, values[i]].join(','));
        else rows.push({ step, split, series: name, unit, value: values[i] ?? NaN });
  }
  if (asJson) printJson(rows);
}

function fail(error: ElboError): void {
  if (process.argv.includes('--json')) printJson({ error });
  else say(describeError(error));
  process.exitCode = error.code === 'bug' ? 1 : 2;
}

// Whoever reads the output may leave early, as `head` does.
process.stdout.on('error', () => process.exit(0));

program.parseAsync().catch((thrown: unknown) => {
  if (!(thrown instanceof CommanderError)) return fail(errorFrom(thrown));
  // Commander has said what is wrong, unless someone waits for JSON.
  process.exitCode = thrown.exitCode === 0 ? 0 : 2;
  if (thrown.exitCode !== 0 && process.argv.includes('--json')) printJson({ error: { code: 'bad-request', message: thrown.message.replace(/^error: /, '') } satisfies ElboError });
});
