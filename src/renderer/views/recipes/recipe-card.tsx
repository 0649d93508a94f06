import './recipes.css';
import { useState } from 'react';
import { Play } from 'lucide-react';
import { ofSize, type Recipe } from '../../../contract/recipes';
import { useClient } from '../../client/hooks';
import { Button } from '../../design';
import { formatMinutes } from '../../format';
import { RecipePicture } from './recipe-picture';
import { runRecipe } from './run-recipe';

/** A recipe to be started with one press. */
export function RecipeCard({ recipe, isFirst }: { recipe: Recipe; isFirst: boolean }) {
  const client = useClient();
  const [starting, setStarting] = useState(false);
  const { length } = recipe.checks.filter(ofSize(false));
  const checks = `${length} ${length === 1 ? 'check' : 'checks'}`;
  return (
    <article className={`card recipe-card ${isFirst ? 'first' : ''}`} aria-labelledby={`recipe-${recipe.id}`}>
      <RecipePicture recipe={recipe} />
      <div className="recipe-text">
        <h3 id={`recipe-${recipe.id}`}>{recipe.title}</h3>
        <p>{recipe.claim}</p>
        <footer>
          <span>{formatMinutes(recipe.minutes)}</span>
          <span>·</span>
          <span>{checks}</span>
          <span>·</span>
          <span>lecture {recipe.lectures.join(', ')}</span>
          <span className="spacer" />
          <Button
            className="recipe-run"
            aria-label={`Run ${recipe.title}`}
            isDisabled={starting}
            icon={<Play size={13} aria-hidden />}
            shortcut="↵"
            onPress={() => {
              setStarting(true);
              void runRecipe(client, recipe).finally(() => setStarting(false));
            }}
          >
            Run
          </Button>
        </footer>
      </div>
    </article>
  );
}
