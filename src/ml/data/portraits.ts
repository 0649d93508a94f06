import type { FactorSet } from './factors';

type Colour = readonly [number, number, number];

const side = 64;
const skins: Colour[] = [[255, 224, 196], [241, 194, 150], [198, 140, 96], [141, 88, 54], [88, 56, 38]];
const hairs: Colour[] = [[28, 22, 20], [90, 56, 30], [214, 170, 90], [168, 62, 30], [150, 150, 155]];
const grounds: Colour[] = [[120, 160, 200], [180, 200, 160], [200, 170, 170], [90, 100, 120], [220, 210, 180], [150, 120, 170]];
const shirts: Colour = [70, 80, 110];
const turns = 15;
const smiles = 7;

const mix = ([r, g, b]: Colour, [r2, g2, b2]: Colour, share: number): Colour => [r + (r2 - r) * share, g + (g2 - g) * share, b + (b2 - b) * share];

/**
 * Cartoon portraits, 64 x 64 in colour. Azimuth turns the head from -50 to 50 degrees: eyes, nose and mouth lie on it as on a ball.
 * Hair style: none, short, long, bun.
 */
export const portraits: FactorSet = {
  id: 'portraits',
  title: 'Portraits',
  names: ['azimuth', 'smile', 'skin', 'hair colour', 'hair style', 'glasses', 'background'],
  sizes: [turns, smiles, skins.length, hairs.length, 4, 2, grounds.length],
  height: side,
  width: side,
  channels: 3,
  maximum: 255,
  draw([azimuth = 0, smile = 0, skinIndex = 0, hairIndex = 0, style = 0, glasses = 0, groundIndex = 0], pixels) {
    const [skin, hair, ground] = [skins[skinIndex] ?? shirts, hairs[hairIndex] ?? shirts, grounds[groundIndex] ?? shirts];
    const dark = mix(skin, [60, 20, 20], 0.45);
    const turn = (((azimuth / (turns - 1)) * 2 - 1) * 50 * Math.PI) / 180;
    const [headX, headY, headWidth, headHeight] = [32, 30, 15, 19];
    /** Where a point of the face lies that is `longitude` from its middle, and how wide it looks there. */
    const onFace = (longitude: number): { x: number; narrowing: number } => ({ x: headX + headWidth * 0.96 * Math.sin(turn + longitude), narrowing: Math.max(0.15, Math.cos(turn + longitude)) });

    /** Colours the part of a box where `distance`, in pixels, is negative, with an edge one pixel soft. */
    const paint = (colour: Colour, [left, top, right, bottom]: readonly [number, number, number, number], distance: (x: number, y: number) => number): void => {
      for (let row = Math.max(0, Math.floor(top)); row < Math.min(side, bottom + 1); row++)
        for (let column = Math.max(0, Math.floor(left)); column < Math.min(side, right + 1); column++) {
          const cover = Math.min(1, Math.max(0, 0.5 - distance(column + 0.5, row + 0.5)));
          if (cover === 0) continue;
          const at = (row * side + column) * 3;
          for (let channel = 0; channel < 3; channel++) pixels[at + channel] = Math.round((pixels[at + channel] ?? 0) * (1 - cover) + (colour[channel] ?? 0) * cover);
        }
    };
    const fromEllipse = (cx: number, cy: number, rx: number, ry: number) => (x: number, y: number): number => (Math.hypot((x - cx) / rx, (y - cy) / ry) - 1) * Math.min(rx, ry);
    const ellipse = (colour: Colour, cx: number, cy: number, rx: number, ry: number, within?: (x: number, y: number) => number): void => {
      const own = fromEllipse(cx, cy, rx, ry);
      paint(colour, [cx - rx - 1, cy - ry - 1, cx + rx + 1, cy + ry + 1], within ? (x, y) => Math.max(own(x, y), within(x, y)) : own);
    };

    for (let row = 0; row < side; row++) {
      const shade = mix(ground, [255, 255, 255], 0.35 * (1 - row / side));
      for (let column = 0; column < side; column++) for (let channel = 0; channel < 3; channel++) pixels[(row * side + column) * 3 + channel] = Math.round(shade[channel] ?? 0);
    }
    const backX = headX - 3 * Math.sin(turn);
    if (style === 2) ellipse(hair, backX, 36, 18.5, 25);
    if (style === 3) ellipse(hair, backX, 9, 7, 6.5);
    ellipse(shirts, 32, 68, 25, 17);
    ellipse(dark, 32, 50, 6, 8);
    if (style > 0) ellipse(hair, backX, headY - 2.5, headWidth + 2.2, headHeight + 1);
    for (const longitude of [-1.45, 1.45]) {
      const { x } = onFace(longitude);
      if (Math.cos(turn + longitude) > -0.25) ellipse(skin, x, headY + 1, 2.6, 4);
    }
    ellipse(skin, headX, headY, headWidth, headHeight);
    if (style > 0) {
      // The hairline rises towards the middle of the face.
      const { x: middle } = onFace(0);
      ellipse(hair, headX, headY, headWidth + 0.6, headHeight + 0.6, (x, y) => y - (headY - 9 - 4 * Math.cos((x - middle) / 7)));
    }
    for (const longitude of [-0.42, 0.42]) {
      const { x, narrowing } = onFace(longitude);
      ellipse([250, 250, 250], x, headY - 1, 3.6 * narrowing, 2.3);
      ellipse([45, 35, 30], x + 0.8 * Math.sin(turn), headY - 1, 1.6 * narrowing, 1.7);
      ellipse(style > 0 ? hair : dark, x, headY - 5.2, 3.8 * narrowing, 0.9);
      if (glasses === 1) {
        const rim = fromEllipse(x, headY - 1, 5.4 * narrowing + 0.5, 4.4);
        paint([30, 30, 40], [x - 8, headY - 8, x + 8, headY + 6], (px, py) => Math.abs(rim(px, py)) - 0.7);
      }
    }
    if (glasses === 1) {
      const [from, to] = [onFace(-0.14).x, onFace(0.14).x];
      paint([30, 30, 40], [from, headY - 3, to, headY], (x, y) => Math.max(Math.abs(y - headY + 1.4) - 0.6, from - x, x - to));
    }
    const nose = onFace(0);
    ellipse(dark, nose.x + 1.5 * Math.sin(turn), headY + 4.5, 1.7, 2.6);
    const mouth = onFace(0);
    const bend = (smile / (smiles - 1)) * 2 - 1;
    const width = 6.5 * mouth.narrowing;
    paint([150, 40, 50], [mouth.x - width - 1, headY + 5, mouth.x + width + 1, headY + 17], (x, y) => {
      const along = (x - mouth.x) / width;
      return Math.max(Math.abs(y - (headY + 11 + 2.6 * bend * (0.5 - along * along))) - 1.1, (Math.abs(along) - 1) * width);
    });
  },
};
