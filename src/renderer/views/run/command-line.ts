import { trainingSchema, type Experiment } from '../../../contract/experiment';

/** The command that trains the same experiment again. Settings that a shell would read are quoted. */
export function commandLine({ model, data, binarisation, settings, training: { steps, ...training }, seed }: Experiment): string {
  const pairs = [...named('settings', settings, trainingSchema.shape), ['binarisation', binarisation], ...named('training', training, settings)] as const;
  const set = pairs.map(([key, value]) => `--set ${quoted(`${key}=${Array.isArray(value) ? value.join(',') : value}`)}`);
  return [`npx elbo train ${quoted(model)} --data ${quoted(data)} --seed ${seed} --steps ${steps}`, ...set].join(' \\\n  ');
}

/** A key that is one of the `others` as well is named with its part of the experiment. */
const named = (part: 'settings' | 'training', values: Experiment['settings'], others: object) => Object.entries(values).map(([key, value]) => [Object.hasOwn(others, key) ? `${part}.${key}` : key, value] as const);

const quoted = (word: string): string => (/^[\w=.,:+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
