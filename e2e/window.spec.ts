import { spawn } from 'node:child_process';
import { expect, root, test } from './fixtures';

// What only a window has.

test('the renderer is sandboxed and isolated', async ({ elbo }) => {
  const settings = await elbo.electron?.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as { getLastWebPreferences(): Record<string, unknown> };
    const { sandbox, contextIsolation, nodeIntegration, webviewTag, webSecurity } = contents.getLastWebPreferences();
    return { sandbox, contextIsolation, nodeIntegration, webviewTag, webSecurity };
  });
  expect(settings).toMatchObject({ sandbox: true, contextIsolation: true, nodeIntegration: false, webviewTag: false });
  expect(settings?.['webSecurity']).not.toBe(false);
});

test('the page can neither leave nor open a window', async ({ elbo, page }) => {
  const address = page.url();
  await page.evaluate(() => {
    const link = Object.assign(document.createElement('a'), { href: 'https://example.com/', textContent: 'away' });
    document.body.append(link);
    link.click();
  });
  await page.evaluate(() => void (location.href = 'https://example.com/'));
  await page.evaluate(() => void (location.href = 'file:///etc/passwd'));
  expect(await page.evaluate(() => window.open('https://example.com/'))).toBeNull();
  await page.waitForTimeout(500);
  expect(page.url()).toBe(address);
  expect(elbo.electron?.windows()).toHaveLength(1);
});

test('every permission is denied', async ({ page }) => {
  const outcomes = await page.evaluate(async () => ({
    notifications: await Notification.requestPermission(),
    camera: await navigator.mediaDevices.getUserMedia({ video: true }).then(() => 'granted', (thrown: Error) => thrown.name),
    location: await new Promise((resolve) => navigator.geolocation.getCurrentPosition(() => resolve('granted'), ({ code }) => resolve(code))),
  }));
  // 1: PERMISSION_DENIED.
  expect(outcomes).toEqual({ notifications: 'denied', camera: 'NotAllowedError', location: 1 });
});

test('the page is served from its own folder alone', async ({ page }) => {
  const statuses = await page.evaluate(async () => {
    const paths = ['/index.html', '/nothing.js', '/%2e%2e/main/core.js', '/..%2fmain%2fcore.js', '/'];
    return Promise.all(paths.map(async (path) => (await fetch(path)).status));
  });
  expect(statuses).toEqual([200, 404, 404, 404, 404]);
});

test('starting the program again shows the window of the first', async ({ elbo }) => {
  const program = elbo.electron?.process().spawnfile ?? '';
  const again = spawn(program, [root, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])], { env: { ...process.env, ELBO_HOME: elbo.home }, stdio: 'ignore' });
  expect(await new Promise((resolve) => again.once('exit', resolve))).toBe(0);
  expect(await elbo.electron?.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
});

test('the window opens where it was', async ({ elbo }) => {
  const bounds = { x: 40, y: 30, width: 900, height: 700 };
  await elbo.electron?.evaluate(({ BrowserWindow }, to) => BrowserWindow.getAllWindows()[0]?.setBounds(to), bounds);
  // As a person does: close the window, which with nothing training quits the program.
  const exited = new Promise((resolve) => elbo.electron?.process().once('exit', resolve));
  await elbo.electron?.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
  await exited;
  await elbo.open();
  expect(await elbo.electron?.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds())).toMatchObject({ width: 900, height: 700 });
});

test('a core that was killed is started again, and the page goes on', async ({ elbo, page }) => {
  await expect(page.getByRole('main')).toBeVisible();
  await elbo.kill('core');
  await page.evaluate(() => (location.hash = '#/data'));
  await expect(page.getByText('MNIST').first()).toBeVisible();
});

test('a core that cannot start says why in the window', async ({ elbo, page }) => {
  await elbo.quit();
  const { writeFileSync } = await import('node:fs');
  writeFileSync(`${elbo.home}/elbo.sqlite`, 'this is no database');
  await elbo.open();
  await expect(elbo.page.getByRole('alert').first()).toContainText(/damaged|not a database/i);
  void page;
});
