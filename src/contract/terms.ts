const titles: Record<string, string> = {
  loss: 'Loss',
  reconstruction: 'Reconstruction',
  kl: 'KL',
  elbo: 'ELBO',
  sigma: 'σ',
  sigmaAtFloor: 'σ at its floor',
  beta: 'β',
  logDet: 'log-det',
  logProb: 'log p(x)',
  squaredError: 'Squared error',
  meanSquaredError: 'Mean squared error',
  classKept: 'Class kept',
  sampleMilliseconds: 'Time of samples',
  scoreMilliseconds: 'Time of densities or bounds',
  samplingMilliseconds: 'Time of a sample',
  densityMilliseconds: 'Time of a density or bound',
  layerLogDet: 'log-det of a layer',
  logDetGap: 'Gap of log-det',
  iwaeEffectiveDraws: 'Effective draws of IWAE',
  naiveEffectiveDraws: 'Effective draws from the prior',
  codedBits: 'Bits of the code',
  modelBits: 'Bits by the model',
};

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
    .replace(/\b(kl|elbo|iwae|mmd|auroc|nll)\b/g, (word) => word.toUpperCase())
    .replace(/^frechet/, 'fréchet');
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** The unit that a metric's name ends in, after a space; empty where it has none. */
export const unitOf = (name: string): string => (name.endsWith('Nats') ? ' nats' : /BitsPerDim(ension)?$/.test(name) ? ' bits/dim' : '');

/** A measured number in four digits: `−17.50`, `1,204`. */
export function inDigits(value: number): string {
  const text = Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(Math.abs(value) >= 0.001 || value === 0 ? value.toPrecision(4) : value.toExponential(3));
  return withMinus(text);
}

/** With the sign that is as wide as a digit. */
export const withMinus = (text: string): string => text.replaceAll('-', '−');

/** What the author of a recipe called a variant, with the letters of the field: `β 4`. */
export const variantInWords = (variant: string): string => variant.replace(/\bbeta\b/g, 'β');

/** Whether a sentence holds these words, and not as the start of others: `temperature 0` is not in `at temperature 0.25`. */
export const holdsWords = (sentence: string, words: string): boolean => words === '' || sentence.split(words).slice(1).some((after) => !/^\.?\w/.test(after));
