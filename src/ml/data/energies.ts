import { integrateSquare } from './quadrature';

/**
 * Unnormalised log-densities -U(z) for fits by the reverse divergence (Rezende and Mohamed 2015, table 1; the functions as in the code
 * of De Cao et al. 2019). U2 to U4 are periodic in z1 and have no integral over the plane: all four are taken on the box [-4, 4]^2.
 */
export interface Energy {
  id: string;
  title: string;
  energy(z1: number, z2: number): number;
}

export const energyBox = 4;

/** How far beyond the box's border a density with walls is down to e^(-1/2) of what it would be. */
export const wallWidth = 0.1;

const wave = (z1: number): number => Math.sin((Math.PI * z1) / 2);
const bump = (z1: number): number => 3 * Math.exp(-0.5 * ((z1 - 1) / 0.6) ** 2);
const rise = (z1: number): number => 3 / (1 + Math.exp(-(z1 - 1) / 0.3));
const half = (value: number, scale: number): number => 0.5 * (value / scale) ** 2;
/** -ln(e^-a + e^-b). */
const either = (a: number, b: number): number => Math.min(a, b) - Math.log1p(Math.exp(-Math.abs(a - b)));

export const energies: readonly Energy[] = [
  { id: 'u1', title: 'U1, a ring with two sides', energy: (z1, z2) => half(Math.hypot(z1, z2) - 2, 0.4) + either(half(z1 - 2, 0.6), half(z1 + 2, 0.6)) },
  { id: 'u2', title: 'U2, a wave', energy: (z1, z2) => half(z2 - wave(z1), 0.4) },
  { id: 'u3', title: 'U3, a wave that splits', energy: (z1, z2) => either(half(z2 - wave(z1), 0.35), half(z2 - wave(z1) + bump(z1), 0.35)) },
  { id: 'u4', title: 'U4, a wave with a step', energy: (z1, z2) => either(half(z2 - wave(z1), 0.4), half(z2 - wave(z1) + rise(z1), 0.35)) },
];

/** ln of the integral of e^-U over the box, by quadrature. */
export const logNormaliser = ({ energy }: Energy): number => Math.log(integrateSquare((z1, z2) => Math.exp(-energy(z1, z2)), energyBox, 0.02));

const beyond = (z: number): number => half(Math.max(Math.abs(z) - energyBox, 0), wallWidth);
/** U with steep walls at the box's border in place of none: of a density that is positive everywhere, the divergence from it is finite. */
export const walled = ({ energy }: Energy) => (z1: number, z2: number): number => energy(z1, z2) + beyond(z1) + beyond(z2);

/** ln of the integral of e^-U with walls, by quadrature. */
export const walledLogNormaliser = (of: Energy): number => {
  const energy = walled(of);
  return Math.log(integrateSquare((z1, z2) => Math.exp(-energy(z1, z2)), energyBox + 8 * wallWidth, 0.02));
};
