import { expect, it } from 'vitest';
import { vonMises } from './curves';
import { Draws } from './draws';

const points = Array.from({ length: 20_000 }, (_, i) => vonMises.draw(new Draws(1, 'curve', i)));
const angles = points.map(({ x, y }) => Math.atan2(y, x));

it('the von Mises circle has the entropy of its Bessel functions, ln(2 pi r I0(2)) - 2 I1(2) / I0(2)', () => {
  const [i0, i1] = [2.2795853023, 1.5906368546];
  expect(vonMises.entropy).toBeCloseTo(Math.log(4 * Math.PI * i0) - (2 * i1) / i0, 8);
});

it('its points lie on the circle, as often at each place as the density says', () => {
  for (const { x, y } of points.slice(0, 100)) expect(Math.hypot(x, y)).toBeCloseTo(2, 12);
  const parts = 16;
  for (let part = 0; part < parts; part++) {
    const [from, to] = [-Math.PI + (2 * Math.PI * part) / parts, -Math.PI + (2 * Math.PI * (part + 1)) / parts];
    let expected = 0;
    for (let i = 0; i < 100; i++) expected += (Math.exp(vonMises.logDensity(from + ((to - from) * (i + 0.5)) / 100)) * 2 * (to - from)) / 100;
    const share = angles.filter((angle) => angle >= from && angle < to).length / angles.length;
    expect(Math.abs(share - expected)).toBeLessThan(4.5 * Math.sqrt(expected / angles.length));
  }
});
