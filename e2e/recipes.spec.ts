import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './fixtures';

const measure = (variant: string) => ({ variant, metric: 'meanSquaredError', split: 'test' });
const recipe = {
  id: 'two-widths', title: 'Principal components, one and four', lectures: ['002'], claim: 'More components leave a smaller error.', lookAt: 'The reconstructions.', minutes: 0.1,
  experiment: { model: 'pca', data: 'digits-8x8', settings: { latentSize: 1 } },
  variants: { 'one component': {}, 'four components': { settings: { latentSize: 4 } } },
  checks: [
    { check: 'falls', title: 'The error falls', of: [measure('one component'), measure('four components')] },
    { check: 'within', title: 'An error that no model has', of: measure('one component'), atMost: 0 },
  ],
};

test('a recipe of two variants: found, run, checked, and its runs compared', async ({ elbo, page }) => {
  mkdirSync(join(elbo.home, 'recipes'));
  writeFileSync(join(elbo.home, 'recipes/1.json'), JSON.stringify(recipe));
  await page.getByRole('link', { name: 'Recipes', exact: true }).click();
  await page.getByRole('searchbox', { name: 'Filter recipes' }).fill('smaller error');
  await page.getByRole('region', { name: 'Your own' }).getByRole('link', { name: recipe.title }).click();
  await page.getByRole('button', { name: `Run ${recipe.title}`, exact: true }).click();

  const runs = page.getByRole('table', { name: 'Runs of this start' }).getByRole('row');
  await expect(runs.filter({ hasText: 'Done' })).toHaveCount(2, { timeout: 90_000 });
  await expect(page.getByText('1 of 2 failed')).toBeVisible({ timeout: 30_000 });
  const checks = page.getByRole('table', { name: 'Checks' }).getByRole('row');
  await expect(checks.filter({ hasText: 'The error falls' })).toContainText(/passed.*one component\s*[\d.]+.*four components\s*[\d.]+/);
  await expect(checks.filter({ hasText: 'An error that no model has' })).toContainText('failed');

  await page.getByRole('button', { name: 'Compare' }).click();
  await expect(page.getByRole('heading', { name: '2 runs compared' })).toBeVisible();
});
