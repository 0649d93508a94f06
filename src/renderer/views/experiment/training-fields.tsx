import { useState } from 'react';
import { trainingSchema, type Experiment } from '../../../contract/experiment';
import type { ModelInfo } from '../../../contract/models';
import { describeSettings, type SettingField } from '../../../contract/settings';
import { More } from '../../design';
import { edit, type DraftState } from './draft';
import { SettingRow } from './setting-row';

const fields = describeSettings(trainingSchema);
const rare = ['warmUp', 'clipNorm', 'skipNorm', 'weightDecay', 'averaging', 'keepBest', 'patience', 'compile'];
const [usual, more] = [fields.filter(({ key }) => !rare.includes(key)), fields.filter(({ key }) => rare.includes(key))];

/** How it is trained; what most leave alone is folded away while it is left alone. */
export function TrainingFields({ draft, model, errors }: { draft: Experiment; model: ModelInfo | undefined; errors: DraftState['errors'] }) {
  const [opened, setOpened] = useState<boolean>();
  const valueOf = (field: SettingField) => draft.training[field.key as keyof Experiment['training']];
  const row = (field: SettingField) => (
    <SettingRow
      key={field.key}
      field={field}
      value={valueOf(field)}
      error={errors[`training.${field.key}`]}
      isDisabled={model?.trainedBy === 'fit'}
      onChange={(value) => edit({ training: { ...draft.training, [field.key]: value } }, `training.${field.key}`)}
    />
  );
  return (
    <>
      {usual.map(row)}
      <More title="More: warm-up, clipping, weight decay, early stopping, averaging, compiling" isExpanded={opened ?? more.some((field) => valueOf(field) !== field.default)} onChange={setOpened}>
        {more.map(row)}
      </More>
    </>
  );
}
