import { add, mul } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { createNoise } from '../../../ml/random/noise';
import type { Session } from '../session';
import { compression } from './compression';
import { measured, picturesOf, valueOf } from './testing';
import { totalProbability } from './total-probability';

const noise = createNoise(4);
const shaken = ({ model }: Session): void => Object.entries(model.parameters).forEach(([name, variable]) => variable.assign(add(variable, mul(noise.normal(variable.shape, name), 0.3))));
const pictures = (levels: number, count = 30): number[][] => Array.from({ length: count }, (_, i) => Array.from({ length: 12 }, (_, j) => ((i * 7 + j * (i % 3) + ((i * j) % 5)) % levels) / (levels - 1)));

it.each([['pixelcnn', { blocks: 1, filters: 4, head: 4 }, 2], ['pixelcnn', { blocks: 1, filters: 4, head: 4 }, 17], ['made', { widths: [20] }, 2]] as const)('pictures coded by %s %o of %i levels come back, in as many bits as -log2 p(x)', (model, settings, levels) => {
  const found = measured(compression, { model, settings, data: picturesOf(4, 3, levels - 1), rows: pictures(levels), asked: { measure: 'compression' }, change: shaken });
  expect(valueOf(found, 'valuesDecodedWrong')).toBe(0);
  const [coded, model_] = [valueOf(found, 'codedBits'), valueOf(found, 'modelBits')];
  expect(model_).toBeGreaterThan(0.3);
  // At most two bits and the rest of a byte, of 360 values; and never shorter than -log2 p(x) but for the rounding of shares.
  expect(coded - model_).toBeLessThan(10 / 360 + 1e-3);
  expect(coded - model_).toBeGreaterThan(-1e-3);
});

it('the probabilities of all endings sum to that of the beginning, or of all pictures to one', () => {
  const asked = { measure: 'total-probability', free: 8 } as const;
  const given = { data: picturesOf(4, 3), rows: pictures(2, 3), change: shaken };
  expect(valueOf(measured(totalProbability, { model: 'pixelcnn', settings: { blocks: 1, filters: 4, head: 4 }, asked, ...given }), 'totalProbabilityError')).toBeLessThan(1e-5);
  expect(valueOf(measured(totalProbability, { model: 'made', settings: { widths: [20] }, asked, ...given }), 'totalProbabilityError')).toBeLessThan(1e-5);
  expect(valueOf(measured(totalProbability, { model: 'pixelcnn-pp', settings: { filters: 4 }, asked, ...given }), 'totalProbabilityError')).toBeLessThan(1e-5);
  expect(valueOf(measured(totalProbability, { model: 'pixelrnn', settings: { recurrence: 'diagonal-bilstm', filters: 4, head: 4 }, asked, ...given }), 'totalProbabilityError')).toBeLessThan(1e-5);
  const small = { data: picturesOf(2, 3), rows: pictures(2, 1).map((row) => row.slice(0, 6)) };
  expect(valueOf(measured(totalProbability, { model: 'fvsbn', asked, ...small, change: shaken }), 'totalProbabilityError')).toBeLessThan(1e-5);
  // log p(x) that is not the product of the conditionals.
  const wrong = (session: Session): void => {
    const { logProb } = session.model.abilities;
    shaken(session);
    session.model.abilities.logProb = (x, own) => mul(logProb?.(x, own) ?? 0, 0.99);
  };
  expect(valueOf(measured(totalProbability, { model: 'fvsbn', asked, ...small, change: wrong }), 'totalProbabilityError')).toBeGreaterThan(1e-3);
});

it('a mixture of orders, whose conditionals would be those of one order alone, is not coded', () => {
  const given = { model: 'made', settings: { widths: [20], orders: 3 }, data: picturesOf(4, 3), rows: pictures(2, 3) };
  expect(() => measured(compression, { ...given, asked: { measure: 'compression' } })).toThrow(/cannot give its conditionals with the settings of this run/);
});

it('only zeros and ones are gone through, and only levels coded', () => {
  expect(() => measured(totalProbability, { model: 'pixelcnn', settings: { blocks: 1 }, data: picturesOf(4, 3, 16), rows: pictures(17, 1), asked: { measure: 'total-probability' } })).toThrow(/0 or 1/);
});
