import type { FactorSet } from './factors';

const [side, steps] = [64, 32];
/** Area of each shape at scale 1, in pixels: chosen so that the mean pixel over all combinations is that of dSprites, .042494. */
const area = 294.04;

/** Shapes of area 1 around the origin. */
const inside: ((x: number, y: number) => boolean)[] = [
  (x, y) => Math.abs(x) <= 0.5 && Math.abs(y) <= 0.5,
  (x, y) => (x * x) / 2 + 2 * y * y <= 1 / Math.PI,
  // The heart (x^2 + y^2 - 1)^3 <= x^2 y^3 has the area 3.66197.
  (x, y) => {
    const [u, v] = [x * Math.sqrt(3.66197), -y * Math.sqrt(3.66197)];
    return (u * u + v * v - 1) ** 3 <= u * u * v ** 3;
  },
];

/**
 * Binary sprites with the factors of dSprites (Matthey et al. 2017) but for its one colour: 3 shapes, 6 scales, 40 orientations, 32 x 32
 * places. Drawn anew and not the published pixels. As there, the first and the last orientation are the same, and a square looks the
 * same after a quarter turn, an ellipse after half a turn.
 */
export const sprites: FactorSet = {
  id: 'sprites',
  title: 'Sprites',
  names: ['shape', 'scale', 'orientation', 'x', 'y'],
  sizes: [3, 6, 40, steps, steps],
  height: side,
  width: side,
  channels: 1,
  maximum: 1,
  draw([shape = 0, scale = 0, orientation = 0, x = 0, y = 0], pixels) {
    const size = Math.sqrt(area) * (0.5 + 0.1 * scale);
    const angle = (2 * Math.PI * orientation) / 39;
    const [cos, sin] = [Math.cos(angle) / size, Math.sin(angle) / size];
    const [centreX, centreY] = [16 + x, 16 + y];
    const contains = inside[shape] ?? inside[0];
    const reach = Math.ceil(size);
    for (let row = Math.max(0, centreY - reach); row <= Math.min(side - 1, centreY + reach); row++)
      for (let column = Math.max(0, centreX - reach); column <= Math.min(side - 1, centreX + reach); column++) {
        const [dx, dy] = [column - centreX, row - centreY];
        pixels[row * side + column] = contains?.(dx * cos + dy * sin, dy * cos - dx * sin) ? 1 : 0;
      }
  },
};
