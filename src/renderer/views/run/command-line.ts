import type { Experiment } from '../../../contract/experiment';

/** The command that trains the same experiment again. Settings that a shell would read are quoted. */
export function commandLine({ model, data, binarisation, settings, training: { steps, ...training }, seed }: Experiment): string {
  const pairs = { ...settings, binarisation, ...training };
  const set = Object.entries(pairs).map(([key, value]) => `--set ${quoted(`${key}=${Array.isArray(value) ? value.join(',') : value}`)}`);
  return [`npx elbo train ${quoted(model)} --data ${quoted(data)} --seed ${seed} --steps ${steps}`, ...set].join(' \\\n  ');
}

const quoted = (word: string): string => (/^[\w=.,:+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
