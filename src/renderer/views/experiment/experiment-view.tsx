import './experiment.css';
import { useEffect, useRef, useState } from 'react';
import type { DatasetInfo } from '../../../contract/datasets';
import { binarisations, type Binarisation, type Experiment } from '../../../contract/experiment';
import { errorFrom, type ElboError } from '../../../contract/errors';
import type { ModelInfo } from '../../../contract/models';
import type { RunSummary } from '../../../contract/runs';
import { cutShort, inForce, type SettingField } from '../../../contract/settings';
import { useClient, useQuery, useRunSummary } from '../../client/hooks';
import { Button, ErrorState, LoadingState, Segmented, Select, toast } from '../../design';
import { useKeys } from '../../state/keys';
import { go } from '../../state/route';
import { DataChoice } from './data-choice';
import { binarised, edit, isStill, named, presetOf, refusedField, scratch, seeded, startFrom, useDraft, type DraftState, wholeSettings, withPreset } from './draft';
import { ModelPicker } from './model-picker';
import { SettingRow } from './setting-row';
import { StartFromDialog } from './start-from';
import { Summary } from './summary';
import { TrainingFields } from './training-fields';

const seedsField: SettingField = { key: 'seed', title: 'Seeds', unit: '', help: 'Fixes weights, order and noise: the same seed gives the same run on this machine. Of several, as 0, 1, 2, each is a run.', kind: 'integers', default: [0], minimum: 0, maximum: 2 ** 31 - 1 };
const binarisationHelp: Record<Binarisation, string> = {
  none: 'Grey values go in as they are.',
  dynamic: 'A new Bernoulli draw from each grey value, each step. Not comparable with static.',
  static: 'One Bernoulli draw from each grey value, by seed 0, for good. Not comparable with dynamic.',
  threshold: 'One where the grey value is above a half.',
};
const startKinds = [
  { value: 'scratch', label: 'scratch' },
  { value: 'recipe', label: 'a recipe' },
  { value: 'run', label: 'another run' },
  { value: 'file', label: 'a file' },
] as const;

