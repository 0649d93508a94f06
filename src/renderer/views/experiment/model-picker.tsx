import { useState } from 'react';
import { Radio, RadioGroup } from 'react-aria-components';
import type { DatasetInfo } from '../../../contract/datasets';
import { families, type Family, type ModelInfo } from '../../../contract/models';
import { SearchField } from '../../design';
import { ModelGlyph } from './model-glyph';

const meaning: Record<Family, { title: string; note: string }> = {
  baselines: { title: 'Baselines', note: 'fitted' },
  autoencoders: { title: 'Autoencoders', note: 'no density' },
  'variational autoencoders': { title: 'Variational autoencoders', note: 'a bound on log p(x)' },
  'hierarchical variational autoencoders': { title: 'Hierarchical variational autoencoders', note: 'a bound on log p(x)' },
  'autoregressive models': { title: 'Autoregressive models', note: 'exact log p(x)' },
  flows: { title: 'Flows', note: 'exact log p(x), invertible' },
};

/** Every model by family; those that do not take the data are faded and say why. */
export function ModelPicker({ models, data, value, onChange }: { models: readonly ModelInfo[]; data: DatasetInfo | undefined; value: string; onChange: (id: string) => void }) {
  const [filter, setFilter] = useState('');
  const refusal = (model: ModelInfo): string | undefined => (data ? model.refusals?.[data.id] : undefined);
  const found = models.filter((model) => `${model.title} ${model.id} ${model.family} ${model.summary}`.toLowerCase().includes(filter.toLowerCase()));
  const accepting = models.filter((model) => !refusal(model)).length;
  const chosen = models.find((model) => model.id === value);
  return (
    <aside className="model-picker" aria-label="Model">
      <SearchField label="Find a model" value={filter} onChange={setFilter} trailing={data && accepting < models.length && <span className="faint count-note">{accepting} of {models.length} take {data.title}</span>} />
      <RadioGroup aria-label="Model" value={value} onChange={onChange}>
        {families
          .map((family) => ({ family, members: found.filter((model) => model.family === family) }))
          .filter(({ members }) => members.length > 0)
          .map(({ family, members }) => (
            <section key={family}>
              <h3>
                {meaning[family].title} <span>{meaning[family].note}</span>
              </h3>
              <div className="family">
                {members.map((model) => (
                  <Radio key={model.id} value={model.id} className={`model-card radio-surface ${refusal(model) ? 'faded' : ''}`} aria-label={model.title}>
                    <ModelGlyph model={model} />
                    <span>{model.title}</span>
                  </Radio>
                ))}
              </div>
            </section>
          ))}
        {found.length === 0 && <p className="faint">No model is called “{filter}”.</p>}
      </RadioGroup>
      {models.filter(refusal).map((model) => (
        <p key={model.id} className="faint why-faded">
          {model.title} is faded: {refusal(model)}
        </p>
      ))}
      {chosen && (
        <div className="about-model">
          <h3>{chosen.title}</h3>
          <p>{chosen.summary}</p>
          <code className="mono">{chosen.objective}</code>
          <dl>
            <dt>Takes</dt>
            <dd>{chosen.accepts}</dd>
            <dt>Can</dt>
            <dd>{chosen.abilities.map((ability) => abilityNames[ability]).join(', ')}</dd>
            <dt>Source</dt>
            <dd>{chosen.source}</dd>
          </dl>
        </div>
      )}
    </aside>
  );
}

const abilityNames: Record<ModelInfo['abilities'][number], string> = {
  encode: 'encode',
  decode: 'decode',
  prior: 'give its prior',
  sample: 'sample',
  reconstruct: 'reconstruct',
  elbo: 'bound log p(x)',
  importance: 'estimate log p(x) by importance weighting',
  logProb: 'give log p(x) exactly',
  stages: 'show its layers',
  levels: 'sample level by level',
  conditionals: 'give its conditionals',
  complete: 'complete a picture',
};
