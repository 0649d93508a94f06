import type { ElboError } from '../../contract/errors';
import { stepsRun, type CheckResult, type ComputeInfo, type Evaluation, type RunDetail, type RunSummary } from '../../contract/runs';

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
export const say = (text: string): void => void process.stderr.write(`${text}\n`);
export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));

/** What is wrong, where, and what to do: a line each. */
export const describeError = ({ message, where, repair }: ElboError): string =>
  [`error: ${message}`, ...(where ? [`  where: ${where}`] : []), ...(repair ? [`  repair: ${repair}`] : [])].join('\n');

/** Columns as wide as their widest cell; numbers to the right. */
export function table(header: string[], rows: (string | number)[][]): string {
  const cells = [header, ...rows.map((row) => row.map(String))];
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const isNumber = header.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  return cells.map((row) => row.map((cell, column) => (isNumber[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join('  ').trimEnd()).join('\n');
}

export const round = (value: number): string => String(Number(value.toPrecision(6)));

export function runLine({ id, name, status, step, experiment, latest }: RunSummary): (string | number)[] {
  const [first] = Object.entries(latest);
  return [id, name, status, `${step}/${experiment.training.steps}`, first ? `${first[0]} ${round(first[1])}` : ''];
}

export const runTable = (runs: RunSummary[]): string => table(['run', 'name', 'status', 'step', 'last'], runs.map(runLine));

export function evaluationTable(evaluations: Evaluation[]): string {
  const rows = evaluations.map(({ metric, value, standardError, unit, split, protocol, n, k, estimator }) => [
    metric,
    round(value) + (standardError === null ? '' : ` ± ${Number(standardError.toPrecision(2))}`),
    unit,
    split,
    protocol,
    n,
    k === null ? estimator : `${estimator}, K = ${k}`,
  ]);
  return table(['metric', 'value', 'unit', 'split', 'protocol', 'n', 'estimator'], rows);
}

export const checkLine = ({ passed, title, value, threshold, evidence }: CheckResult): string => `${passed ? 'passed' : 'FAILED'}  ${title}: ${round(value)}, ${threshold}\n        ${evidence}`;

export function runDetail(run: RunDetail): string {
  const { experiment, compute, parameterCount, dataset } = run;
  const facts = [
    ['run', run.id],
    ['name', run.name],
    ['status', `${run.status}, step ${run.step} of ${experiment.training.steps}, checkpoint of step ${run.checkpointStep}`],
    ['model', `${experiment.model}${parameterCount === null ? '' : `, ${parameterCount.toLocaleString('en')} parameters`}`],
    ['settings', JSON.stringify(experiment.settings)],
    ['training', JSON.stringify(experiment.training)],
    ['data', `${experiment.data}${dataset ? '' : ' (no longer there)'}, binarisation ${experiment.binarisation}`],
    ['seed', String(experiment.seed)],
    ['compute', compute ? computeLine(compute) : 'not started'],
  ];
  return [
    facts.map(([key = '', value = '']) => `${key.padEnd(10)}${value}`).join('\n'),
    ...(run.error ? [describeError(run.error)] : []),
    ...(run.evaluations.length > 0 ? [evaluationTable(run.evaluations)] : []),
    ...run.checks.map(checkLine),
  ].join('\n\n');
}

function computeLine({ library, device, lowering, compilation }: ComputeInfo): string {
  const timed = Object.entries(compilation?.stepMilliseconds ?? {}).map(([name, ms]) => `${name} ${round(ms)} ms`);
  const details = compilation ? [`${compilation.operations} operations`, `compiled in ${round(compilation.milliseconds / 1000)} s`, ...timed] : [];
  return `${library} on ${device}; steps run ${stepsRun[lowering]}${details.length > 0 ? ` (${details.join(', ')})` : ''}`;
}
