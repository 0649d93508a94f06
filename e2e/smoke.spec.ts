import { expect, test } from './fixtures';

test('opens, talks to its core and shows what it can do', async ({ page }) => {
  await expect(page).toHaveTitle(/Elbo/);
  await expect(page.getByRole('navigation')).toBeVisible();
  await page.getByRole('link', { name: 'Data', exact: true }).click();
  await expect(page.getByText('MNIST').first()).toBeVisible();
});

test('the command line works on the same store', async ({ elbo }) => {
  const { code, stdout } = await elbo.cli('data', 'list', '--json');
  expect(code).toBe(0);
  expect((JSON.parse(stdout) as { id: string }[]).map(({ id }) => id)).toEqual(expect.arrayContaining(['mnist-1000']));
});
