import { useState } from 'react';
import { ArrowLeft, Cpu, Pencil, Play } from 'lucide-react';
import { protocolNames } from '../../../contract/experiment';
import { measurementInWords, ofSize, runsOf, type Recipe } from '../../../contract/recipes';
import { useClient } from '../../client/hooks';
import { Button, IconButton, Select } from '../../design';
import { formatAge, formatCount, formatMinutes } from '../../format';
import { useKeys } from '../../state/keys';
import { useMinute } from '../../state/minute';
import { go } from '../../state/route';
import { CheckTable } from './check-table';
import { ExecutionSection } from './execution-section';
import { RecipePicture } from './recipe-picture';
import { runRecipe } from './run-recipe';
import { useStarted } from './use-execution';
import { changesInWords, runsInWords, settingsInWords } from './words';

/** One recipe: its claim, what was started of it and what came out, and what it runs. */
export function RecipePage({ recipe }: { recipe: Recipe }) {
  const client = useClient();
  const now = useMinute();
  const started = useStarted(recipe.id);
  const [chosen, setChosen] = useState<string | null>(null);
  const [starting, setStarting] = useState(false);
  const { id, title, lectures, minutes, claim, lookAt, full, checks } = recipe;
  const shown = started.find(({ execution }) => execution === chosen) ?? started[0];
  const run = (size: { full?: boolean } = {}): void => {
    setStarting(true);
    setChosen(null);
    void runRecipe(client, recipe, size).finally(() => setStarting(false));
  };
  useKeys({ Escape: () => go({ view: 'recipes' }) });

  return (
    <main className="stage">
      <header className="head">
        <IconButton label="All recipes" shortcut="Esc" icon={<ArrowLeft size={16} aria-hidden />} onPress={() => go({ view: 'recipes' })} />
        <div className="recipe-title">
          <h1>{title}</h1>
          <div className="sub">
            lecture {lectures.join(', ')} · {runsInWords(recipe)} · {formatMinutes(minutes)}
          </div>
        </div>
        <span className="spacer" />
        <Button icon={<Pencil size={13} aria-hidden />} aria-label={`Change ${title} first`} onPress={() => go({ view: 'new', recipe: id })}>
          Change it first
        </Button>
        {full && (
          <Button icon={<Cpu size={13} aria-hidden />} isDisabled={starting} aria-label={`Run ${title} in full size, ${changesInWords(full)}`} onPress={() => run({ full: true })}>
            Run in full size
          </Button>
        )}
        <Button variant="primary" icon={<Play size={13} aria-hidden />} isDisabled={starting} aria-label={`Run ${title}`} onPress={() => run()}>
          Run
        </Button>
      </header>
      <div className="page">
        <section className="card recipe-claim">
          <RecipePicture recipe={recipe} />
          <dl>
            <dt>Claim</dt>
            <dd className="strong">{claim}</dd>
            <dt>Look at</dt>
            <dd>{lookAt}</dd>
          </dl>
        </section>
        {shown ? (
          <ExecutionSection
            key={shown.execution}
            id={shown.execution}
            recipe={recipe}
            when={
              started.length === 1 ? (
                <span className="faint">started {ageInWords(shown.startedAt, now)}</span>
              ) : (
                <Select label="Which start" variant="quiet" value={shown.execution} onChange={setChosen} options={started.map(({ execution, startedAt }, i) => ({ value: execution, label: `${i === 0 ? 'newest, ' : ''}started ${ageInWords(startedAt, now)}` }))} />
              )
            }
          />
        ) : (
          <section aria-labelledby="recipe-checks">
            <h2 id="recipe-checks">Checks</h2>
            <div className="card">
              <CheckTable checks={checks.filter(ofSize(false))} results={[]} label="recipe-checks" />
            </div>
          </section>
        )}
        <WhatItRuns recipe={recipe} />
      </div>
    </main>
  );
}

function WhatItRuns({ recipe }: { recipe: Recipe }) {
  const { model, data, binarisation, training } = recipe.experiment;
  const { variants, seeds, measurements, experiment, full, oneSize } = recipe;
  return (
    <section aria-labelledby="recipe-runs">
      <h2 id="recipe-runs">What it runs</h2>
      <dl className="card recipe-runs">
        <dt>Experiment</dt>
        <dd>
          <span className="mono">{model}</span> on <span className="mono">{data}</span>, {binarisation !== 'none' && `${protocolNames[binarisation]}, `}
          {formatCount(training.steps)} steps of {formatCount(training.batch)}
          <small className="mono faint">{settingsInWords(experiment)}</small>
        </dd>
        {variants && (
          <>
            <dt>Variants</dt>
            <dd>
              <ul>
                {Object.entries(variants).map(([name, changes]) => (
                  <li key={name}>
                    {name} <small className="mono faint">{changesInWords(changes)}</small>
                  </li>
                ))}
              </ul>
            </dd>
          </>
        )}
        <dt>{(seeds?.length ?? 1) > 1 ? 'Seeds' : 'Seed'}</dt>
        <dd>{(seeds ?? [...new Set(runsOf(recipe).map(({ experiment: { seed } }) => seed))]).join(', ')}</dd>
        <dt>Measured</dt>
        <dd>
          <ul>
            <li>the model’s own terms on every split, at the end</li>
            {measurements.filter(ofSize(false)).map(({ variants: of, measurement }) => (
              <li key={JSON.stringify([of, measurement])}>
                {measurementInWords(measurement)} {of && <small className="faint">of {of.join(', ')}</small>}
              </li>
            ))}
          </ul>
        </dd>
        {full && (
          <>
            <dt>Full size</dt>
            <dd>
              <span className="mono">{changesInWords(full)}</span>
              <ul>
                {Object.entries(full.variants ?? {}).map(([name, changes]) => (
                  <li key={name}>
                    {name} <small className="mono faint">{changesInWords(changes)}</small>
                  </li>
                ))}
              </ul>
              <small className="faint">for a GPU</small>
            </dd>
          </>
        )}
        {oneSize !== undefined && (
          <>
            <dt>Full size</dt>
            <dd>none: {oneSize}</dd>
          </>
        )}
      </dl>
    </section>
  );
}

function ageInWords(iso: string, now: number): string {
  const age = formatAge(iso, now);
  return age === 'now' ? 'just now' : / (min|h)$/.test(age) ? `${age} ago` : age;
}
