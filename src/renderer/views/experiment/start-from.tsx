import { useState } from 'react';
import { FolderOpen } from 'lucide-react';
import { Button as AriaButton, FileTrigger } from 'react-aria-components';
import { experimentSchema, type Experiment } from '../../../contract/experiment';
import { errorFrom, refuse } from '../../../contract/errors';
import { parse } from '../../../contract/parse';
import { useQuery, useRuns } from '../../client/hooks';
import { Button, Dialog, SearchField, StatusIcon, TextArea } from '../../design';
import { formatAge, formatMinutes } from '../../format';
import { found } from '../recipes/filter';
import { matches } from '../runs/runs-query';
import type { Start } from './draft';

/** More than fit on a page are found by the filter. */
const listed = 60;
/** An experiment is a page of text; anything much larger is another file. */
const largestFile = 1_000_000;

interface StartFromProps {
  kind: 'recipe' | 'run' | 'file' | null;
  onClose: () => void;
  onChosen: (experiment: Experiment, start: Start) => void;
}

export function StartFromDialog({ kind, onClose, onChosen }: StartFromProps) {
  const title = kind === 'recipe' ? 'Start from a recipe' : kind === 'run' ? 'Start from another run' : 'Start from an experiment file';
  return (
    <Dialog title={title} isOpen={kind !== null} onClose={onClose}>
      {kind === 'recipe' && <Recipes onChosen={onChosen} />}
      {kind === 'run' && <Runs onChosen={onChosen} />}
      {kind === 'file' && <File onChosen={onChosen} />}
    </Dialog>
  );
}

function Recipes({ onChosen }: Pick<StartFromProps, 'onChosen'>) {
  const { data: recipes } = useQuery('recipes.list', {});
  const [filter, setFilter] = useState('');
  const shown = recipes && found(recipes, { text: filter, lecture: '' });
  return (
    <>
      <SearchField label="Find a recipe" value={filter} onChange={setFilter} />
      <ul className="choice-list">
        {shown?.map((recipe) => (
          <li key={recipe.id}>
            <AriaButton className="choice-row" onPress={() => onChosen(recipe.experiment, { kind: 'recipe', recipe })}>
              <span>{recipe.title}</span>
              <small>{formatMinutes(recipe.minutes)}</small>
            </AriaButton>
          </li>
        ))}
      </ul>
      {shown?.length === 0 && <p className="faint">No recipe speaks of “{filter}”.</p>}
    </>
  );
}

function Runs({ onChosen }: Pick<StartFromProps, 'onChosen'>) {
  const runs = useRuns();
  const [filter, setFilter] = useState('');
  const [now] = useState(() => Date.now());
  const shown = (runs ?? []).filter((run) => matches(run, filter));
  return (
    <>
      <SearchField label="Find a run" value={filter} onChange={setFilter} />
      <ul className="choice-list">
        {shown.slice(0, listed).map((run) => (
          <li key={run.id}>
            <AriaButton className="choice-row" onPress={() => onChosen(run.experiment, { kind: 'run', name: run.name })}>
              <StatusIcon status={run.status} />
              <span>{run.name}</span>
              <small>
                {run.experiment.model} · {formatAge(run.createdAt, now)}
              </small>
            </AriaButton>
          </li>
        ))}
      </ul>
      {runs?.length === 0 && <p className="faint">There are no runs yet.</p>}
      {shown.length > listed && <p className="faint">{shown.length - listed} more: write a part of the name.</p>}
    </>
  );
}

function File({ onChosen }: Pick<StartFromProps, 'onChosen'>) {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string>();
  const take = (content: string): void => {
    try {
      onChosen(readExperiment(content), { kind: 'file' });
    } catch (thrown) {
      const error = errorFrom(thrown);
      setText(content);
      setProblem([error.message, error.repair].filter(Boolean).join(' '));
    }
  };
  return (
    <div className="from-file">
      <TextArea
        label="Paste an experiment, or open its file"
        value={text}
        onChange={(next) => {
          setText(next);
          setProblem(undefined);
        }}
        rows={12}
        error={problem}
        placeholder={'{ "model": "vae", "data": "mnist", "settings": { "latentSize": 2 } }'}
      />
      <div className="from-file-actions">
        <FileTrigger
          acceptedFileTypes={['.json', 'application/json']}
          onSelect={(files) => {
            const file = files?.[0];
            if (file && file.size <= largestFile) void file.text().then(take);
            else if (file) setProblem(`${file.name} is too large for an experiment.`);
          }}
        >
          <Button icon={<FolderOpen size={14} aria-hidden />}>Open a file</Button>
        </FileTrigger>
        <span className="spacer" />
        <Button variant="primary" isDisabled={text.trim() === ''} onPress={() => take(text)}>
          Use it
        </Button>
      </div>
    </div>
  );
}

/** @throws Refusal naming the line or the field */
function readExperiment(content: string): Experiment {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (thrown) {
    refuse('bad-experiment', `This is not JSON: ${(thrown as Error).message}.`);
  }
  return parse(experimentSchema, value, 'file', 'bad-experiment');
}
