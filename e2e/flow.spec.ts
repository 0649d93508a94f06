import type { RunDetail, RunSummary } from '../src/contract/runs';
import { expect, test, type Elbo, type Page } from './fixtures';

// What a person does, in a window and in a browser tab alike.

/** Steps of about 10 ms: slow enough to be stopped half way, quick enough to be repeated. */
const small = ['train', 'vae', '--data', 'mnist-1000', '--json'];

const list = async (elbo: Elbo): Promise<RunSummary[]> => JSON.parse((await elbo.cli('runs', '--json')).stdout) as RunSummary[];
const newest = async (elbo: Elbo): Promise<RunSummary> => {
  const [run] = await list(elbo);
  if (!run) throw new Error('No run in the store.');
  return run;
};
const show = async (elbo: Elbo, id: string): Promise<RunDetail> => JSON.parse((await elbo.cli('show', id, '--json')).stdout) as RunDetail;
const trained = async (elbo: Elbo, ...more: string[]): Promise<RunDetail> => {
  const { code, stdout, stderr } = await elbo.cli(...small, ...more);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as RunDetail;
};

const panel = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
const status = (page: Page, text: string) => page.getByRole('main').locator('header.head').getByText(text, { exact: true });
const button = (page: Page, name: string) => page.getByRole('main').getByRole('button', { name, exact: true });
const stepOnScreen = async (page: Page): Promise<number> => Number(await page.getByRole('progressbar', { name: 'Training' }).getAttribute('aria-valuenow'));
const untilStep = (page: Page, step: number) => expect.poll(() => stepOnScreen(page), { timeout: 120_000, intervals: [100] }).toBeGreaterThanOrEqual(step);
const checkpointOnScreen = async (page: Page): Promise<number> => Number((await panel(page, 'Model card').locator('dl > div', { hasText: 'Checkpoint' }).locator('dd').innerText()).replace(/\D/g, ''));

/** Starts, in the page, what another run was started with. */
async function startAgain(page: Page, run: RunDetail): Promise<void> {
  await page.evaluate((hash) => (location.hash = hash), `#/new?run=${run.id}`);
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page).toHaveURL(/#\/run\//);
}

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
  await expect(panel(page, 'Model card').getByText('came out')).toHaveCount(run.checks.length);
  const shown = await panel(page, 'Model card').locator('.evaluation b').allInnerTexts();
  expect(shown).toHaveLength(run.evaluations.length);
  run.evaluations.forEach((evaluation, i) => expectShown(shown[i] ?? '', evaluation.value * (evaluation.unit === 'share' ? 100 : 1)));
});

test('pause, continue, stop and resume', async ({ elbo, page }) => {
  const base = await trained(elbo, '--steps', '600');
  await startAgain(page, base);
  await untilStep(page, 50);

  await button(page, 'Pause').click();
  await expect(status(page, 'Paused')).toBeVisible();
  const pausedAt = await stepOnScreen(page);
  await page.waitForTimeout(1000);
  expect(await stepOnScreen(page)).toBe(pausedAt);

  await button(page, 'Continue').click();
  await untilStep(page, pausedAt + 1);
  await button(page, 'Stop').click();
  await expect(status(page, 'Stopped')).toBeVisible();
  const stopped = await newest(elbo);
  expect(stopped).toMatchObject({ status: 'stopped', step: await stepOnScreen(page), checkpointStep: stopped.step });

  await button(page, 'Resume').click();
  await expect(status(page, 'Done')).toBeVisible({ timeout: 120_000 });
  // Neither the pause nor the stop is in the numbers.
  const [unbroken, broken] = await Promise.all([base.id, stopped.id].map((id) => elbo.cli('metrics', id, '--csv')));
  expect(broken?.stdout).toBe(unbroken?.stdout);
  expect((await show(elbo, stopped.id)).evaluations).toEqual(base.evaluations);
});

test('two runs side by side', async ({ elbo, page }) => {
  await trained(elbo, '--steps', '100', '--name', 'first');
  await trained(elbo, '--steps', '100', '--name', 'second', '--seed', '1');
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
  const killedAt = Date.now();
  await elbo.kill('engines');
  await expect(page.getByRole('alert').filter({ hasText: 'The engine process' })).toBeVisible();
  const failed = await newest(elbo);
  expect(failed).toMatchObject({ status: 'failed', error: { code: 'engine-died' } });
  expect(Date.parse(failed.endedAt ?? '') - killedAt).toBeLessThan(2000);
  await page.getByRole('link', { name: 'Data', exact: true }).click();
  await expect(page.getByText('MNIST').first()).toBeVisible();
});

const kills = process.env['ELBO_LONG'] ? 20 : 1;

test(`killed ${kills} times each, engine, core and everything, a run ends with the numbers of one that was not`, async ({ elbo }) => {
  test.setTimeout((4 + kills) * 5 * 60_000);
  const base = await trained(elbo, '--steps', String(600 + 300 * kills));
  await startAgain(elbo.page, base);
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
  await expect(status(elbo.page, 'Done')).toBeVisible({ timeout: 5 * 60_000 });
  const [unbroken, broken] = await Promise.all([base.id, id].map((run) => elbo.cli('metrics', run, '--csv')));
  expect(broken?.stdout).toBe(unbroken?.stdout);
  expect((await show(elbo, id)).evaluations).toEqual(base.evaluations);
});
