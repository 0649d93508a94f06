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
      <circle key={i} cx={x.toFixed(1)} cy={y.toFixed(1)} r="1.5" fill={`var(--class-${digit})`} fillOpacity=".7" />
    ))}
  </svg>
);

// The same drawing every time: whole numbers stirred into uniform ones, then Box and Muller.
const uniform = (i: number): number => {
  let h = Math.imul(i + 1, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
};
const dots = Array.from({ length: 1400 }, (_, i) => {
  const digit = i % 10;
  const radius = Math.sqrt(-2 * Math.log(uniform(2 * i) + 1e-9));
  const turn = 2 * Math.PI * uniform(2 * i + 1);
  const [far, angle] = digit % 3 === 2 ? [0.45, digit * 0.75] : [1.3, digit * 0.66 + 0.2];
  // Each class stretched along its own direction.
  const [along, across] = [radius * Math.cos(turn) * 0.42, radius * Math.sin(turn) * 0.2];
  return {
    x: 240 + 78 * (Math.cos(angle) * (far + along) - Math.sin(angle) * across),
    y: 100 + 52 * (Math.sin(angle) * (far + along) + Math.cos(angle) * across),
    digit,
  };
});