/** One form for everything a run depends on; nothing is written until it is started. */
export function ExperimentView({ recipe: recipeId, run: runId, data: dataId, model: modelId }: { recipe?: string; run?: string; data?: string; model?: string }) {
  const client = useClient();
  const { data: models, error: modelsError, refresh: refreshModels } = useQuery('models.list', {}, { refreshOn: (event) => event.type === 'datasets' });
  const { data: datasets, error: dataError, refresh: refreshData } = useQuery('datasets.list', {}, { refreshOn: (event) => event.type === 'datasets' });
  const { data: recipes } = useQuery('recipes.list', recipeId ? {} : null);
  const cloned = useRunSummary(runId ?? '');
  const { draft, start, seeds: written, errors, refusal } = useDraft();
  const seeds = [...new Set(written)];
  const [choosing, setChoosing] = useState<'recipe' | 'run' | 'file' | null>(null);
  const [starting, setStarting] = useState(false);
  const form = useRef<HTMLFormElement>(null);

  // What the address asks for is taken over once; afterwards the draft is the person's.
  const taken = useRef(false);
  useEffect(() => {
    if (!models || !datasets || taken.current) return;
    const recipe = recipes?.find((each) => each.id === recipeId);
    if (recipeId && !recipes) return;
    if (runId && !cloned) return;
    taken.current = true;
    if (recipe) startFrom(recipe.experiment, { kind: 'recipe', recipe }, models);
    else if (cloned) startFrom(cloned.experiment, { kind: 'run', name: cloned.name }, models);
    else if (dataId !== undefined || modelId !== undefined || !useDraft.getState().draft) startFrom(scratch(models, datasets, { data: dataId, model: modelId }), { kind: 'scratch' }, models);
  }, [models, datasets, recipes, recipeId, runId, cloned, dataId, modelId]);

  const model = models?.find((each) => each.id === draft?.model);
  const data = datasets?.find((each) => each.id === draft?.data);
  const still = draft && seeds.length === 1 && start.kind === 'recipe' && isStill(start.recipe, draft, model) ? start.recipe : undefined;

  // The name is no part of it: a field does not lose its refusal while a name is written.
  const check = useQuery('runs.check', draft && { experiment: named(draft, '') }, { refreshOn: (event) => event.type === 'datasets' });
  // While the core looks at a change, what it said before still stands.
  const [known, setKnown] = useState<ElboError>();
  if (!check.loading && known !== check.error) setKnown(check.error);
  const knownField = draft && known && refusedField(known, draft, model);
  const seedless = seeds.length === 0 ? 'Write at least one seed.' : undefined;
  const shown: DraftState['errors'] = { ...(seedless && { seed: seedless }), ...(knownField && known && { [knownField]: inWords(known) }), ...errors };

  const begin = async (): Promise<void> => {
    if (!draft || starting || known || seedless) return;
    // A field whose text is no number shows it itself; go there instead of starting something else.
    const invalid = form.current?.querySelector<HTMLElement>('[aria-invalid=true]');
    if (invalid && Object.keys(errors).length === 0) return invalid.focus();
    setStarting(true);
    useDraft.setState({ errors: {}, refusal: null });
    const begun: RunSummary[] = [];
    try {
      if (still) begun.push(...(await client.call('recipes.start', { id: still.id })).runs);
      else for (const experiment of seeded(draft, seeds)) begun.push(await client.call('runs.create', { experiment }));
      const [run] = begun;
      if (!run) return;
      if (begun.length > 1) toast(`${begun.length} runs, of the seeds ${seeds.join(', ')}`);
      useDraft.setState({ draft: named(draft, ''), start: { kind: 'run', name: run.name } });
      go({ view: 'run', id: run.id });
    } catch (thrown) {
      const error = errorFrom(thrown);
      if (begun.length > 0) {
        // Those that were begun stay; the form keeps the seeds that were not.
        const left = seeds.slice(begun.length);
        useDraft.setState({ draft: { ...draft, seed: left[0] ?? draft.seed }, seeds: left, refusal: { ...error, message: `${begun.length} of ${seeds.length} runs are begun, and that of seed ${left[0]} is refused: ${error.message}` } });
        return;
      }
      const field = refusedField(error, draft, model);
      useDraft.setState(field ? { errors: { [field]: inWords(error) } } : { refusal: error });
      if (field) requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid=true], .refused')?.scrollIntoView({ block: 'nearest' }));
    } finally {
      setStarting(false);
    }
  };
  useKeys({ 'Ctrl+Enter': () => void begin() });

  const again = start.kind === 'scratch' ? null : start.kind;
  const failed = (!models && modelsError) || (!datasets && dataError);
  const origin = start.kind === 'recipe' ? `From the recipe “${start.recipe.title}”` : start.kind === 'run' ? `From the run ${start.name}` : start.kind === 'file' ? 'From a file' : 'Nothing is written until you start';
  return (
    <main className="stage">
      <header className="head">
        <div>
          <h1>New experiment</h1>
          <div className="sub">{origin}</div>
        </div>
        <span className="spacer" />
        {again && (
          <Button variant="quiet" onPress={() => setChoosing(again)}>
            Choose again
          </Button>
        )}
        <span className="faint">Start from</span>
        <Segmented
          label="Start from"
          size="medium"
          value={start.kind}
          options={startKinds}
          onChange={(kind) => {
            if (kind !== 'scratch') setChoosing(kind);
            else if (models && datasets) startFrom(scratch(models, datasets), { kind: 'scratch' }, models);
          }}
        />
      </header>
      {failed ? (
        <ErrorState
          error={failed}
          action={
            <Button
              variant="primary"
              onPress={() => {
                refreshModels();
                refreshData();
              }}
            >
              Ask again
            </Button>
          }
        />
      ) : !draft || !models || !datasets ? (
        <LoadingState title="Reading models and data sets" />
      ) : (
        <div className="experiment">
          <ModelPicker
            models={models}
            data={data}
            value={draft.model}
            onChange={(id) => {
              const next = models.find((each) => each.id === id);
              if (next) edit(binarised({ ...draft, model: id, settings: wholeSettings(next, draft.settings) }, next, data), 'model', 'data', 'binarisation');
            }}
          />
          <form className="experiment-form" ref={form} onSubmit={(event) => event.preventDefault()} aria-label="Experiment">
            <section>
              <h2>Data</h2>
              <DataChoice datasets={datasets} value={draft.data} error={shown['data'] ?? shown['model']} onChange={(next) => edit(binarised({ ...draft, data: next.id }, model, next), 'data', 'model', 'binarisation')} />
              <div className="setting-row">
                <Select
                  label="Binarisation"
                  value={draft.binarisation}
                  options={binarisations.map((each) => ({ value: each, label: each, description: binarisationHelp[each] }))}
                  onChange={(binarisation) => edit({ binarisation }, 'binarisation')}
                  help={data?.kind === 'table' ? 'The rows of a table go in as they are.' : data?.binary ? 'The stored pixels are 0 and 1 already.' : binarisationHelp[draft.binarisation]}
                  error={shown['binarisation']}
                  isDisabled={data?.kind === 'table' || (data?.binary ?? false)}
                />
              </div>
            </section>
            <section>
              <h2>{model?.title ?? draft.model}</h2>
              {!model && <p className="field-error">There is no model {draft.model} here. Choose one at the left.</p>}
              {model && model.presets.length > 0 && <PresetChoice model={model} draft={draft} data={data} />}
              {model?.settings.filter((field) => inForce(model.settings, draft.settings).includes(field) || shown[`settings.${field.key}`]).map((field) => (
                <SettingRow
                  key={`${model.id} ${field.key}`}
                  field={{ ...field, help: [field.help, cutShort(field, draft.settings[field.key] ?? field.default, draft.training.steps)].filter(Boolean).join(' ') }}
                  value={draft.settings[field.key] ?? field.default}
                  error={shown[`settings.${field.key}`]}
                  onChange={(value) => {
                    const next = { ...draft, settings: { ...draft.settings, [field.key]: value } };
                    edit(field.key === 'likelihood' ? binarised(next, model, data) : next, `settings.${field.key}`, 'data', 'binarisation');
                  }}
                />
              ))}
            </section>
            <section>
              <h2>Training</h2>
              {model?.trainedBy === 'fit' && <p className="section-note">{model.title} is fitted by a procedure of its own: length, batch and learning rate do not apply.</p>}
              <TrainingFields draft={draft} model={model} errors={shown} />
              <SettingRow
                field={seedsField}
                value={[...written]}
                error={shown['seed']}
                onChange={(value) => {
                  const next = Array.isArray(value) ? value : [];
                  useDraft.setState({ seeds: next });
                  edit({ seed: next[0] ?? draft.seed }, 'seed');
                }}
              />
            </section>
          </form>
          <Summary draft={draft} seeds={seeds} model={model} data={data} refusal={refusal} nameError={shown['name']} blocked={seedless ?? (known && (knownField ? besideField(known.message) : inWords(known)))} starting={starting} checks={still?.checks.length ?? 0} onStart={() => void begin()} />
        </div>
      )}
      <StartFromDialog
        kind={choosing}
        onClose={() => setChoosing(null)}
        onChosen={(experiment, from) => {
          if (models) startFrom(experiment, from, models);
          setChoosing(null);
        }}
      />
    </main>
  );
}

