import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { CoreEvent, ParsedParams } from '../../contract/api';
import { errorFrom, refuse, type ElboError } from '../../contract/errors';
import { parse } from '../../contract/parse';
import { measurementsOf, ofSize, recipeSchema, runsOf, type Execution, type Recipe } from '../../contract/recipes';
import { activeStatuses, type CheckResult } from '../../contract/runs';
import { evaluateCheck } from '../grading/checks';
import type { Store, StoredRun } from '../store/store';
import { completeExperiment } from './experiments';
import type { Datasets } from './datasets';
import type { Runs } from './runs';

/** By the tens of the number that a recipe's file name begins with. */
const themes = ['Other', 'Autoencoders', 'Variational autoencoders', 'Evaluation and collapse', 'Disentanglement', 'Hierarchies and priors', 'Autoregressive models', 'Flows', 'Limits of likelihood'];

export interface RecipeFiles {
  /** Those that come with Elbo, in the order of their file names, which begin with a number; then a person's own. */
  recipes: Recipe[];
  /** Why a file is not among them: it breaks a rule (`bad-experiment`, naming file and field), or an earlier one has its id (`conflict`). */
  problems: ElboError[];
}

/** What lies in the folders `recipes` of Elbo's resources and of the store. */
export function readRecipes(resources: string, home: string): RecipeFiles {
  const shipped = pathsIn(join(resources, 'recipes')).map((path) => ({ path, theme: themes[Math.floor(parseInt(basename(path), 10) / 10)] ?? 'Other' }));
  const own = pathsIn(join(home, 'recipes')).map((path) => ({ path, theme: 'Your own' }));
  const recipes: Recipe[] = [];
  const problems: ElboError[] = [];
  const pathOf = new Map<string, string>();
  for (const { path, theme } of [...shipped, ...own]) {
    try {
      const recipe = readRecipe(path);
      const taken = pathOf.get(recipe.id);
      if (taken !== undefined) refuse('conflict', `There are two recipes "${recipe.id}".`, { where: path, repair: `Give this one another id: ${taken} has it already.` });
      pathOf.set(recipe.id, path);
      recipes.push({ ...recipe, theme });
    } catch (thrown) {
      problems.push(errorFrom(thrown));
    }
  }
  return { recipes, problems };
}

const pathsIn = (folder: string): string[] =>
  !existsSync(folder)
    ? []
    : readdirSync(folder)
        .filter((name) => name.endsWith('.json'))
        .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }))
        .map((name) => join(folder, name));

const known = new Map<string, { modified: number; recipe: Recipe }>();

/** Read once, and again when the file was changed: whatever is asked of a recipe asks for all of them. */
function readRecipe(path: string): Recipe {
  const modified = statSync(path).mtimeMs;
  const last = known.get(path);
  if (last?.modified === modified) return last.recipe;
  const recipe = parse(recipeSchema, readJson(path), path, 'bad-experiment');
  known.set(path, { modified, recipe });
  return recipe;
}

/** A JSON file from outside. @throws Refusal `bad-experiment` */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return refuse('bad-experiment', `This is no JSON: ${thrown.message}.`, { where: path });
    throw thrown;
  }
}

interface RecipesOptions {
  store: Store;
  datasets: Datasets;
  runs: Runs;
  read: () => RecipeFiles;
  publish: (event: CoreEvent) => void;
}

/** What becomes of recipes that were started: first all runs, then what is measured of them, one after the other, then the checks. */
export class Recipes {
  /** Executions that are being measured here, and whether that was cancelled. */
  private readonly measuring = new Map<string, { cancelled: boolean; run: string | null }>();
  private readonly problems = new Map<string, string[]>();
  private last: Promise<void> = Promise.resolve();

  constructor(private readonly options: RecipesOptions) {}

  /** Queues every run, or none. @throws Refusal before anything is written */
  start({ id, seed, full }: ParsedParams<'recipes.start'>): Execution {
    const recipe = this.find(id);
    if (full && !recipe.full) refuse('bad-request', `"${id}" has no full size${recipe.oneSize === undefined ? '.' : `: ${recipe.oneSize}`}`, { where: 'full', repair: 'Start it as it is.' });
    const { runs, datasets } = this.options;
    const wanted = runsOf(recipe, { full, ...(seed !== undefined && { seed }) });
    for (const { experiment } of wanted) completeExperiment(experiment, datasets.get(experiment.data));
    const execution = randomUUID();
    for (const { variant, experiment } of wanted) runs.create(experiment, { recipe: id, variant, execution, full });
    return this.get(execution);
  }

  /** @throws Refusal `not-found` */
  get(execution: string): Execution {
    const runs = this.runsOf(execution);
    return { id: execution, recipe: runs[0]?.recipe ?? '', full: runs[0]?.full ?? false, ...this.outcomeOf(execution, runs), runs: runs.map((run) => this.options.runs.summary(run)) };
  }

  /** Of the start of a recipe that the run belongs to, once all is measured. */
  checksOf(execution: string | null): CheckResult[] {
    return execution === null ? [] : this.outcomeOf(execution, this.runsOf(execution)).checks;
  }

