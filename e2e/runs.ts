import type { RunDetail, RunSummary } from '../src/contract/runs';
import { expect, type Elbo, type Page } from './fixtures';

// Runs, as the command line sees them and as the page shows them.

const experiment = ['train', 'vae', '--data', 'mnist-1000', '--json'];

/** Longer than any test: such a run ends when it is stopped, on however fast a machine. */
const endless = 1_000_000;

export const newest = async (elbo: Elbo): Promise<RunSummary> => {
  const [run] = JSON.parse((await elbo.cli('runs', '--json')).stdout) as RunSummary[];
  if (!run) throw new Error('No run in the store.');
  return run;
};

export const show = async (elbo: Elbo, id: string): Promise<RunDetail> => JSON.parse((await elbo.cli('show', id, '--json')).stdout) as RunDetail;

/** Trains on the command line, to the end. */
export async function trained(elbo: Elbo, steps: number, ...more: string[]): Promise<RunDetail> {
  const { code, stdout, stderr } = await elbo.cli(...experiment, '--steps', String(steps), ...more);
  if (code !== 0) throw new Error(`${stderr}${stdout}`); // with --json what was refused is in stdout
  return JSON.parse(stdout) as RunDetail;
}

/** Starts in the page the experiment of `trained`, without an end. */
export async function startEndless(elbo: Elbo): Promise<void> {
  const { page } = elbo;
  const { id } = await trained(elbo, 1);
  await page.evaluate((hash) => (location.hash = hash), `#/new?run=${id}`);
  await page.getByRole('textbox', { name: 'Length' }).fill(String(endless));
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page).toHaveURL(/#\/run\//);
}

/** A stopped run has to the last digit the numbers of one that was never interrupted. */
export async function expectNumbersOfUnbroken(elbo: Elbo, { id, step }: RunSummary): Promise<void> {
  const unbroken = await trained(elbo, step);
  const [expected = [], found = []] = await Promise.all([unbroken.id, id].map(async (run) => (await elbo.cli('metrics', run, '--csv')).stdout.split('\n')));
  const ofTraining = (lines: string[]): string[] => lines.filter((line) => line.includes(',train,'));
  expect(ofTraining(found)).toEqual(ofTraining(expected));
  // A run that reaches its end has one more held-out point there.
  expect(expected).toEqual(expect.arrayContaining(found));
}

export const status = (page: Page, text: string) => page.getByRole('main').locator('header.head').getByText(text, { exact: true });
export const button = (page: Page, name: string) => page.getByRole('main').getByRole('button', { name, exact: true });
export const stepOnScreen = async (page: Page): Promise<number> => Number(await page.getByRole('progressbar', { name: 'Training' }).getAttribute('aria-valuenow'));
export const untilStep = (page: Page, step: number) => expect.poll(() => stepOnScreen(page), { timeout: 120_000, intervals: [100] }).toBeGreaterThanOrEqual(step);

/** The newest run of the store, once the screen shows its last step. */
export async function asStored(elbo: Elbo): Promise<RunSummary> {
  const run = await newest(elbo);
  await expect.poll(() => stepOnScreen(elbo.page)).toBe(run.step);
  return run;
}
