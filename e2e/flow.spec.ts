import { expect, test, type Page } from './fixtures';
import { asStored, button, expectNumbersOfUnbroken, newest, show, startEndless, status, stepOnScreen, trained, untilStep } from './runs';

// What a person does, in a window and in a browser tab alike.

const panel = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
const checkpointOnScreen = async (page: Page): Promise<number> => Number((await panel(page, 'Model card').locator('dl > div', { hasText: 'Checkpoint' }).locator('dd').innerText()).replace(/\D/g, ''));

/** A number of the screen is the stored one, rounded to the digits that are shown. */
function expectShown(text: string, stored: number): void {
  const digits = text.replaceAll(',', '').replace('−', '-');
  const decimals = digits.split('.')[1]?.length ?? 0;
  expect(Math.abs(Number(digits) - stored), `${text} is shown, ${stored} stored`).toBeLessThanOrEqual(0.5 * 10 ** -decimals * (1 + 1e-9));
}

test('the first-run recipe: from one click to a trained model, with the numbers of the store on the screen', async ({ elbo, page }, { project }) => {
  test.skip(project.name === 'page' && !process.env['ELBO_LONG'], 'minutes of training; once, in the window, unless everything is asked for');
  test.setTimeout(15 * 60_000);
  await page.getByRole('button', { name: 'Run A VAE with a two-dimensional code' }).click();
  await expect(page).toHaveURL(/#\/run\//);
  await untilStep(page, 1);

  // The panels move while it trains.
  for (const name of ['Loss curves', 'Latent scatter', 'Manifold grid', 'Reconstructions']) await expect(panel(page, name)).toBeVisible();
  const grid = panel(page, 'Manifold grid');
  const shownStep = async (): Promise<number> => Number((await grid.locator('.step').innerText()).replace(/\D/g, ''));
  await expect.poll(shownStep, { timeout: 60_000 }).toBeGreaterThan(0);
  const before = await shownStep();
  await expect.poll(shownStep, { timeout: 60_000 }).toBeGreaterThan(before);

  // Drawing without a graphics card takes half of what a small machine has: look elsewhere until it is done.
  const address = page.url();
  await page.getByRole('link', { name: 'Data', exact: true }).click();
  await expect.poll(async () => (await newest(elbo)).status, { timeout: 12 * 60_000, intervals: [10_000] }).toBe('done');
  await page.evaluate((hash) => (location.hash = hash), new URL(address).hash);
  await expect(status(page, 'Done')).toBeVisible();
  const run = await show(elbo, (await newest(elbo)).id);
  expect(run).toMatchObject({ status: 'done', step: 10_000, recipe: 'vae-two-dimensional-code' });
  expect(await stepOnScreen(page)).toBe(10_000);
  expect(run.checks.map((check) => check.passed)).toEqual(run.checks.map(() => true));
  await expect(panel(page, 'Model card').getByText('passed')).toHaveCount(run.checks.length);
  const shown = await panel(page, 'Model card').locator('.evaluation b').allInnerTexts();
  expect(shown).toHaveLength(run.evaluations.length);
  run.evaluations.forEach((evaluation, i) => expectShown(shown[i] ?? '', evaluation.value * (evaluation.unit === 'share' ? 100 : 1)));
});

test('pause, continue, stop and resume', async ({ elbo, page }, { project }) => {
  test.skip(project.name === 'page' && !process.env['ELBO_LONG'], 'the same clicks as in the window, half a minute of training: once, unless everything is asked for');
  await startEndless(elbo);
  await untilStep(page, 50);

  await button(page, 'Pause').click();
  await expect(status(page, 'Paused')).toBeVisible();
  const { step: pausedAt } = await asStored(elbo);
  // Long enough for many steps, if it were not paused.
  await page.waitForTimeout(1000);
  expect((await asStored(elbo)).step).toBe(pausedAt);

  await button(page, 'Continue').click();
  await untilStep(page, pausedAt + 1);
  await button(page, 'Stop').click();
  await expect(status(page, 'Stopped')).toBeVisible();
  const stopped = await asStored(elbo);
  expect(stopped).toMatchObject({ status: 'stopped', checkpointStep: stopped.step });

  await button(page, 'Resume').click();
  await untilStep(page, stopped.step + 1);
  await button(page, 'Stop').click();
  await expect(status(page, 'Stopped')).toBeVisible();
  // Neither the pause nor the stop is in the numbers.
  await expectNumbersOfUnbroken(elbo, await asStored(elbo));
});

test('two runs side by side', async ({ elbo, page }) => {
  await trained(elbo, 100, '--name', 'first');
  await trained(elbo, 100, '--name', 'second', '--seed', '1');
  await page.evaluate(() => (location.hash = '#/runs'));
  for (const name of ['first', 'second']) await page.getByRole('checkbox', { name: `Select ${name}` }).check();
  await page.keyboard.press('c');
  await expect(page).toHaveURL(/#\/compare\//);
  await expect(page.getByRole('heading', { name: '2 runs compared' })).toBeVisible();
  await expect(panel(page, 'Curves')).toBeVisible();
  for (const name of ['Manifold grids, linked', 'Reconstructions, same inputs']) await expect(panel(page, name).locator('canvas').nth(1)).toBeVisible({ timeout: 60_000 });
});

test('an engine that is killed fails its run with a reason, and the page stays usable', async ({ elbo, page }) => {
  await page.getByRole('button', { name: 'Run A VAE with a two-dimensional code' }).click();
  await untilStep(page, 20);
  await elbo.kill('engines');
  const killedAt = Date.now();
  await expect(page.getByRole('alert').filter({ hasText: 'The engine process' })).toBeVisible();
  const failed = await newest(elbo);
  expect(failed).toMatchObject({ status: 'failed', error: { code: 'engine-died' } });
  expect(Date.parse(failed.endedAt ?? '') - killedAt).toBeLessThan(2000);
  await page.getByRole('link', { name: 'Data', exact: true }).click();
  await expect(page.getByText('MNIST').first()).toBeVisible();
});

const kills = process.env['ELBO_LONG'] ? 20 : 1;

test(`killed ${kills} times each, engine, core and everything, a run has the numbers of one that was not`, async ({ elbo }) => {
  test.setTimeout((4 + kills) * 5 * 60_000);
  await startEndless(elbo);
  const { id } = await newest(elbo);
  // The browser's core is the server: with it goes the address.
  const served = elbo.electron === null;
  let checkpoint = 0;
  for (let i = 0; i < kills; i++) {
    for (const what of ['engines', 'core', 'everything'] as const) {
      await expect.poll(() => checkpointOnScreen(elbo.page), { timeout: 120_000, intervals: [100] }).toBeGreaterThan(checkpoint);
      checkpoint = await checkpointOnScreen(elbo.page);
      const onScreen = await stepOnScreen(elbo.page);
      const reopen = what === 'everything' || (what === 'core' && served);
      await elbo.kill(reopen ? 'everything' : what);
      if (reopen) await elbo.open();
      await elbo.page.evaluate((hash) => (location.hash = hash), `#/run/${id}`);
      await expect(status(elbo.page, what === 'engines' ? 'Failed' : 'Interrupted')).toBeVisible();
      // Every metric that was on the screen is in the store.
      expect((await elbo.cli('metrics', id, '--csv')).stdout).toContain(`\n${onScreen},`);
      await button(elbo.page, 'Resume').click();
      await expect(status(elbo.page, 'Training')).toBeVisible({ timeout: 60_000 });
    }
  }
  await button(elbo.page, 'Stop').click();
  await expect(status(elbo.page, 'Stopped')).toBeVisible();
  await expectNumbersOfUnbroken(elbo, await asStored(elbo));
});
