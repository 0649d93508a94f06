import type { DatasetInfo } from '../../contract/datasets';
import { dataShape, type ModelInfo } from '../../contract/models';
import { modelDefinitions, modelInfo } from '../../ml/models/registry';

/** Every model, with the data sets that it takes under no binarisation at its default settings, and why. */
export const listModels = (datasets: DatasetInfo[]): ModelInfo[] =>
  modelDefinitions.map((definition) => {
    const defaults = definition.settings.parse({});
    const refusals = datasets.flatMap((dataset) => {
      const reasons = (['none', 'dynamic'] as const).map((binarisation) => definition.refuses(dataShape(dataset, binarisation), defaults));
      return reasons.every((reason) => reason !== null) && reasons[0] ? [[dataset.id, reasons[0]] as const] : [];
    });
    return { ...modelInfo(definition), refusals: Object.fromEntries(refusals) };
  });
