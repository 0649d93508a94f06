import { expect, it } from 'vitest';
import type { Evaluation } from '../../../contract/runs';
import { asCsv, asLatex, asMarkdown, type CopiedTable } from './copied-table';
import { comparedEvaluations } from './differences';

const kept: Evaluation = { metric: 'classKept', value: 0.5, standardError: 0.025, unit: 'share', estimator: 'a | b', k: null, split: 'test', protocol: 'grey', n: 1000, step: 9 };
const table: CopiedTable = {
  head: ['beta_1', 'a, "b"'],
  settings: [{ name: 'learning rate', values: ['0.1', '50%'] }],
  evaluations: comparedEvaluations([[{ evaluations: [kept] }, { evaluations: [{ ...kept, value: 0.7 }] }], [{ evaluations: [kept] }]]),
};

it('as Markdown its bars and stars are text, the best is bold', () => {
  expect(asMarkdown(table).split('\n')).toEqual([
    '|  | beta\\_1 | a, "b" |',
    '| --- | ---: | ---: |',
    '| learning rate | 0.1 | 50% |',
    '| Class kept, % (a \\| b · test · grey · n 1,000) | **60** ± 14 s.d. (2 seeds) | 50.0 ± 2.5 s.e. |',
  ]);
});

it('as LaTeX its special letters are text, the best is bold', () => {
  const text = asLatex({ ...table, head: ['beta_1', 'a\\b{}~^'] });
  expect(text).toContain('& beta\\_1 & a\\textbackslash{}b\\{\\}\\textasciitilde{}\\textasciicircum{} \\\\');
  expect(text).toContain('learning rate & 0.1 & 50\\% \\\\');
  expect(text).toContain('& \\textbf{60} $\\pm$ 14 s.d. (2 seeds) & 50.0 $\\pm$ 2.5 s.e. \\\\');
});

it('as CSV every number has a cell of its own, with all its digits', () => {
  const [head, settings, evaluations] = asCsv(table).split('\r\n');
  expect(head).toBe(',unit,measured,beta_1,beta_1 ±,beta_1 ± is,beta_1 runs,"a, ""b""","a, ""b"" ±","a, ""b"" ± is","a, ""b"" runs"');
  expect(settings).toBe('learning rate,,,0.1,,,,50%,,,');
  expect(evaluations).toMatch(/^Class kept,%,"?a \| b · test · grey · n 1,000"?,60,14\.14\d+,s\.d\.,2,50,2\.5,s\.e\.,1$/);
});
