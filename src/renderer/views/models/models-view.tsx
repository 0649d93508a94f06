import './models.css';
import { ChevronLeft, Plus } from 'lucide-react';
import { families, type ModelInfo } from '../../../contract/models';
import { whenInWords } from '../../../contract/settings';
import { useQuery, useRuns } from '../../client/hooks';
import { Button, EmptyState, ErrorState, Formula, IconButton, LoadingState, StatusIcon } from '../../design';
import { go, href } from '../../state/route';
import { abilityNames, familyNames } from './model-words';

const runsShown = 8;

/** What can be trained: every model by family, and a page for each. */
export function ModelsView({ id }: { id?: string }) {
  const { data: models, error, refresh } = useQuery('models.list', {}, { refreshOn: (event) => event.type === 'datasets' });
  const open = models?.find((model) => model.id === id);
  return (
    <main className="stage">
      <header className="head">
        {open && <IconButton label="All models" icon={<ChevronLeft size={16} aria-hidden />} onPress={() => go({ view: 'models' })} />}
        <div>
          <h1>{open?.title ?? 'Models'}</h1>
          <div className="sub">{open ? `${familyNames[open.family].title}, ${familyNames[open.family].note}` : 'What each is, its formula, what to look at, and where it comes from'}</div>
        </div>
        <span className="spacer" />
        {open && (
          <Button variant="primary" icon={<Plus size={14} aria-hidden />} onPress={() => go({ view: 'new', model: open.id })}>
            New experiment
          </Button>
        )}
      </header>
      <div className="page">
        {error && !models ? <ErrorState error={error} action={<Button onPress={refresh}>Ask again</Button>} /> : !models && <LoadingState title="Reading the models" />}
        {id && models && !open && <EmptyState title={`There is no model ${id}`}>It may belong to another version of Elbo.</EmptyState>}
        {open ? <ModelPage model={open} /> : models && <ModelList models={models} />}
      </div>
    </main>
  );
}

function ModelList({ models }: { models: readonly ModelInfo[] }) {
  return families
    .map((family) => ({ family, members: models.filter((model) => model.family === family) }))
    .filter(({ members }) => members.length > 0)
    .map(({ family, members }) => (
      <section key={family} aria-labelledby={`family-${family}`}>
        <h2 id={`family-${family}`} className="family-title">
          {familyNames[family].title} <small>{familyNames[family].note}</small>
        </h2>
        <ul className="card model-list">
          {members.map((model) => (
            <li key={model.id}>
              <a href={href({ view: 'models', id: model.id })}>{model.title}</a>
              <span className="mid">{model.summary}</span>
            </li>
          ))}
        </ul>
      </section>
    ));
}

function ModelPage({ model }: { model: ModelInfo }) {
  const { page, presets, settings } = model;
  const runs = useRuns()?.filter((run) => run.experiment.model === model.id) ?? [];
  return (
    <section className="card model-page" aria-label={model.title}>
      <p className="lead">{model.summary}</p>
      <p>{page.idea}</p>
      <section aria-labelledby="formula-title">
        <h2 id="formula-title">Formula</h2>
        <Formula formulas={page.formulas} plain={model.objective} />
        <p className="mid">{page.symbols}</p>
      </section>
      <section aria-labelledby="look-title">
        <h2 id="look-title">What to look at</h2>
        <p>{page.lookAt}</p>
      </section>
      <section aria-labelledby="facts-title">
        <h2 id="facts-title">Facts</h2>
        <dl>
          <dt>Minimised</dt>
          <dd className="mono">{model.objective}</dd>
          <dt>Takes</dt>
          <dd>{model.accepts}</dd>
          <dt>Can</dt>
          <dd>{model.abilities.map((ability) => abilityNames[ability]).join(', ')}</dd>
          <dt>Trained by</dt>
          <dd>{model.trainedBy === 'fit' ? 'a procedure of its own' : 'gradient steps of Adam'}</dd>
          <dt>Source</dt>
          <dd>{model.source}</dd>
        </dl>
      </section>
      {presets.length > 0 && (
        <section aria-labelledby="presets-title">
          <h2 id="presets-title">Named settings</h2>
          <dl>
            {presets.map((preset) => (
              <div key={preset.id} className="row">
                <dt className="mono">{preset.id}</dt>
                <dd>
                  <b>{preset.title}.</b> {preset.summary} <span className="faint">{preset.source}</span> <a href={href({ view: 'new', model: preset.id })}>New experiment</a>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      {settings.length > 0 && (
        <section aria-labelledby="settings-title">
          <h2 id="settings-title">Settings</h2>
          <dl>
            {settings.map((field) => (
              <div key={field.key} className="row">
                <dt>{field.title}</dt>
                <dd>
                  {field.help}{' '}
                  <span className="faint">
                    <span className="mono">{field.key}</span> = {Array.isArray(field.default) ? field.default.join(', ') || 'none' : String(field.default)}
                    {field.unit && ` ${field.unit}`}
                    {field.choices && `; one of ${field.choices.join(', ')}`}
                    {field.when && `; only with ${whenInWords(field)}`}
                  </span>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      {runs.length > 0 && (
        <section aria-labelledby="runs-title">
          <h2 id="runs-title">Runs of it</h2>
          <ul className="model-runs">
            {runs.slice(0, runsShown).map((run) => (
              <li key={run.id}>
                <StatusIcon status={run.status} />
                <a href={href({ view: 'run', id: run.id })}>{run.name}</a>
              </li>
            ))}
            {runs.length > runsShown && <li className="faint">and {runs.length - runsShown} more</li>}
          </ul>
        </section>
      )}
    </section>
  );
}
