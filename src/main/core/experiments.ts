import type { DatasetInfo } from '../../contract/datasets';
import { refuse } from '../../contract/errors';
import type { Experiment } from '../../contract/experiment';
import { dataShape } from '../../contract/models';
import { parse } from '../../contract/parse';
import { findModel } from '../../ml/models/registry';

/**
 * The experiment with every default of its model filled in.
 * @throws Refusal `not-found` for a model, `bad-experiment` naming the setting that breaks a rule, or why model and data do not fit together
 */
export function completeExperiment(experiment: Experiment, dataset: DatasetInfo): Experiment {
  const definition = findModel(experiment.model);
  const known = Object.keys(definition.settings.shape);
  const unknown = Object.keys(experiment.settings).filter((key) => !known.includes(key));
  if (unknown.length > 0)
    refuse('bad-experiment', `The model "${definition.id}" has no setting ${unknown.map((key) => `"${key}"`).join(', ')}.`, {
      where: `settings.${unknown[0]}`,
      repair: `Its settings are ${known.join(', ')}.`,
    });
  if (dataset.kind === 'table' && experiment.binarisation !== 'none')
    refuse('bad-experiment', `"${dataset.id}" is a table of numbers, which have no binarisation.`, { where: 'binarisation', repair: 'Choose none.' });
  const settings = parse(definition.settings, experiment.settings, 'experiment.settings', 'bad-experiment') as Experiment['settings'];
  const unfit = definition.refuses(dataShape(dataset, experiment.binarisation), settings);
  if (unfit) refuse('bad-experiment', unfit, { where: `${definition.id} on ${dataset.id}` });
  if (dataset.counts.train === 0) refuse('bad-experiment', `"${dataset.id}" has no training examples.`, { where: 'data' });
  if (definition.trainedBy === 'gradient' && experiment.training.batch > dataset.counts.train)
    refuse('bad-experiment', `A batch of ${experiment.training.batch} is larger than the ${dataset.counts.train} training examples.`, {
      where: 'training.batch',
      repair: `Choose ${dataset.counts.train} or less.`,
    });
  const { keepBest, patience } = experiment.training;
  if (definition.trainedBy === 'gradient' && keepBest && dataset.counts.valid === 0)
    refuse('bad-experiment', `The best parameters are those with the smallest loss on the validation split, and "${dataset.id}" has none.`, {
      where: 'training.keepBest',
      repair: 'Import the data again with some examples held out for validation, or turn it off (with patience at 0) to keep the last parameters.',
    });
  if (definition.trainedBy === 'gradient' && patience > 0 && !keepBest)
    refuse('bad-experiment', 'Patience waits for a smaller loss on the validation split, which only a run that keeps the best looks for.', { where: 'training.patience', repair: 'Turn on keepBest, or set patience to 0.' });
  return { ...experiment, settings };
}