/** The settings of a variant that has a name in the field. */
function PresetChoice({ model, draft, data }: { model: ModelInfo; draft: Experiment; data: DatasetInfo | undefined }) {
  const chosen = presetOf(model, draft.settings);
  return (
    <div className="setting-row">
      <Select
        label="Variant"
        value={chosen?.id ?? null}
        placeholder={inForce(model.settings, draft.settings).every(({ key, default: standard }) => String(draft.settings[key]) === String(standard)) ? 'The defaults' : 'Settings of your own'}
        options={model.presets.map(({ id, title, summary }) => ({ value: id, label: title, description: summary }))}
        onChange={(id) => {
          const preset = model.presets.find((each) => each.id === id);
          if (preset) edit(binarised(withPreset(draft, model, preset), model, data), ...model.settings.map(({ key }) => `settings.${key}`), ...Object.keys(preset.training ?? {}).map((key) => `training.${key}`), 'data', 'binarisation');
        }}
        help={chosen ? `${chosen.summary} ${chosen.source}` : 'Named variants set the settings below, which may then be changed.'}
      />
    </div>
  );
}

const inWords = ({ message, repair }: ElboError): string => [besideField(message), repair].filter(Boolean).join(' ');

/** The sentence without the path of the field, which it stands beside: `settings.latentSize must be at most 9.` */
const besideField = (message: string): string => message.replace(/^(?:(?:experiment|settings|training)[.\w]*|seed|name) (.)/, (_, first: string) => first.toUpperCase());
