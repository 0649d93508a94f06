import { create } from 'zustand';
import { runsOf, type Recipe } from '../../../contract/recipes';

/** What of the recipes is looked for, and which one was opened last: kept while another page is open. */
export const useRecipeFilter = create<{ text: string; lecture: string; opened: string | null }>(() => ({ text: '', lecture: '', opened: null }));

/** Those of the lecture (of all where it is empty) that hold every word: in title, claim, theme, model, data or variant. */
export function found(recipes: readonly Recipe[], { text, lecture }: { text: string; lecture: string }): Recipe[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return recipes.filter((recipe) => {
    if (lecture && !recipe.lectures.includes(lecture)) return false;
    const { id, title, claim, lookAt, theme = '' } = recipe;
    const runs = runsOf(recipe).map(({ variant, experiment }) => `${variant ?? ''} ${experiment.model} ${experiment.data}`);
    const all = [id, title, claim, lookAt, theme, ...runs].join(' ').toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

/** In the order in which they come; one group for each theme. */
export function byTheme(recipes: readonly Recipe[]): { theme: string; recipes: Recipe[] }[] {
  const groups = new Map<string, Recipe[]>();
  for (const recipe of recipes) groups.set(recipe.theme ?? 'Other', [...(groups.get(recipe.theme ?? 'Other') ?? []), recipe]);
  return [...groups].map(([theme, members]) => ({ theme, recipes: members }));
}
