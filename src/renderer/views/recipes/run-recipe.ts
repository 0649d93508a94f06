import type { Recipe } from '../../../contract/recipes';
import type { Client } from '../../client/client';
import { toastError } from '../../design/toast';
import { go } from '../../state/route';

/** Starts a recipe as it stands and opens its run; of several, the recipe's page. */
export async function runRecipe(client: Client, recipe: Recipe, size: { full?: boolean } = {}): Promise<void> {
  try {
    const { runs } = await client.call('recipes.start', { id: recipe.id, ...size });
    const [first] = runs;
    go(runs.length === 1 && first ? { view: 'run', id: first.id } : { view: 'recipes', id: recipe.id });
  } catch (thrown) {
    toastError(thrown);
  }
}
