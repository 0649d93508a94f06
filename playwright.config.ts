import { defineConfig } from '@playwright/test';

// Both projects run the same built program; e2e/fixtures.ts opens it in a window or in a browser tab.
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  timeout: 5 * 60_000,
  expect: { timeout: 30_000 },
  workers: 2,
  fullyParallel: true,
  forbidOnly: Boolean(process.env['CI']),
  reporter: 'list',
  projects: [
    { name: 'electron', testIgnore: /served\.spec/ },
    { name: 'page', testIgnore: /(window|shell)\.spec/ },
  ],
});
