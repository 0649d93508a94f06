import type { DatasetInfo } from '../../contract/datasets';
import { dataShape, type ModelInfo } from '../../contract/models';
import type { ModelDefinition } from '../../ml/model';
import { modelDefinitions, modelInfo } from '../../ml/models/registry';

/** Every model, with the data sets that it and its presets take by no binarisation, at settings that are otherwise the defaults, and why. */
export const listModels = (datasets: DatasetInfo[]): ModelInfo[] =>
  modelDefinitions.map((definition) => {
    const info = modelInfo(definition);
    return { ...info, refusals: refusalsOf(definition, {}, datasets), presets: info.presets.map((preset) => ({ ...preset, refusals: refusalsOf(definition, preset.settings, datasets) })) };
  });

function refusalsOf({ settings, refuses }: ModelDefinition, given: object, datasets: DatasetInfo[]): Record<string, string> {
  const chosen = settings.parse(given);
  const refusals = datasets.flatMap((dataset) => {
    const reasons = (['none', 'dynamic'] as const).map((binarisation) => refuses(dataShape(dataset, binarisation), chosen));
    return reasons.every((reason) => reason !== null) && reasons[0] ? [[dataset.id, reasons[0]] as const] : [];
  });
  return Object.fromEntries(refusals);
}
