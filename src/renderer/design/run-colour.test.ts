import { expect, it } from 'vitest';
import { distinctColours } from './run-colour';

const looks = (orders: number[]): string[] => distinctColours(orders).map(({ token, dash }) => `${token} ${dash}`);

it('a run keeps its colour where it is free, also after one that lost its own', () => {
  expect(looks([0, 7, 1])).toEqual(['--run-1 solid', '--run-3 solid', '--run-2 solid']);
});

it('runs shown together never look the same, colours before line styles', () => {
  const all = looks(Array.from({ length: 20 }, (_, i) => 7 * i));
  expect(new Set(all).size).toBe(20);
  expect(all.slice(0, 7).every((look) => look.endsWith(' solid'))).toBe(true);
});
