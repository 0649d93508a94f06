import { csvText } from '../../plots/save';
import type { ComparedEvaluation, Difference } from './differences';

/** The differences table, as it is copied. */
export interface CopiedTable {
  /** Names of the columns behind the first. */
  head: readonly string[];
  settings: readonly Difference[];
  evaluations: readonly ComparedEvaluation[];
}

/** What a row of evaluations is: `ELBO, nats (1 sample · test · grey · n 1,000)`. */
const rowName = ({ title, unit, what }: ComparedEvaluation): string => `${title}${unit ? `, ${unit}` : ''} (${what})`;

type Measured = NonNullable<ComparedEvaluation['values'][number]>;
const errorOf = ({ text, spread, runs }: Measured): string => (text.error === null ? '' : ` ± ${text.error} ${spread}${runs > 1 ? ` (${runs} seeds)` : ''}`);
const unitOf = (row: ComparedEvaluation, { text }: Measured): string => (row.unit === null ? ` ${text.unit}` : '');

/** GitHub's tables; the best of a row in bold. */
export function asMarkdown({ head, settings, evaluations }: CopiedTable): string {
  const cell = (text: string): string => text.replace(/[\\|`*_<>[\]]/g, '\\$&').replace(/\s+/g, ' ');
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    row(['', ...head.map(cell)]),
    row(['---', ...head.map(() => '---:')]),
    ...settings.map(({ name, values }) => row([cell(name), ...values.map(cell)])),
    ...evaluations.map((each) => row([cell(rowName(each)), ...each.values.map((value, i) => (value ? `${each.best === i ? `**${cell(value.text.value)}**` : cell(value.text.value)}${cell(errorOf(value) + unitOf(each, value))}` : '–'))])),
  ].join('\n');
}

const latexLetters: Record<string, string> = { '\\': '\\textbackslash{}', '~': '\\textasciitilde{}', '^': '\\textasciicircum{}', '<': '\\textless{}', '>': '\\textgreater{}', '|': '\\textbar{}', '−': '$-$', '±': '$\\pm$', '×': '$\\times$', '·': '$\\cdot$', '≤': '$\\le$', 'β': '$\\beta$', 'σ': '$\\sigma$', '–': '--' };
const latex = (text: string): string => text.replace(/[\\~^<>|−±×·≤βσ–]|[&%$#_{}]/g, (letter) => latexLetters[letter] ?? `\\${letter}`);

/** A `tabular` that needs no package; the best of a row in bold. */
export function asLatex({ head, settings, evaluations }: CopiedTable): string {
  const row = (cells: readonly string[]): string => `  ${cells.join(' & ')} \\\\`;
  return [
    `\\begin{tabular}{l${'r'.repeat(head.length)}}`,
    '  \\hline',
    row(['', ...head.map(latex)]),
    '  \\hline',
    ...settings.map(({ name, values }) => row([latex(name), ...values.map(latex)])),
    ...evaluations.map((each) => row([latex(rowName(each)), ...each.values.map((value, i) => (value ? `${each.best === i ? `\\textbf{${latex(value.text.value)}}` : latex(value.text.value)}${latex(errorOf(value) + unitOf(each, value))}` : '--'))])),
    '  \\hline',
    '\\end{tabular}',
  ].join('\n');
}

/** As large as its unit says. */
const scaled = (number: number, { text }: Measured): number => (text.unit === '%' ? 100 : 1) * number;

/** Numbers with all their digits, and for each group beside its values what may be to them: the deviation or the error, which of the two, and of how many runs. */
export function asCsv({ head, settings, evaluations }: CopiedTable): string {
  const columns = ['', 'unit', 'measured', ...head.flatMap((name) => [name, `${name} ±`, `${name} ± is`, `${name} runs`])];
  return csvText(columns, [
    ...settings.map(({ name, values }) => [name, '', '', ...values.flatMap((value) => [value, '', '', ''])]),
    ...evaluations.map(({ title, unit, what, values }) => [title, unit ?? '', what, ...values.flatMap((value) => (value ? [scaled(value.value, value), value.error === null ? '' : scaled(value.error, value), value.error === null ? '' : value.spread, value.runs] : ['', '', '', '']))]),
  ]);
}
