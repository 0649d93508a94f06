import { expect, test } from './fixtures';

// Asserted in a real window and in a browser tab alike.

test('the page knows nothing of Node and has one origin', async ({ page }) => {
  expect(await page.evaluate(() => [typeof process, typeof require, typeof Reflect.get(globalThis, 'electron')])).toEqual(['undefined', 'undefined', 'undefined']);
  expect(await page.evaluate(() => location.origin)).toMatch(/^(elbo:\/\/app|http:\/\/127\.0\.0\.1:\d+)$/);
});

test('the policy allows no code from strings, no inline script and no foreign address', async ({ page }) => {
  const policy = await page.evaluate(async () => (await fetch(location.pathname)).headers.get('content-security-policy'));
  expect(policy).toContain("default-src 'none'");
  expect(policy).toMatch(/script-src 'self'(;|$)/);
  expect(policy).not.toContain('unsafe-eval');

  // In a timer: what Playwright evaluates directly is exempt from the policy.
  const evaluated = page.evaluate(() => new Promise((resolve) => setTimeout(() => {
    try {
      resolve((0, eval)('1 + 1'));
    } catch (thrown) {
      resolve((thrown as Error).name);
    }
  })));
  expect(await evaluated).toBe('EvalError');

  const inline = page.evaluate(() => new Promise((resolve) => {
    document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective), { once: true });
    const script = document.createElement('script');
    script.textContent = 'window.ranInline = true';
    document.body.append(script);
  }));
  expect(await inline).toMatch(/^script-src/);
  expect(await page.evaluate(() => 'ranInline' in window)).toBe(false);

  expect(await page.evaluate(() => fetch('https://example.com/').then(() => 'fetched', () => 'refused'))).toBe('refused');
});

test('nothing in the page breaks the policy by itself', async ({ page }) => {
  const refused: string[] = [];
  page.on('console', (message) => /content security policy/i.test(message.text()) && refused.push(message.text()));
  await page.reload();
  for (const view of ['new', 'data', 'recipes', 'compute', 'runs']) {
    await page.evaluate((hash) => (location.hash = hash), `#/${view}`);
    await expect(page.getByRole('main')).toBeVisible();
    await page.waitForLoadState('networkidle');
  }
  expect(refused).toEqual([]);
});
