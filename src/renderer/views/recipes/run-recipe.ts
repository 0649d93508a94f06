import type { Recipe } from '../../../contract/recipes';
import type { Client } from '../../client/client';
import { toastError } from '../../design/toast';
import { go } from '../../state/route';

/** Starts a recipe as it stands and opens its run. */
export async function runRecipe(client: Client, recipe: Recipe): Promise<void> {
  try {
    const run = await client.call('runs.create', { experiment: recipe.experiment, recipe: recipe.id });
    go({ view: 'run', id: run.id });
  } catch (thrown) {
    toastError(thrown);
  }
}
