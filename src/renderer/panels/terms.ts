import { withMinus } from '../format';

const titles: Record<string, string> = {
  loss: 'Loss',
  reconstruction: 'Reconstruction',
  kl: 'KL',
  elbo: 'ELBO',
  sigma: 'σ',
  beta: 'β',
  logDet: 'log-det',
  logProb: 'log p(x)',
  squaredError: 'Squared error',
  meanSquaredError: 'Mean squared error',
  classKept: 'Class kept',
};

/** A latent coordinate: `−0.41`. */
export const formatCode = (value: number): string => withMinus(value.toFixed(2));

/** Levels are counted from the top; `z1` names a dimension. */
export const levelName = (level: number): string => `level ${level + 1}`;

/** The name of a term or a metric in the field's words: `reconstructionNats` → `Reconstruction`. One that is not known is spaced out. */
export function termTitle(name: string): string {
  const bare = name.replace(/(Nats|BitsPerDim(ension)?)$/, '');
  const known = titles[bare];
  if (known) return known;
  const level = /^klLevel(\d+)$/.exec(bare)?.[1];
  if (level) return `KL, level ${level}`;
  const spaced = bare
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/\b(kl|elbo|iwae|mmd|auroc)\b/g, (word) => word.toUpperCase());
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
