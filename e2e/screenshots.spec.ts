import { join } from 'node:path';
import { expect, test } from './fixtures';

// Pictures of the main screens, light and dark: ELBO_SCREENSHOTS=docs/images npx playwright test --project=page screenshots

const folder = process.env['ELBO_SCREENSHOTS'];
const schemes = ['light', 'dark'] as const;

test('pictures of the main screens', async ({ elbo, page }) => {
  test.skip(!folder, 'only on request');
  test.setTimeout(40 * 60_000);
  await page.setViewportSize({ width: 1360, height: 880 });
  const picture = async (name: string): Promise<void> => {
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme });
      // Plots are drawn anew in the colours of the theme.
      await page.waitForTimeout(1500);
      await page.screenshot({ path: join(folder ?? '', `${name}-${colorScheme}.png`) });
    }
  };
  const show = (hash: string): Promise<string> => page.evaluate((to) => (location.hash = to), hash);

  await expect(page.getByRole('button', { name: /^Run / }).first()).toBeVisible();
  await picture('first-run');

  await page.getByRole('button', { name: 'Run A VAE with a two-dimensional code' }).click();
  await expect.poll(async () => Number(await page.getByRole('progressbar', { name: 'Training' }).getAttribute('aria-valuenow')), { timeout: 10 * 60_000 }).toBeGreaterThan(2000);
  await picture('training');
  const head = page.getByRole('main').locator('header.head');
  await expect(head.getByText('Done', { exact: true })).toBeVisible({ timeout: 20 * 60_000 });
  await picture('run');

  const { code } = await elbo.cli('recipe', 'ae-two-dimensional-code', '--json');
  expect(code).toBe(0);
  const runs = JSON.parse((await elbo.cli('runs', '--json')).stdout) as { id: string }[];
  await show(`#/compare/${runs.map(({ id }) => id).join(',')}`);
  await expect(page.getByRole('heading', { name: '2 runs compared' })).toBeVisible();
  await page.waitForTimeout(5000);
  await picture('compare');

  for (const view of ['runs', 'new', 'data', 'recipes', 'compute']) {
    await show(`#/${view}`);
    await page.waitForTimeout(3000);
    await picture(view);
  }
});
