import './recipes.css';
import { useQuery } from '../../client/hooks';
import { Button, EmptyState, ErrorState, LoadingState } from '../../design';
import { go } from '../../state/route';
import { RecipeIndex } from './recipe-index';
import { RecipePage } from './recipe-page';

/** What the lectures show, each as experiments that run and are checked: all of them, or one. */
export function RecipesView({ id }: { id?: string }) {
  const { data: recipes, error, refresh } = useQuery('recipes.list', {});
  const recipe = recipes?.find((each) => each.id === id);
  if (recipe) return <RecipePage recipe={recipe} />;
  if (recipes && id === undefined && recipes.length > 0) return <RecipeIndex recipes={recipes} />;
  return (
    <main className="stage">
      <header className="head">
        <h1>Recipes</h1>
      </header>
      <div className="page">
        {error && !recipes ? (
          <ErrorState error={error} action={<Button onPress={refresh}>Ask again</Button>} />
        ) : !recipes ? (
          <LoadingState title="Reading the recipes" />
        ) : id !== undefined ? (
          <EmptyState title={`There is no recipe “${id}”`} actions={<Button onPress={() => go({ view: 'recipes' })}>Show all recipes</Button>} />
        ) : (
          <EmptyState title="No recipes are installed">They lie in resources/recipes of Elbo’s folder. Fetch Elbo again if the folder is empty.</EmptyState>
        )}
      </div>
    </main>
  );
}
