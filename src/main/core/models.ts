import type { DatasetInfo } from '../../contract/datasets';
import type { ModelInfo } from '../../contract/models';
import { modelDefinitions, modelInfo } from '../../ml/models/registry';

/** Every model, with the data sets that it takes under no binarisation at its default settings, and why. */
export const listModels = (datasets: DatasetInfo[]): ModelInfo[] =>
  modelDefinitions.map((definition) => {
    const defaults = definition.settings.parse({});
    const refusals = datasets.flatMap(({ id, height, width, channels, binary }) => {
      const reasons = [binary, true].map((asBinary) => definition.refuses({ height, width, channels, binary: asBinary }, defaults));
      return reasons.every((reason) => reason !== null) && reasons[0] ? [[id, reasons[0]] as const] : [];
    });
    return { ...modelInfo(definition), refusals: Object.fromEntries(refusals) };
  });