  async stop(execution: string): Promise<Execution> {
    const measuring = this.measuring.get(execution);
    if (measuring) {
      measuring.cancelled = true;
      if (measuring.run !== null) this.options.runs.cancelMeasure(measuring.run);
    }
    for (const { id, status } of this.runsOf(execution)) if (activeStatuses.includes(status)) await this.options.runs.stop(id);
    return this.get(execution);
  }

  /** @throws Refusal `conflict` unless all runs are done */
  measure(execution: string): Execution {
    const runs = this.runsOf(execution);
    if (runs.some(({ status }) => status !== 'done')) refuse('conflict', 'Not every run of this recipe is done.', { where: `execution ${execution}`, repair: 'Resume the runs that are not, or start the recipe again.' });
    if (!this.measuring.has(execution)) {
      const state = { cancelled: false, run: null };
      this.problems.delete(execution);
      this.measuring.set(execution, state);
      this.last = this.last.then(() => this.measureAll(execution, runs, state));
    }
    return this.announce(execution);
  }

  /** To be told of every run that this core brought to its end. */
  ended({ execution }: StoredRun): void {
    if (execution === null) return;
    const runs = this.options.store.runs.ofExecution(execution);
    if (runs.every(({ status }) => status === 'done')) this.measure(execution);
    else this.announce(execution);
  }

  async close(): Promise<void> {
    for (const state of this.measuring.values()) {
      state.cancelled = true;
      if (state.run !== null) this.options.runs.cancelMeasure(state.run);
    }
    await this.last;
  }

  private async measureAll(execution: string, runs: StoredRun[], state: { cancelled: boolean; run: string | null }): Promise<void> {
    const problems: string[] = [];
    for (const { id, name, recipe, variant, full } of runs) {
      const before = problems.length;
      try {
        for (const measurement of measurementsOf(this.find(recipe ?? ''), variant, full)) {
          if (state.cancelled) break;
          state.run = id;
          await this.options.runs.measure(id, measurement).catch((thrown: unknown) => problems.push(`${name}, ${measurement.measure}: ${sentenceOf(thrown)}`));
          state.run = null;
        }
        if (problems.length === before && !state.cancelled) this.options.store.runs.update(id, { measured: true });
      } catch (thrown) {
        problems.push(`${name}: ${sentenceOf(thrown)}`);
      }
    }
    this.measuring.delete(execution);
    if (problems.length > 0) this.problems.set(execution, problems);
    if (this.options.store.runs.ofExecution(execution).length > 0) this.announce(execution); // They may have been removed meanwhile.
  }

  /** Where it stands, and the checks once all is measured. What cannot be said any more, as of a recipe that is gone, is a problem of the execution, not of who asks. */
  private outcomeOf(execution: string, runs: StoredRun[]): Pick<Execution, 'state' | 'problems' | 'checks'> {
    const state = this.stateOf(execution, runs);
    const problems = this.problems.get(execution);
    if (state === 'ended' && !problems) {
      const unmeasured = runs.every(({ status }) => status === 'done');
      return { state, problems: unmeasured ? ['Not everything is measured: Elbo was closed before, or another one measures now. If not, measure again.'] : [], checks: [] };
    }
    if (state === 'training' || state === 'measuring') return { state, problems: problems ?? [], checks: [] };
    try {
      const subjects = runs.map(({ id, variant }) => ({ variant, evaluations: this.options.store.evaluations.list(id) }));
      const [{ recipe, full } = { recipe: null, full: false }] = runs;
      return { state, problems: problems ?? [], checks: this.find(recipe ?? '').checks.filter(ofSize(full)).map((check) => evaluateCheck(check, subjects)) };
    } catch (thrown) {
      return { state: 'ended', problems: [...(problems ?? []), sentenceOf(thrown)], checks: [] };
    }
  }

  private stateOf(execution: string, runs: StoredRun[]): Execution['state'] {
    if (runs.some(({ status }) => activeStatuses.includes(status))) return 'training';
    if (this.measuring.has(execution)) return 'measuring';
    return runs.every(({ status, measured }) => status === 'done' && measured) ? 'done' : 'ended';
  }

  private announce(execution: string): Execution {
    const now = this.get(execution);
    this.options.publish({ type: 'execution', execution: now });
    return now;
  }

  private runsOf(execution: string): StoredRun[] {
    const runs = this.options.store.runs.ofExecution(execution);
    return runs.length > 0 ? runs : refuse('not-found', `No recipe was started under "${execution}".`, { where: 'execution', repair: 'List the runs there are.' });
  }

  private find(id: string): Recipe {
    const { recipes, problems } = this.options.read();
    const found = recipes.find((recipe) => recipe.id === id);
    if (found) return found;
    const [problem] = problems;
    const unread = problem && ` A file of recipes could not be read: ${problem.where}: ${problem.message}`;
    return refuse('not-found', `There is no recipe "${id}".${unread ?? ''}`, { where: 'id', repair: `Choose one of ${recipes.map((known) => known.id).join(', ')}.` });
  }
}

function sentenceOf(thrown: unknown): string {
  const { message, repair } = errorFrom(thrown);
  return [message, repair].filter(Boolean).join(' ');
}
