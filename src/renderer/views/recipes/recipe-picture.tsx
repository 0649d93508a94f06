import type { Recipe } from '../../../contract/recipes';
import { useQuery } from '../../client/hooks';
import { PageGlance } from '../data/thumbnails';

const columns = 11;
const rows = 5;

/** What a run of the recipe, as it comes, showed in a panel; by the recipe's id. */
const figures = import.meta.glob<string>('./figures/*.png', { eager: true, query: '?url', import: 'default' });

/** What a recipe is about: a figure that came out of it, or the data that it begins with. */
export function RecipePicture({ recipe }: { recipe: Recipe }) {
  const figure = figures[`./figures/${recipe.id}.png`];
  const { data: page } = useQuery('datasets.page', figure ? null : { id: recipe.experiment.data, split: 'train', offset: 0, count: columns * rows });
  return (
    <div className="recipe-picture">
      {figure ? <img src={figure} alt={`What came out of ${recipe.title}`} /> : page && <PageGlance page={page} title={recipe.experiment.data} columns={columns} rows={rows} gap={2} />}
    </div>
  );
}
