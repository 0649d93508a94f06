import type { FactorSet } from './factors';

interface Face {
  /** The solid is where `normal . x <= offset` for each face. */
  normal: [number, number, number];
  offset: number;
  /** How bright it is painted, 0 to 1. */
  paint: number;
}

const face = (x: number, y: number, z: number, offset: number, paint: number): Face => {
  const length = Math.hypot(x, y, z);
  return { normal: [x / length, y / length, z / length], offset, paint };
};

/** z is up. Every face is painted differently, so that no two azimuths look alike. */
const solids: Face[][] = [
  [face(1, 0, 0, 0.62, 1), face(-1, 0, 0, 0.62, 0.45), face(0, 1, 0, 0.42, 0.75), face(0, -1, 0, 0.42, 0.6), face(0, 0, 1, 0.5, 0.9), face(0, 0, -1, 0.5, 0.3)],
  [face(1, 0, 0.6, 0.42, 1), face(-1, 0, 0.6, 0.42, 0.45), face(0, 1, 0.6, 0.42, 0.75), face(0, -1, 0.6, 0.42, 0.6), face(0, 0, -1, 0.4, 0.3)],
  [face(1, 0, 0, 0.4, 1), face(-0.5, 0.866, 0, 0.4, 0.55), face(-0.5, -0.866, 0, 0.4, 0.75), face(0, 0, 1, 0.55, 0.9), face(0, 0, -1, 0.55, 0.3)],
];

const [side, fine] = [32, 2];
const azimuths = 60;
const elevations = 6;

/** A block, a pyramid or a prism that turns about its axis, seen from afar (orthographic), lit from above the viewer. Grey, 32 x 32. */
export const solid: FactorSet = {
  id: 'solid',
  title: 'Rotating solid',
  names: ['solid', 'azimuth', 'elevation', 'size'],
  sizes: [solids.length, azimuths, elevations, 4],
  height: side,
  width: side,
  channels: 1,
  maximum: 255,
  draw([which = 0, azimuth = 0, elevation = 0, size = 0], pixels) {
    const [turn, tilt] = [(2 * Math.PI * azimuth) / azimuths, 0.15 + (0.75 * elevation) / (elevations - 1)];
    const scale = 0.8 + 0.15 * size;
    // The camera's axes in the solid's coordinates: right, up, and from the solid to the viewer.
    const right = [-Math.sin(turn), Math.cos(turn), 0] as const;
    const viewer = [Math.cos(turn) * Math.cos(tilt), Math.sin(turn) * Math.cos(tilt), Math.sin(tilt)] as const;
    const up = [-Math.cos(turn) * Math.sin(tilt), -Math.sin(turn) * Math.sin(tilt), Math.cos(tilt)] as const;
    const faces = (solids[which] ?? []).map(({ normal: [x, y, z], offset, paint }) => {
      const along = (axis: readonly [number, number, number]): number => x * axis[0] + y * axis[1] + z * axis[2];
      const [alongRight, alongUp, alongView] = [along(right), along(up), along(viewer)];
      return { alongRight, alongUp, alongView, offset: offset * scale, grey: paint * (0.35 + 0.65 * Math.max(0, 0.8 * alongView + 0.6 * alongUp)) };
    });
    for (let row = 0; row < side; row++)
      for (let column = 0; column < side; column++) {
        let sum = 0;
        for (let part = 0; part < fine * fine; part++) {
          const u = (2 * (column + ((part % fine) + 0.5) / fine)) / side - 1;
          const v = 1 - (2 * (row + (Math.floor(part / fine) + 0.5) / fine)) / side;
          // The line through (u, v) towards the viewer is inside the solid for parameters between `far` and `near`.
          let [far, near, grey] = [-Infinity, Infinity, 0];
          for (const each of faces) {
            const slack = each.offset - u * each.alongRight - v * each.alongUp;
            if (each.alongView > 1e-9) {
              if (slack / each.alongView < near) [near, grey] = [slack / each.alongView, each.grey];
            } else if (each.alongView < -1e-9) far = Math.max(far, slack / each.alongView);
            else if (slack < 0) far = Infinity;
          }
          if (far < near) sum += grey;
        }
        pixels[row * side + column] = Math.round((255 * sum) / (fine * fine));
      }
  },
};
