import { table } from '../src/main/cli/output';
import { sameWork, tie, type BenchResult, type BenchRow } from './run';

const ms = (value: number | null | undefined): string => (value == null ? '–' : value >= 100 ? value.toFixed(0) : value.toPrecision(3));
const best = ({ cells }: BenchRow, library: string): string => {
  const found = cells.filter((cell) => cell.library === library && cell.ms !== null).sort((a, b) => (a.ms ?? 0) - (b.ms ?? 0))[0];
  return found ? `${ms(found.ms)} ${found.mode}` : '–';
};

function verdict({ ratioToFastest }: BenchRow): string {
  if (ratioToFastest === null) return '–';
  const words = ratioToFastest < 1 - tie ? 'faster' : ratioToFastest > 1 + tie ? 'slower' : 'a tie';
  return `${ratioToFastest.toFixed(2)} ${words}`;
}

const header = ['workload', 'Elbo', 'by', 'PyTorch eager', 'PyTorch compiled', 'JAX', 'TensorFlow', 'Elbo / fastest', 'compile', 'memory', 'ops'];

const cellsOf = (row: BenchRow): string[] => [
  `${row.workload} ${row.title}${row.cells.some(({ disturbed, ms: value }) => value !== null && disturbed) ? ' (disturbed)' : ''}`,
  ms(row.oursMs),
  row.lowering ?? '–',
  ms(row.peers['torch eager']),
  ms(row.peers['torch compile']),
  best(row, 'jax'),
  best(row, 'tensorflow'),
  verdict(row),
  row.compileMs === null ? '–' : `${(row.compileMs / 1000).toFixed(1)} s`,
  row.peakRssMb === null ? '–' : `${row.peakRssMb.toFixed(0)} MB`,
  row.ops === null ? '–' : String(row.ops),
];

const sentences = ({ speedUp, startUpMs, gridWhileTraining, store, machine, versions, seconds, rounds }: BenchResult): string[] => [
  `Milliseconds a step, ${rounds} round${rounds === 1 ? '' : 's'} of ${seconds} s each, on ${machine.cores} cores of ${machine.cpu}, ${machine.system}, Node ${machine.node}${Object.entries(versions).map(([peer, version]) => `, ${peer} ${version}`).join('')}.`,
  ...(speedUp.overFastestPeer ? [`Geometric mean: ${speedUp.overFastestPeer.toFixed(2)} times as fast as the fastest peer${speedUp.overTorchEager ? `, ${speedUp.overTorchEager.toFixed(2)} times as fast as PyTorch eager` : ''}.`] : []),
  ...(startUpMs ? [`From asking for a run to its first stored step: ${(startUpMs / 1000).toFixed(1)} s.`] : []),
  ...(gridWhileTraining ? [`A grid of 20 by 20 pictures while their model trains (W1's with two codes): ${ms(gridWhileTraining.medianMs)} ms in the median, ${ms(gridWhileTraining.p95Ms)} ms at most in 95 of 100.`] : []),
  ...(store ? [`Metrics: ${Math.round(store.ingestRowsPerSecond / 1000)},000 rows a second stored; a curve of 1,000,000 points as 2,000 buckets in ${store.curveQueryMs.toFixed(0)} ms.`] : []),
];

const agreement = (row: BenchRow): string =>
  row.lossDifference === null
    ? ''
    : Number.isNaN(row.lossDifference)
      ? 'Five losses could not be compared with those of every peer.'
      : `Five losses from the same start: the largest relative difference to a peer is ${row.lossDifference.toExponential(1)}${sameWork(row) ? '.' : ', more than rounding: it is not the same work.'}`;

/** Why a dash stands in the table, each reason once. */
const failures = ({ rows, sampling }: BenchResult): string[] => [
  ...rows.filter((row) => !sameWork(row)).map((row) => `${row.workload} is not timed. ${agreement(row)}`),
  ...new Set([...rows, ...sampling].flatMap(({ workload, cells }) => cells.flatMap(({ name, library, failure }) => (failure ? [failure.startsWith('could not be installed') ? `${library} ${failure}` : `${workload} ${name}: ${failure}`] : [])))),
];

export function asText(result: BenchResult): string {
  const part = (rows: BenchRow[]): string[] => (rows.length > 0 ? [table(header, rows.map(cellsOf))] : []);
  return [...part(result.rows), ...part(result.sampling), [...sentences(result), ...failures(result)].join('\n')].join('\n\n');
}

/** The same, and every cell of each workload, as a part of docs/performance.md. */
export function asMarkdown(result: BenchResult): string {
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  const markdownTable = (head: string[], rows: string[][]): string => [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
  const details = (row: BenchRow): string => {
    const { workload, title, cells } = row;
    const rows = cells.map((cell) => [
      cell.name,
      ...(cell.failure ? [cell.failure, '', ''] : [ms(cell.ms), cell.rounds.map((round) => `${ms(round.medianMs)} (${ms(round.p10)} to ${ms(round.p90)})`).join(', '), cell.rounds.map(({ otherCores }) => otherCores ?? '–').join(', ')]),
      cell.compileMs === null ? '–' : `${(cell.compileMs / 1000).toFixed(1)} s`,
      cell.peakRssMb === null ? '–' : `${cell.peakRssMb.toFixed(0)} MB`,
    ]);
    return [`### ${workload} ${title}`, markdownTable(['', 'ms', 'each round: median (10 % to 90 %)', 'cores used by others', 'compile', 'memory'], rows), agreement(row)].filter(Boolean).join('\n\n');
  };
  const all = [...result.rows, ...result.sampling];
  return [markdownTable(header, all.map(cellsOf)), sentences(result).join('\n'), ...all.map(details)].join('\n\n');
}

const [begin, end] = ['<!-- bench: begin -->', '<!-- bench: end -->'];

/** Puts `markdown` between the two marks of `document`. @throws Error when it has no such marks */
export function withTable(document: string, markdown: string): string {
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`The document has no ${begin} before an ${end}.`);
  return `${document.slice(0, from + begin.length)}\n\n${markdown}\n\n${document.slice(to)}`;
}
