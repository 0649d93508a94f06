import { useEffect, useRef } from 'react';
import { Play } from 'lucide-react';
import type { Recipe } from '../../../contract/recipes';
import { useClient, useQuery } from '../../client/hooks';
import { Button, EmptyState, SearchField, Segmented } from '../../design';
import { formatCount, formatMinutes } from '../../format';
import { useKeys } from '../../state/keys';
import { href } from '../../state/route';
import { byTheme, found, useRecipeFilter } from './filter';
import { Outcome } from './outcome';
import { Problems } from './problems';
import { runRecipe } from './run-recipe';
import { useExecution, useStarted } from './use-execution';
import { runsInWords } from './words';

const all = 'all';

/** Every recipe in a row of its own, under its theme. */
export function RecipeIndex({ recipes }: { recipes: readonly Recipe[] }) {
  const { text, lecture, opened } = useRecipeFilter();
  const page = useRef<HTMLDivElement>(null);
  const shown = found(recipes, { text, lecture });
  const { data: problems } = useQuery('recipes.problems', {});
  const lectures = [...new Set(recipes.flatMap((recipe) => recipe.lectures))].sort();

  // Back from a recipe's page: where one was.
  useEffect(() => {
    if (opened) document.getElementById(`recipe-${opened}`)?.focus();
  }, [opened]);
  const move = (direction: 1 | -1): void => {
    const links = [...(page.current?.querySelectorAll<HTMLAnchorElement>('a.recipe-link') ?? [])];
    const at = links.findIndex((link) => link === document.activeElement);
    links[at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + direction))]?.focus();
  };
  const down = (): void => move(1);
  const up = (): void => move(-1);
  useKeys({ ArrowDown: down, ArrowUp: up, j: down, k: up });

  return (
    <main className="stage">
      <header className="head">
        <div>
          <h1>Recipes</h1>
          <div className="sub tabular">
            {shown.length < recipes.length ? `${formatCount(shown.length)} of ${formatCount(recipes.length)}` : formatCount(recipes.length)}: what the lectures show, each as experiments that run in minutes and are checked
          </div>
        </div>
      </header>
      <div className="toolbar recipe-toolbar">
        <SearchField label="Filter recipes" placeholder="Filter by claim, model, data" value={text} onChange={(next) => useRecipeFilter.setState({ text: next })} shortcut="/" onArrow={move} />
        <Segmented label="Lecture" size="medium" value={lecture || all} options={[{ value: all, label: 'All lectures' }, ...lectures.map((value) => ({ value, label: value }))]} onChange={(value) => useRecipeFilter.setState({ lecture: value === all ? '' : value })} />
      </div>
      <div className="page" ref={page}>
        {problems && problems.length > 0 && (
          <section aria-label="Left out">
            <Problems problems={problems.map(({ where, message, repair }) => [`Left out: ${where ?? 'a recipe'}:`, message, repair].filter(Boolean).join(' '))} />
          </section>
        )}
        {shown.length === 0 && (
          <EmptyState title="No recipe matches" actions={<Button onPress={() => useRecipeFilter.setState({ text: '', lecture: '' })}>Show all recipes</Button>}>
            Every word of “{text}” must occur in a recipe’s title, claim, models or data{lecture && ` of lecture ${lecture}`}.
          </EmptyState>
        )}
        {byTheme(shown).map(({ theme, recipes: members }) => (
          <section key={theme} aria-label={theme}>
            <h2>
              {theme} <small className="faint tabular">{members.length}</small>
            </h2>
            <ul className="card recipe-list">
              {members.map((recipe) => (
                <Row key={recipe.id} recipe={recipe} />
              ))}
            </ul>
          </section>
        ))}
      </div>
    </main>
  );
}

function Row({ recipe }: { recipe: Recipe }) {
  const client = useClient();
  const [newest] = useStarted(recipe.id);
  const { id, title, claim, lectures, minutes } = recipe;
  return (
    <li>
      <a id={`recipe-${id}`} className="recipe-link" href={href({ view: 'recipes', id })} onClick={() => useRecipeFilter.setState({ opened: id })} aria-describedby={`claim-${id}`}>
        {title}
      </a>
      <p id={`claim-${id}`}>{claim}</p>
      <div className="recipe-facts">
        {newest && <Last execution={newest.execution} />}
        <span>lecture {lectures.join(', ')}</span>
        <span>{runsInWords(recipe).split(':')[0]}</span>
        <span>{formatMinutes(minutes)}</span>
      </div>
      <Button icon={<Play size={13} aria-hidden />} aria-label={`Run ${title}`} onPress={() => void runRecipe(client, recipe)}>
        Run
      </Button>
    </li>
  );
}

function Last({ execution: id }: { execution: string }) {
  const { execution } = useExecution(id);
  return execution ? <Outcome execution={execution} /> : null;
}
