import { useState } from 'react';
import { Radio, RadioGroup } from 'react-aria-components';
import type { DatasetInfo } from '../../../contract/datasets';
import { families, type ModelInfo } from '../../../contract/models';
import { Formula, SearchField } from '../../design';
import { href } from '../../state/route';
import { abilityNames, familyNames } from '../models/model-words';
import { holds } from './filter';
import { ModelGlyph } from './model-glyph';

/** Every model by family; those that do not take the data are faded and say why. */
export function ModelPicker({ models, data, value, onChange }: { models: readonly ModelInfo[]; data: DatasetInfo | undefined; value: string; onChange: (id: string) => void }) {
  const [filter, setFilter] = useState('');
  const refusal = (model: ModelInfo): string | undefined => (data ? model.refusals?.[data.id] : undefined);
  const found = models.filter((model) => holds([model, ...model.presets].map(({ title, id, summary }) => `${title} ${id} ${summary}`).concat(model.family).join(' '), filter));
  const accepting = models.filter((model) => !refusal(model)).length;
  const chosen = models.find((model) => model.id === value);
  return (
    <aside className="model-picker" aria-label="Model">
      <SearchField label="Find a model" value={filter} onChange={setFilter} trailing={data && accepting < models.length && <span className="faint count-note" title={`${accepting} of ${models.length} models take ${data.title}`}>{accepting} of {models.length} fit</span>} />
      <RadioGroup aria-label="Model" value={value} onChange={onChange}>
        {families
          .map((family) => ({ family, members: found.filter((model) => model.family === family) }))
          .filter(({ members }) => members.length > 0)
          .map(({ family, members }) => (
            <section key={family}>
              <h3>
                {familyNames[family].title} <span>{familyNames[family].note}</span>
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
          <Formula formulas={chosen.page.formulas.slice(0, 1)} plain={chosen.objective} />
          <dl>
            <dt>Takes</dt>
            <dd>{chosen.accepts}</dd>
            <dt>Can</dt>
            <dd>{chosen.abilities.map((ability) => abilityNames[ability]).join(', ')}</dd>
            <dt>Source</dt>
            <dd>{chosen.source}</dd>
          </dl>
          <a href={href({ view: 'models', id: chosen.id })}>More about {chosen.title}</a>
        </div>
      )}
    </aside>
  );
}
