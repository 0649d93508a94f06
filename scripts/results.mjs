#!/usr/bin/env node
// Trains and measures what docs/results/NAME.json asks for, and writes docs/results/NAME.md from all that was measured.
//   npm run results -- vae --home DIR               every row that is not measured yet
//   npm run results -- vae --home DIR --only a,b    these rows
//   npm run results -- vae --home DIR --page        only writes the page
// DIR is a store of its own: what is measured there is kept, and training that was broken off goes on. Without it this is ./results.
// What the page says of rows that were measured elsewhere stays, as long as it is of the same declaration.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { node24, root } from './run.mjs';

const { values: options, positionals } = parseArgs({ allowPositionals: true, options: { home: { type: 'string', default: 'results' }, only: { type: 'string' }, page: { type: 'boolean', default: false } } });
const [given] = positionals;
if (given === undefined) {
  console.error('usage: npm run results -- vae|flows|autoregressive --home DIR [--only ROW,ROW] [--page]');
  process.exit(2);
}
const file = given.endsWith('.json') ? resolve(given) : join(root, 'docs/results', `${given}.json`);
const name = basename(file, '.json');
const pagePath = file.replace(/\.json$/, '.md');
const pageBefore = existsSync(pagePath) ? readFileSync(pagePath, 'utf8') : '';
const home = resolve(options.home);
const table = readJson(file);
const only = options.only?.split(',');
const unknown = only?.find((id) => !table.rows.some((row) => row.id === id));
if (unknown !== undefined) {
  console.error(`error: ${file} has no row "${unknown}". It has ${table.rows.map(({ id }) => id).join(', ')}.`);
  process.exit(2);
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** What was measured of a row as it is declared now. */
function storedOf(row) {
  const stored = lastOf(row);
  if (row.recipe !== undefined) return stored && isSame(stored.written, written(row.recipe)) ? stored : null;
  return stored && isSame(stored.of, row.tests ? testCommand(row) : declarationOf(row)) ? stored : null;
}

function lastOf(row) {
  const path = join(home, 'results', name, `${row.id}.json`);
  return existsSync(path) ? readJson(path) : null;
}

/** What a recipe's file asks for, without its words; undefined where there is none. */
function written(id) {
  const folder = join(root, 'resources/recipes');
  const recipe = readdirSync(folder).map((file) => readJson(join(folder, file))).find((each) => each.id === id);
  return recipe && { ...declarationOf(inDefaultSize(recipe)), checks: inDefaultSize(recipe).checks };
}

/** What a row asks for: itself, or its recipe. */
const askedBy = (row) => (row.recipe === undefined ? row : written(row.recipe));

function store(row, result) {
  mkdirSync(join(home, 'results', name), { recursive: true });
  writeFileSync(join(home, 'results', name, `${row.id}.json`), JSON.stringify(result, null, 2));
}

async function measure(row) {
  if (row.tests) return runTests(row);
  const asked = row.recipe === undefined ? row : await builtIn(row.recipe);
  if (!asked) return store(row, { of: null, error: `there is no recipe ${row.recipe}` });
  const of = declarationOf(asked);
  const source = row.recipe !== undefined && { written: written(row.recipe) };
  const before = lastOf(row);
  if (before?.ran && isSame(before.of, of) && isSame(before.checks, asked.checks)) {
    store(row, { ...before, ...source });
    return console.error(`${row.id}: measured already`);
  }
  console.error(`${row.id}: ${row.title}`);
  const answer = await elbo('recipe', ownRecipe(row, asked), '--resume', '--json');
  if (answer?.error) store(row, { of, error: answer.error.message });
  else if (answer?.state === 'done') {
    const { compute } = await elbo('show', answer.runs[0].id, '--json');
    const curves = row.curve && (await Promise.all(answer.runs.map((each) => curveOf(row.curve, each))));
    store(row, { of, ...source, checks: asked.checks, ran: answer, ...(curves && { curves }), machine: { cores: cpus().length, library: compute.library, device: compute.device }, date: today() });
  } else if (answer) store(row, { of, error: ['not finished', ...answer.problems].join('; ') });
}

/** A held-out term of a run at a quarter, a half, three quarters and the end of training. */
async function curveOf(series, { id, variant, experiment }) {
  const metrics = (await elbo('metrics', id, '--json')).filter((each) => each.series === series);
  const split = ['valid', 'test'].find((name) => metrics.some((each) => each.split === name));
  const held = metrics.filter((each) => each.split === split).sort((a, b) => a.step - b.step);
  const last = held.at(-1)?.step ?? 0;
  return { variant, seed: experiment.seed, series, split, points: [0.25, 0.5, 0.75, 1].flatMap((share) => held.filter(({ step }) => step <= share * last).slice(-1)).map(({ step, value }) => ({ step, value })) };
}

/** Makes what is asked a recipe of the store's own, under a name that says by what runs it is: those of another declaration are never taken for it. @returns its id */
function ownRecipe({ id: row, title }, { checks, ...asked }) {
  const of = declarationOf(asked);
  const sum = createHash('sha256').update(JSON.stringify(of)).digest('hex').slice(0, 8);
  const recipe = { id: `${name}-${row}-${sum}`, title, lectures: ['results'], claim: title, lookAt: 'The numbers.', minutes: 1, ...of, checks };
  mkdirSync(join(home, 'recipes'), { recursive: true });
  writeFileSync(join(home, 'recipes', `${recipe.id}.json`), JSON.stringify(recipe, null, 2));
  return recipe.id;
}

const builtIn = async (id) => {
  const recipe = (await elbo('recipes', '--json')).find((each) => each.id === id);
  return recipe && inDefaultSize(recipe);
};

/** A recipe without what is of its full size alone. */
function inDefaultSize(recipe) {
  const own = (all) => all?.filter(({ size }) => size !== 'full').map((each) => ({ ...each, size: undefined }));
  return { ...recipe, measurements: own(recipe.measurements), checks: own(recipe.checks) };
}

/** What makes a run the same run: not its title, nor what is checked of it. */
const declarationOf = ({ experiment, variants, seeds, measurements = [] }) => ({ experiment, variants, seeds, measurements });
const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const today = () => new Date().toISOString().slice(0, 10);

const testCommand = ({ tests }) => `ELBO_LONG=1 npx vitest run ${tests.join(' ')}`;

async function runTests(row) {
  console.error(`${row.id}: ${row.title}`);
  // Tests may print, too.
  const report = join(home, 'tests.json');
  mkdirSync(home, { recursive: true });
  await run(node24, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=json', `--outputFile=${report}`, ...row.tests], { ELBO_LONG: '1' });
  const { numPassedTests, numPendingTests, numTotalTests, success } = readJson(report);
  store(row, { of: testCommand(row), tests: { passed: numPassedTests, total: numTotalTests - numPendingTests, success }, date: today() });
}

async function elbo(...args) {
  const { stdout } = await run(process.execPath, [join(root, 'scripts/elbo.mjs'), ...args]);
  return stdout.trim() === '' ? null : JSON.parse(stdout);
}

/** What a child says on stderr is said here. */
function run(command, args, env = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd: root, env: { ...process.env, ELBO_HOME: home, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (part) => (stdout += part));
    child.once('close', (code) => done({ code, stdout }));
  });
}

