import { renderHook } from '@testing-library/react';
import { expect, it } from 'vitest';
import { colourAlong, faded, usePlotTheme } from './theme';

it('a colour is faded alike in its long and its short form', () => {
  expect(faded('#4477aa', 0.5)).toBe('rgba(68, 119, 170, 0.5)');
  expect(faded('#47a', 0.5)).toBe('rgba(68, 119, 170, 0.5)');
});

it('a theme that changed while nothing was drawn is that of the next plot', () => {
  const { style } = document.documentElement;
  style.setProperty('--plot-ink', '#111111');
  const first = renderHook(usePlotTheme);
  expect(first.result.current.ink).toBe('#111111');
  first.unmount();
  style.setProperty('--plot-ink', '#eeeeee');
  expect(renderHook(usePlotTheme).result.current.ink).toBe('#eeeeee');
});

it('a scale of colours ends in its ends and mixes between', () => {
  expect([0, 0.25, 0.5, 1].map((share) => colourAlong(['#000000', '#6496c8', '#ffffff'], share))).toEqual(['#000000', '#324b64', '#6496c8', '#ffffff']);
});
