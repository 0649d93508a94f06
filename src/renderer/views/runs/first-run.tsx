import './runs.css';
import { useEffect, useRef } from 'react';
import { BookOpen, Cpu, Database, Plus } from 'lucide-react';
import { runsOf } from '../../../contract/recipes';
import { useClient, useQuery } from '../../client/hooks';
import { Button, ErrorState } from '../../design';
import { useKeys } from '../../state/keys';
import { go, href } from '../../state/route';
import { RecipeCard } from '../recipes/recipe-card';
import { runRecipe } from '../recipes/run-recipe';

/** Of the recipes that are one run each: their run opens at a press. */
const cardsShown = 2;

/** A store without runs: recipes as cards, the first one focused, so that Enter trains something. */
export function FirstRun() {
  const client = useClient();
  const { data: recipes, error, refresh } = useQuery('recipes.list', {});
  const first = recipes?.filter((recipe) => runsOf(recipe).length === 1).slice(0, cardsShown);
  const cards = useRef<HTMLDivElement>(null);
  const buttons = (): HTMLButtonElement[] => [...(cards.current?.querySelectorAll<HTMLButtonElement>('.recipe-run') ?? [])];

  useEffect(() => {
    if (recipes && (document.activeElement === document.body || document.activeElement === null)) buttons()[0]?.focus();
  }, [recipes]);
  const move = (direction: 1 | -1): void => {
    const all = buttons();
    const at = all.findIndex((button) => button === document.activeElement);
    all[Math.min(all.length - 1, Math.max(0, at + direction))]?.focus();
  };
  const right = (): void => move(1);
  const left = (): void => move(-1);
  useKeys({
    ArrowRight: right,
    ArrowDown: right,
    ArrowLeft: left,
    ArrowUp: left,
    j: right,
    k: left,
    Enter: () => first?.[0] && void runRecipe(client, first[0]),
  });

  return (
    <main className="stage">
      <div className="first-run">
        <div>
          <div className="hero">
            <div>
              <h1>No runs yet. Start with a figure you know.</h1>
              <p>A recipe trains in minutes on this machine, says what to look at, and checks whether the claim came out. Or build your own from any model and data set.</p>
            </div>
            <span className="spacer" />
            <Button size="big" icon={<Plus size={16} aria-hidden />} shortcut="N" onPress={() => go({ view: 'new' })}>
              New experiment
            </Button>
          </div>
          {error && !recipes && <ErrorState error={error} action={<Button onPress={refresh}>Ask again</Button>} />}
          <div className="recipe-cards" ref={cards}>
            {first?.map((recipe, i) => (
              <RecipeCard key={recipe.id} recipe={recipe} isFirst={i === 0} />
            ))}
          </div>
          <div className="hints">
            <span>
              <BookOpen size={14} aria-hidden />
              <a href={href({ view: 'recipes' })}>See all {recipes?.length} recipes</a>
            </span>
            <span>
              <Database size={14} aria-hidden />
              <span>
                <a href={href({ view: 'data' })}>Bring your own data</a>: IDX files or a folder of pictures
              </span>
            </span>
            <span>
              <Cpu size={14} aria-hidden />
              <a href={href({ view: 'compute' })}>See what this machine computes with</a>
            </span>
            <span className="spacer" />
            <span className="faint">Arrows choose, Enter runs</span>
          </div>
        </div>
      </div>
    </main>
  );
}
