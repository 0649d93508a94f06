import { expect, it } from 'vitest';
import { faded } from './theme';

it('a colour is faded alike in its long and its short form', () => {
  expect(faded('#4477aa', 0.5)).toBe('rgba(68, 119, 170, 0.5)');
  expect(faded('#47a', 0.5)).toBe('rgba(68, 119, 170, 0.5)');
});
