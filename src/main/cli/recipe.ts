import { SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import type { Core } from '../../contract/api';
import { errorFrom, refuse, type ElboError } from '../../contract/errors';
import { checkInWords, measurementInWords, runsOf, type Execution, type Recipe } from '../../contract/recipes';
import { activeStatuses, type CheckResult, type Evaluation, type RunSummary } from '../../contract/runs';
import { duration, exitCodeOf, onInterrupt } from './follow';
import { describeError, print, printJson, round, say, table } from './output';
import { json, show, whole, withCore, type Json } from './shared';

interface StartOptions {
  seed?: number;
  full?: boolean;
  resume?: true;
}

/** What running a recipe gave, for scripts: its runs with all that was measured of them. */
type Ran = { recipe: string; seconds: number } & ((Omit<Execution, 'runs'> & { runs: (RunSummary & { evaluations: Evaluation[] })[] }) | { error: ElboError });

/** `elbo recipes` and `elbo recipe`. */
export function addRecipe(program: Command): void {
  program
    .command('recipes')
    .description('experiments that show what the lectures claim; of those named, everything')
    .argument('[id...]')
    .addOption(json())
    .action((ids: string[], options: Json) =>
      withCore(async (core) => {
        const recipes = await recipesOf(core, ids);
        show(options, recipes, ids.length > 0 ? recipes.map(describe).join('\n\n') : listing(recipes));
      }),
    );

  program
    .command('recipe')
    .description('run recipes, one after another: train all their runs, measure them, and evaluate their checks')
    .argument('[id...]')
    .option('--all', 'every recipe there is')
    .option('--seed <n>', "with this one alone, instead of the recipe's own", whole)
    .option('--full', 'in the size for a GPU')
    .option('--resume', 'go on with what was started last in this size, or start it where it never was')
    .addOption(json())
    .action((ids: string[], { all, ...options }: StartOptions & Json & { all?: true }) =>
      withCore(async (core) => {
        if (ids.length === 0 && !all) refuse('bad-request', 'No recipe is named.', { where: 'id', repair: 'Name one or more ("elbo recipes" lists them), or ask for --all.' });
        const recipes = await recipesOf(core, all ? [] : ids);
        const left = all && options.full ? recipes.filter(({ full }) => !full) : [];
        for (const { id, oneSize } of left) say(`left out: ${id} has no full size${oneSize === undefined ? '' : `: ${oneSize}`}`);
        return runAll(core, recipes.filter((recipe) => !left.includes(recipe)), options);
      }),
    );
}

/** Those of the ids, or all; what could not be read is told. @throws Refusal `not-found` */
async function recipesOf(core: Core, ids: string[]): Promise<Recipe[]> {
  const recipes = await core.call('recipes.list', {});
  for (const { where, message } of await core.call('recipes.problems', {})) say(`left out: ${where ?? 'a recipe'}: ${message}`);
  if (ids.length === 0) return recipes;
  return ids.map((id) => recipes.find((recipe) => recipe.id === id) ?? refuse('not-found', `There is no recipe "${id}".`, { where: 'id', repair: `Choose one of ${recipes.map((known) => known.id).join(', ')}.` }));
}

/** @returns the exit code: 0 when every check of every recipe passed */
async function runAll(core: Core, recipes: Recipe[], { json: asJson, ...options }: StartOptions & Json): Promise<number> {
  let signal: NodeJS.Signals | null = null;
  let going: string | null = null;
  onInterrupt((name) => {
    signal = name;
    if (going !== null) core.call('recipes.stop', { execution: going }).catch(() => undefined);
  });
  const ran: Ran[] = [];
  for (const recipe of recipes) {
    if (signal) break;
    const begun = performance.now();
    const seconds = (): number => Math.round((performance.now() - begun) / 100) / 10;
    try {
      const started = await start(core, recipe.id, options);
      going = started.id;
      const execution = await follow(core, started);
      const runs = await Promise.all(execution.runs.map(async (run) => ({ ...run, evaluations: (await core.call('runs.get', { id: run.id })).evaluations })));
      ran.push({ ...execution, runs, seconds: seconds() });
    } catch (thrown) {
      // One that cannot be run here does not keep the others from it.
      if (recipes.length === 1) throw thrown;
      ran.push({ recipe: recipe.id, error: errorFrom(thrown), seconds: seconds() });
    }
    const last = ran.at(-1);
    if (last && !asJson) print(report(recipe, last));
  }
  if (asJson) printJson(recipes.length === 1 ? ran[0] : ran);
  else if (recipes.length > 1) print(summary(ran));
  if (signal) return exitCodeOf(signal);
  return ran.every(passed) ? 0 : 1;
}

const passed = (ran: Ran): boolean => !('error' in ran) && ran.state === 'done' && ran.checks.every((check) => check.passed);

async function start(core: Core, id: string, { resume, ...options }: StartOptions): Promise<Execution> {
  const newest = resume && (await newestOf(core, id, options.full ?? false));
  if (!newest) return core.call('recipes.start', { id, ...options });
  const { id: execution, state, runs } = newest;
  if (state === 'training') refuse('conflict', `Another Elbo trains "${id}" now.`, { where: `execution ${execution}`, repair: 'Wait for it, or stop it there.' });
  const open = runs.filter(({ status }) => status !== 'done');
  for (const run of open) await core.call('runs.resume', { id: run.id });
  if (state === 'ended' && open.length === 0) return core.call('recipes.measure', { execution });
  return core.call('recipes.execution', { execution });
}

/** What was started last of a recipe in that size. */
async function newestOf(core: Core, id: string, full: boolean): Promise<Execution | undefined> {
  const started = (await core.call('runs.list', {})).flatMap(({ recipe, execution }) => (recipe === id && execution !== null ? execution : []));
  for (const execution of new Set(started)) {
    const found = await core.call('recipes.execution', { execution });
    if (found.full === full) return found;
  }
  return undefined;
}

/** Waits until a recipe has come to its end. */
async function follow(core: Core, { id, recipe, runs }: Execution): Promise<Execution> {
  say(`${recipe}: ${runs.length} ${runs.length === 1 ? 'run' : 'runs'}`);
  const bar = process.stderr.isTTY ? new SingleBar({ format: '{bar} {percentage}%  {what}', barsize: 24, hideCursor: true }) : null;
  const now = new Map(runs.map((run) => [run.id, run]));
  const total = runs.reduce((sum, { experiment }) => sum + experiment.training.steps, 0);
  const trained = (): number => [...now.values()].reduce((sum, { step }) => sum + step, 0);
  bar?.start(total, trained(), { what: 'starting' });

  let unsubscribe = (): void => undefined;
  const ended = await new Promise<Execution>((resolve, reject) => {
    let measuring = false;
    const hear = (execution: Execution): void => {
      if (execution.state === 'measuring' && !measuring && !bar) say('measuring');
      measuring = execution.state === 'measuring';
      if (execution.state === 'done' || execution.state === 'ended') resolve(execution);
    };
    unsubscribe = core.subscribe((event) => {
      if (event.type === 'execution' && event.execution.id === id) hear(event.execution);
      else if (event.type === 'run' && now.has(event.run.id)) {
        const { name, status } = event.run;
        if (!bar && status !== now.get(event.run.id)?.status && !activeStatuses.includes(status)) say(`${status}: ${name}`);
        now.set(event.run.id, event.run);
        if (!measuring) bar?.update(trained(), { what: name });
      } else if (event.type === 'progress' && event.what.startsWith('measure ')) bar?.update(total, { what: `measuring ${now.get(event.what.slice(8))?.name ?? ''}, ${event.done} of ${event.total}` });
    });
    // It may have ended before anyone listened.
    core.call('recipes.execution', { execution: id }).then(hear, reject);
  });
  unsubscribe();
  bar?.stop();
  return ended;
}

function report({ title, id }: Recipe, ran: Ran): string {
  const head = `${title} (${id}): ${outcome(ran)}, ${duration(ran.seconds)}`;
  if ('error' in ran) return `${head}\n${describeError(ran.error)}\n`;
  const { runs, problems, checks } = ran;
  return [
    `${head}\n`,
    table(['run', 'status', 'steps', 'time', 'id'], runs.map(({ name, status, step, experiment, startedAt, endedAt, id: run }) => [name, status, `${step} of ${experiment.training.steps}`, startedAt && endedAt ? duration((Date.parse(endedAt) - Date.parse(startedAt)) / 1000) : '', run])),
    ...runs.flatMap(({ name, error }) => (error ? [`${name}: ${error.message}`] : [])),
    ...problems.map((problem) => `not measured: ${problem}`),
    ...(checks.length > 0 ? ['', checkTable(checks)] : []),
    '',
  ].join('\n');
}

/** A line for each check, and below it what it rests on. */
function checkTable(checks: CheckResult[]): string {
  const [head = '', ...rows] = table(['', 'check', 'value', 'wanted'], checks.map(({ passed, title, value, threshold }) => [passed ? 'passed' : 'FAILED', title, Number.isFinite(value) ? round(value) : 'none', threshold])).split('\n');
  return [head, ...rows.flatMap((row, i) => [row, `        ${checks[i]?.evidence ?? ''}`])].join('\n');
}

function outcome(ran: Ran): string {
  if ('error' in ran) return 'REFUSED';
  if (passed(ran)) return 'passed';
  const failed = ran.checks.filter((check) => !check.passed).length;
  return failed > 0 ? `FAILED ${failed} of ${ran.checks.length} checks` : 'NOT DONE';
}

const summary = (ran: Ran[]): string => {
  const rows = ran.map((each) => [each.recipe, outcome(each), duration(each.seconds), 'error' in each ? each.error.message : each.checks.filter((check) => !check.passed).map(({ title }) => title).join('; ')]);
  const total = ran.reduce((sum, { seconds }) => sum + seconds, 0);
  return `${table(['recipe', '', 'time', ''], rows)}\n${ran.filter(passed).length} of ${ran.length} passed, ${duration(total)}`;
};

/** A line for each, under their themes. */
function listing(recipes: Recipe[]): string {
  const rows = table(['recipe', 'lecture', 'runs', 'minutes', ''], recipes.map((recipe) => [`  ${recipe.id}`, recipe.lectures.join(', '), runsOf(recipe).length, recipe.minutes, recipe.title])).split('\n');
  const lines = recipes.flatMap(({ theme }, i) => [...(theme !== recipes[i - 1]?.theme ? ['', theme ?? ''] : []), rows[i + 1] ?? '']);
  return [rows[0], ...lines, '', '"elbo recipes ID" says what one claims, runs and checks; "elbo recipe ID" runs it.'].join('\n');
}

const sizeInWords = ({ size }: Recipe['checks'][number] | Recipe['measurements'][number]): string => (size === undefined ? '' : ` (${size} size alone)`);

function describe(recipe: Recipe): string {
  const { id, title, lectures, minutes, claim, lookAt, experiment, variants, seeds, full, oneSize, measurements, checks } = recipe;
  const { model, data, binarisation, training } = experiment;
  const fact = (name: string, ...lines: string[]): string[] => lines.map((line, i) => `  ${(i === 0 ? name : '').padEnd(12)}${line}`);
  return [
    `${id}: ${title} (lecture ${lectures.join(', ')}; about ${minutes} min)`,
    ...fact('claim', claim),
    ...fact('look at', lookAt),
    ...fact('experiment', `${model} on ${data}${binarisation === 'none' ? '' : `, ${binarisation}`}, ${training.steps} steps of ${training.batch}, ${JSON.stringify(experiment.settings)}`),
    ...fact('variants', ...Object.entries(variants ?? {}).map(([name, changes]) => `${name}: ${JSON.stringify(changes)}`)),
    ...fact('seeds', ...(seeds ? [seeds.join(', ')] : [])),
    ...fact('full size', ...(full ? [JSON.stringify(full)] : oneSize === undefined ? [] : [`none: ${oneSize}`])),
    ...fact('measured', ...measurements.map((each) => `${measurementInWords(each.measurement)}${each.variants ? ` of ${each.variants.join(', ')}` : ''}${sizeInWords(each)}`)),
    ...fact('checks', ...checks.map((check) => `${check.title}: ${checkInWords(check)}${sizeInWords(check)}`)),
  ].join('\n');
}