function writePage() {
  const rows = table.rows.map((row) => {
    const stored = storedOf(row);
    return { row, stored, kept: hasNumbers(stored) ? null : keptOf(row) };
  });
  const measured = rows.filter(({ stored, kept }) => hasNumbers(stored) || kept).length;
  const page = [
    `# ${table.title}`,
    `Written by \`npm run results -- ${name}\` from [${name}.json](${name}.json); not by hand. ${measured} of ${rows.length} rows are measured.`,
    ...(table.about ? [table.about] : []),
    'A value is the mean over the seeds ± the standard deviation over them; its standard error is that of one run over its n examples. What compares several runs has one value.',
    tableOf(['what', 'of', 'value', 's.e.', 'n', 'seeds', 'target', 'reached'], rows.flatMap(({ row, stored, kept }) => kept?.lines ?? linesOf(row, stored))),
    '## The rows',
    ...rows.flatMap(({ row, stored, kept }) => kept?.details ?? details(row, stored)),
  ].join('\n\n');
  writeFileSync(pagePath, `${page}\n`);
  console.error(`wrote ${pagePath}: ${measured} of ${rows.length} rows measured`);
}

const hasNumbers = (stored) => Boolean(stored?.ran ?? stored?.tests);

/** What the page says of a row that this store has not measured; null where that is nothing, or of another declaration. */
function keptOf(row) {
  const asked = askedBy(row);
  if (!asked) return null;
  const about = aboutRow(row);
  const section = pageBefore.split(/^### /m).find((each) => each.startsWith(`${row.title}\n`)) ?? '';
  const [, found = '- Not measured'] = section.split(`- ${about.at(-1)}\n`);
  const all = pageBefore.split('\n').filter((line) => line.startsWith('| ')).map(cellsOf);
  const first = all.findIndex(([what]) => what === row.title);
  const next = all.findIndex(([what], i) => i > first && what !== '');
  const lines = first < 0 ? [] : all.slice(first, next < 0 ? undefined : next);
  const isAsked = row.tests ?? isSame(lines.map(([, of, , , , , target]) => [of, target]), asked.checks.map((check) => [check.title, targetOf(check)]));
  return found.startsWith('- Not measured') || !isAsked ? null : { lines, details: [`### ${row.title}`, `${listOf(about)}\n${found.trim()}`] };
}

/** A line for each check. */
function linesOf(row, stored) {
  if (stored?.tests) return [[row.title, 'tests', `${stored.tests.passed} of ${stored.tests.total} pass`, '', '', '', row.target ?? 'all pass', stored.tests.success ? 'yes' : '**no**']];
  const missing = `not measured${stored?.error ? `: ${stored.error}` : ''}`;
  if (!stored?.ran) return (row.checks ?? [{ title: '' }]).map((check, i) => [i === 0 ? row.title : '', check.title, missing, '', '', '', row.target ?? (check.check ? targetOf(check) : ''), '']);
  return stored.checks.map((check, i) => {
    const { value, passed } = stored.ran.checks[i];
    const found = check.check === 'within' ? evaluationsOf(check.of, stored.ran.runs) : [];
    const spread = found.length > 1 ? ` ± ${short(deviation(found.map((each) => each.value)))}` : '';
    const errors = found.map(({ standardError }) => standardError).filter((error) => error !== null);
    const seeds = new Set(stored.ran.runs.map(({ experiment }) => experiment.seed)).size;
    return [i === 0 ? row.title : '', check.title, `${value === null ? 'none' : short(value)}${spread} ${found[0]?.unit ?? ''}`.trim(), errors.length > 0 ? short(mean(errors)) : '', found[0]?.n ?? '', seeds, targetOf(check), passed ? 'yes' : '**no**'];
  });
}

/** Of one measure, run by run, as the checks find it: of the last step, and of those the first. */
function evaluationsOf({ variant, metric, split, k, estimator }, runs) {
  return runs
    .filter((each) => each.variant === (variant ?? null))
    .flatMap(({ evaluations }) => evaluations.filter((each) => each.metric === metric && each.split === split && (k === undefined || each.k === k) && (estimator === undefined || holdsWords(each.estimator, estimator))).reduce((last, next) => (last && last.step >= next.step ? last : next), undefined) ?? []);
}

/** As `src/contract/terms.ts` has it: `temperature 0` is not in `at temperature 0.25`. */
const holdsWords = (sentence, words) => sentence.split(words).slice(1).some((after) => !/^\.?\w/.test(after));

function targetOf(check) {
  if (check.check === 'rises' || check.check === 'falls') return `${check.check} each time${check.by ? ` by at least ${check.by}` : ''}`;
  return [check.atLeast !== undefined && `at least ${check.atLeast}`, check.atMost !== undefined && `at most ${check.atMost}`].filter(Boolean).join(', ') || 'a number';
}

function details(row, stored) {
  const facts = [...aboutRow(row), ...(hasNumbers(stored) ? foundOf(stored) : [`Not measured${stored?.error ? `: ${stored.error}` : ''}.`])];
  return [`### ${row.title}`, listOf(facts), ...(row.table && stored?.ran ? [byVariant(row.table, stored.ran.runs)] : [])];
}

/** What a row is, whether it is measured or not. */
function aboutRow(row) {
  const asked = row.tests ? null : askedBy(row);
  const command = row.tests ? testCommand(row) : row.recipe !== undefined ? `npx elbo recipe ${row.recipe}` : `npm run results -- ${name} --only ${row.id}`;
  return [`Target from: ${row.source}.`, ...(row.note ? [row.note] : []), `Command: \`${command}\`.`, ...(asked ? [experimentIn(asked)] : [])];
}

function foundOf({ ran, date, machine, curves = [] }) {
  if (!ran) return [`Run on ${date}.`];
  return [`Measured on ${date}, ${machine.cores} cores, ${machine.library} on ${machine.device}.`, timesIn(ran), ...curves.map(curveIn), ...ran.checks.map(({ title, passed, evidence }) => `${passed ? 'Reached' : '**Not reached**'}: ${title}: ${evidence}.`)];
}

/** Of each metric, on the test split, mean and deviation over the seeds of each variant. */
function byVariant(metrics, runs) {
  const variants = [...new Set(runs.map(({ variant }) => variant))];
  const cell = (variant, metric) => {
    const values = evaluationsOf({ variant, metric, split: 'test' }, runs).map(({ value }) => value);
    return values.length === 0 ? 'none' : `${short(mean(values))}${values.length > 1 ? ` ± ${short(deviation(values))}` : ''}`;
  };
  return tableOf(['metric', ...variants], metrics.map((metric) => [metric, ...variants.map((variant) => cell(variant, metric))]));
}

function experimentIn({ experiment, variants, seeds, measurements = [] }) {
  const { model, data, binarisation = 'none', settings = {}, training = {}, seed = 0 } = experiment;
  const json = (value) => `\`${JSON.stringify(value)}\``;
  return [
    `Experiment: ${model} on ${data}, ${binarisation === 'none' ? 'values as they are' : `binarisation ${binarisation}`}, ${json(settings)}, ${json(training)}, seeds ${(seeds ?? [seed]).join(', ')}.`,
    ...Object.entries(variants ?? {}).map(([variant, changes]) => `${variant}: ${json(changes)}.`),
    ...(measurements.length > 0 ? [`Measured: ${measurements.map(({ measurement }) => json(measurement)).join(', ')}.`] : []),
  ].join(' ');
}

function timesIn({ runs, seconds }) {
  const of = new Map();
  for (const { variant, startedAt, endedAt } of runs) of.set(variant, [...(of.get(variant) ?? []), (Date.parse(endedAt) - Date.parse(startedAt)) / 1000]);
  return `Training from start to end, pauses included, took ${[...of].map(([variant, times]) => `${variant === null ? '' : `${variant} `}${clock(mean(times))}`).join(', ')}${runs.length > of.size ? ' a seed' : ''}; all with measuring ${clock(seconds)}.`;
}

const curveIn = ({ variant, seed, series, split, points }) =>
  `${variant === null ? '' : `${variant}, `}seed ${seed}, ${series} on ${split} while training: ${points.map(({ step, value }) => `${short(value)} at step ${step.toLocaleString('en')}`).join(', ')}.`;

const clock = (seconds) => (seconds < 90 ? `${Math.round(seconds)} s` : `${(seconds / 60).toFixed(1)} min`);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values) => Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1));
const short = (value) => String(Number(value.toPrecision(4)));
const listOf = (facts) => facts.map((fact) => `- ${fact}`).join('\n');
const tableOf = (header, rows) => [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`).join('\n');
const cellsOf = (line) => line.slice(2, -2).split(/ \| /).map((cell) => cell.replaceAll('\\|', '|'));

let stopped = false;
process.on('SIGINT', () => (stopped = true));
if (!options.page)
  for (const row of table.rows) {
    if (stopped) break;
    if (!only || only.includes(row.id)) await measure(row);
  }
writePage();
if (stopped) process.exitCode = 130;
