import { protocolNames, type Experiment } from '../../../contract/experiment';
import { runsOf, type Recipe } from '../../../contract/recipes';
import { formatCount } from '../../format';

const plural = (count: number, one: string): string => `${formatCount(count)} ${one}${count === 1 ? '' : 's'}`;

/** `one run`, `6 runs: 3 variants, 2 seeds each` */
export function runsInWords(recipe: Recipe): string {
  const count = runsOf(recipe).length;
  if (count === 1) return 'one run';
  const variants = Object.keys(recipe.variants ?? {}).length;
  const seeds = recipe.seeds?.length ?? 1;
  return variants === 0 ? `${count} runs, a seed each` : `${count} runs: ${plural(variants, 'variant')}${seeds > 1 ? `, ${seeds} seeds each` : ''}`;
}

type Changes = NonNullable<Recipe['variants']>[string];

/** `beta 4, steps 2,000`; nothing changed is the experiment as it stands. */
export function changesInWords({ model, data, binarisation, seed, settings = {}, training = {} }: Changes): string {
  const values = Object.entries({ ...settings, ...training }).map(([key, value]) => `${key} ${valueInWords(value)}`);
  return [model, data && `on ${data}`, binarisation && protocolNames[binarisation], seed !== undefined && `seed ${seed}`, ...values].filter(Boolean).join(', ') || 'as it stands';
}

const valueInWords = (value: unknown): string => (typeof value === 'number' && Math.abs(value) >= 1000 ? formatCount(value) : Array.isArray(value) ? value.map(valueInWords).join(' – ') : String(value));

/** `latentSize 2, widths 512 – 256` */
export const settingsInWords = ({ settings }: Experiment): string => Object.entries(settings).map(([key, value]) => `${key} ${valueInWords(value)}`).join(', ');
