import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { RunDetail } from '../src/contract/runs';
import { expect, test, type Page } from './fixtures';

// Pictures of the main screens, light and dark: ELBO_SCREENSHOTS=docs/images npx playwright test --project=page screenshots
// Pictures of panels, light: ELBO_PANELS=docs/images/panels npx playwright test --project=page screenshots

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

  const { code, stdout } = await elbo.cli('recipe', 'ae-two-dimensional-code', '--json');
  expect(code).toBe(0);
  const { runs } = JSON.parse(stdout) as { runs: { id: string }[] };
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

const panelFolder = process.env['ELBO_PANELS'];
const asItIs = (): Promise<void> => Promise.resolve();

const onSprites = ['vae', '--data', 'sprites', '--set', 'latentSize=10', '--set', 'widths=256', '--set', 'objective=beta', '--set', 'batch=64', '--set', 'learningRate=0.001', '--set', 'evaluateEvery=100', '--steps', '600'];

/** Runs as the command line trains them, and what is done to their panels, by `data-panel`, before the picture is taken. */
const panelPictures: { train: string[]; panels: Record<string, (page: Page) => Promise<unknown>> }[] = [
  {
    train: ['vae', '--data', 'mnist-1000', '--set', 'latentSize=2', '--set', 'learningRate=0.001', '--steps', '3000'],
    panels: {
      'loss-curves': asItIs,
      'latent-scatter': asItIs,
      'manifold-grid': asItIs,
      reconstructions: asItIs,
      samples: (page) => slide(page, 'samples', 'Temperature', '0.8'),
      'model-card': asItIs,
      editing: (page) => page.locator('[data-panel="editing"]').getByText('complete', { exact: true }).click(),
      aggregate: asItIs,
      interpolation: asItIs,
      estimators: asItIs,
    },
  },
  ...['1', '2', '8'].map((beta) => ({ train: [...onSprites, '--set', `beta=${beta}`], panels: {} })),
  {
    train: [...onSprites, '--set', 'beta=4'],
    panels: { spectrum: asItIs, traversals: asItIs, disentanglement: asItIs, 'rate-distortion': asItIs },
  },
  {
    train: ['two-layer-vae', '--data', 'mnist-1000', '--set', 'learningRate=0.001', '--steps', '1500'],
    panels: { levels: asItIs },
  },
  {
    train: ['gated-pixelcnn', '--data', 'mnist-1000', '--set', 'binarisation=threshold', '--set', 'blocks=3', '--set', 'filters=16', '--set', 'batch=32', '--set', 'learningRate=0.004', '--steps', '300'],
    panels: {
      async 'pixel-by-pixel'(page) {
        const panel = page.locator('[data-panel="pixel-by-pixel"]');
        await slide(page, 'pixel-by-pixel', 'Known', '280');
        await expect(panel.getByRole('img', { name: 'Known part, then drawn, 16' })).toBeVisible({ timeout: 120_000 });
        await panel.getByRole('button', { name: 'Play' }).click();
        await expect(panel.getByText(/^So far 5\d\d of 784$/)).toBeVisible();
        await panel.getByRole('button', { name: 'Stop' }).click();
      },
    },
  },
  {
    train: ['maf', '--data', 'tabular-d8', '--steps', '100'],
    panels: {
      async cost(page) {
        const panel = page.locator('[data-panel="cost"]');
        await panel.getByRole('button', { name: 'Measure' }).click();
        await expect(panel.locator('.js-plotly-plot')).toBeVisible({ timeout: 120_000 });
      },
    },
  },
  {
    train: ['spline-flow', '--data', 'moons', '--steps', '1200'],
    panels: { 'flow-stages': (page) => slide(page, 'flow-stages', 'Layer', '6'), density: asItIs, points: asItIs },
  },
];

async function slide(page: Page, panel: string, name: string, to: string): Promise<void> {
  await page.locator(`[data-panel="${panel}"]`).getByRole('slider', { name }).fill(to);
}

test('pictures of panels', async ({ elbo, page }) => {
  test.skip(!panelFolder, 'only on request');
  test.setTimeout(40 * 60_000);
  await page.setViewportSize({ width: 1360, height: 880 });
  await page.emulateMedia({ colorScheme: 'light' });
  for (const { train, panels } of panelPictures) {
    const { code, stdout, stderr } = await elbo.cli('train', ...train, '--json');
    if (code !== 0) throw new Error(`${stderr}${stdout}`);
    await page.evaluate((to) => (location.hash = to), `#/run/${(JSON.parse(stdout) as RunDetail).id}`);
    for (const [id, prepare] of Object.entries(panels)) {
      const panel = page.locator(`[data-panel="${id}"]`);
      await panel.scrollIntoViewIfNeeded();
      await expect(panel.getByText(/Asking the model|Loading the checkpoint/)).toBeHidden({ timeout: 120_000 });
      await prepare(page);
      await page.mouse.move(0, 0);
      // Answers, fades and plots come to rest.
      await page.waitForTimeout(3000);
      const path = join(panelFolder ?? '', `${id}.png`);
      await panel.screenshot({ path });
      expect(statSync(path).size).toBeLessThan(150_000);
    }
  }
});
