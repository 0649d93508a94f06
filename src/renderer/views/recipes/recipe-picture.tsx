import type { Recipe } from '../../../contract/recipes';
import { useQuery } from '../../client/hooks';
import { Picture } from '../../design';

const columns = 11;
const rows = 5;

/** What a recipe is about: its own data for a model that copies, a drawing of the code for one that has a density there. */
export function RecipePicture({ recipe }: { recipe: Recipe }) {
  const { data: models } = useQuery('models.list', {});
  const drawn = models?.find((model) => model.id === recipe.experiment.model)?.abilities.includes('prior');
  const { data: page } = useQuery('datasets.page', models && !drawn ? { id: recipe.experiment.data, split: 'train', offset: 0, count: columns * rows } : null);
  return <div className="recipe-picture">{drawn ? <CodeDrawing /> : page && <Picture pictures={page.pictures} label={`First pictures of ${recipe.experiment.data}`} columns={columns} rows={rows} gap={2} />}</div>;
}

/** Ten classes in a plane, inside the prior's circles: a drawing, not a result. */
const CodeDrawing = () => (
  <svg viewBox="0 0 480 200" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
    {[44, 88, 132].map((radius) => (
      <ellipse key={radius} cx="240" cy="100" rx={radius * 1.5} ry={radius} fill="none" stroke="var(--line-strong)" strokeDasharray="2 4" />
    ))}
    {dots.map(({ x, y, digit }, i) => (
      <circle key={i} cx={x} cy={y} r="1.7" fill={`var(--class-${digit})`} fillOpacity=".75" />
    ))}
  </svg>
);

const dots = Array.from({ length: 900 }, (_, i) => {
  // A low-discrepancy sequence through Box and Muller: the same drawing every time.
  const u = (i * 0.754877666 + 0.5) % 1;
  const v = (i * 0.569840296 + 0.5) % 1;
  const radius = Math.sqrt(-2 * Math.log(u + 1e-6));
  const digit = i % 10;
  const angle = ((digit * 3) % 10) * 0.628 + 0.3;
  const far = digit % 3 === 0 ? 0.55 : 1.35;
  return {
    x: 240 + 62 * (Math.cos(angle) * far * 1.4 + radius * Math.cos(2 * Math.PI * v) * 0.36),
    y: 100 + 52 * (Math.sin(angle) * far + radius * Math.sin(2 * Math.PI * v) * 0.3),
    digit,
  };
});
