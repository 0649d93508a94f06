import './recipes.css';
import { useEffect } from 'react';
import { Pencil, Play } from 'lucide-react';
import { protocolNames } from '../../../contract/experiment';
import { measuresOf, type Check, type Recipe } from '../../../contract/recipes';
import { useClient, useQuery, useRuns } from '../../client/hooks';
import { Button, EmptyState, ErrorState, LoadingState, StatusIcon } from '../../design';
import { formatCount, formatMinutes } from '../../format';
import { go, href } from '../../state/route';
import { RecipePicture } from './recipe-picture';
import { runRecipe } from './run-recipe';

/** What the lectures show, each as an experiment that runs and is checked. */
export function RecipesView({ id }: { id?: string }) {
  const { data: recipes, error, refresh } = useQuery('recipes.list', {});
  useEffect(() => {
    if (id && recipes) document.getElementById(`recipe-row-${id}`)?.scrollIntoView({ block: 'nearest' });
  }, [id, recipes]);
  return (
    <main className="stage">
      <header className="head">
        <div>
          <h1>Recipes</h1>
          <div className="sub">What the lectures show, each as an experiment that runs in minutes and is checked</div>
        </div>
      </header>
      <div className="page">
        {error && !recipes ? <ErrorState error={error} action={<Button onPress={refresh}>Ask again</Button>} /> : !recipes && <LoadingState title="Reading the recipes" />}
        {recipes?.length === 0 && <EmptyState title="No recipes are installed">They lie in resources/recipes of Elbo’s folder. Fetch Elbo again if the folder is empty.</EmptyState>}
        {recipes?.map((recipe) => (
          <section key={recipe.id} aria-labelledby={`recipe-title-${recipe.id}`}>
            <RecipeRow recipe={recipe} isOpen={recipe.id === id} />
          </section>
        ))}
      </div>
    </main>
  );
}

function RecipeRow({ recipe, isOpen }: { recipe: Recipe; isOpen: boolean }) {
  const client = useClient();
  const runs = useRuns()?.filter((run) => run.recipe === recipe.id) ?? [];
  const { model, data, binarisation, training } = recipe.experiment;
  return (
    <div className={`card recipe-row ${isOpen ? 'on' : ''}`} id={`recipe-row-${recipe.id}`}>
      <RecipePicture recipe={recipe} />
      <div className="recipe-body">
        <h2 id={`recipe-title-${recipe.id}`}>{recipe.title}</h2>
        <dl>
          <dt>Claim</dt>
          <dd>{recipe.claim}</dd>
          <dt>Look at</dt>
          <dd>{recipe.lookAt}</dd>
          <dt>Checks</dt>
          <dd>
            <ul>
              {recipe.checks.map((check) => (
                <li key={check.title}>
                  {check.title} <small>{inWords(check)}</small>
                </li>
              ))}
            </ul>
          </dd>
          <dt>Experiment</dt>
          <dd>
            <span className="mono">{model}</span> on <span className="mono">{data}</span>, {protocolNames[binarisation]}, {formatCount(training.steps)} steps of {formatCount(training.batch)}
          </dd>
          {runs.length > 0 && (
            <>
              <dt>Runs so far</dt>
              <dd className="recipe-runs">
                {runs.slice(0, 6).map((run) => (
                  <a key={run.id} href={href({ view: 'run', id: run.id })}>
                    <StatusIcon status={run.status} />
                    {run.name}
                  </a>
                ))}
              </dd>
            </>
          )}
        </dl>
        <footer>
          <Button variant="primary" icon={<Play size={13} aria-hidden />} aria-label={`Run ${recipe.title}`} onPress={() => void runRecipe(client, recipe)}>
            Run
          </Button>
          <Button icon={<Pencil size={13} aria-hidden />} aria-label={`Change ${recipe.title} first`} onPress={() => go({ view: 'new', recipe: recipe.id })}>
            Change it first
          </Button>
          <span className="spacer" />
          lecture {recipe.lectures.join(', ')} · {formatMinutes(recipe.minutes)}
        </footer>
      </div>
    </div>
  );
}

/** `keptClassShare, test: at least 0.6`; a ratio and a difference name both sides, an order all. */
function inWords(check: Check): string {
  const names = measuresOf(check).map(({ variant, metric, split, k }) => [variant, metric, ...(k === undefined ? [] : [`K = ${k}`]), split].filter(Boolean).join(', '));
  if (check.check === 'rises' || check.check === 'falls') return `${names.join(check.check === 'rises' ? ' < ' : ' > ')}${check.by === 0 ? '' : `, by ${check.by}`}`;
  const bounds = [check.atLeast !== undefined && `at least ${check.atLeast}`, check.atMost !== undefined && `at most ${check.atMost}`].filter(Boolean);
  return `${names.join(check.check === 'ratio' ? ' / ' : ' − ')}: ${bounds.join(', ')}`;
}
