import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { expect, root, test, type Elbo, type Page } from './fixtures';
import { newest, startEndless, stepOnScreen } from './runs';

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

test('permissions are denied', async ({ page }) => {
  const outcomes = await page.evaluate(async () => ({
    notifications: await Notification.requestPermission(),
    clipboard: await navigator.clipboard.readText().then(() => 'granted', (thrown: Error) => thrown.name),
    location: await new Promise((resolve) => navigator.geolocation.getCurrentPosition(() => resolve('granted'), ({ code }) => resolve(code))),
    states: await Promise.all(['camera', 'microphone', 'midi', 'persistent-storage'].map(async (name) => (await navigator.permissions.query({ name: name as PermissionName })).state)),
  }));
  // 1: PERMISSION_DENIED.
  expect(outcomes).toEqual({ notifications: 'denied', clipboard: 'NotAllowedError', location: 1, states: ['denied', 'denied', 'denied', 'denied'] });
});

test('the page is served from its own folder alone', async ({ page }) => {
  const statuses = await page.evaluate(async () => {
    const paths = ['/index.html', '/nothing.js', '/%2e%2e/main/core.js', '/..%2fmain%2fcore.js', '/'];
    return Promise.all(paths.map(async (path) => (await fetch(path)).status));
  });
  expect(statuses).toEqual([200, 404, 404, 404, 404]);
});

test('starting the program again shows the window of the first', async ({ elbo }) => {
  expect(await startAgain(elbo)).toBe(0);
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
  await expect(page.getByRole('button', { name: /^Run / }).first()).toBeVisible();
  await elbo.kill('core');
  await page.evaluate(() => (location.hash = '#/data'));
  await expect(page.getByText('MNIST').first()).toBeVisible();
});

test('a core that cannot start says why in the window', async ({ elbo }) => {
  await elbo.quit();
  writeFileSync(`${elbo.home}/elbo.sqlite`, 'this is no database');
  await elbo.open();
  await expect(elbo.page.getByRole('alert').first()).toContainText(/damaged|not a database/i);
});

test('closing the window while something trains asks once; training goes on, and the next start shows it', async ({ elbo, page }) => {
  test.setTimeout(4 * 60_000);
  const { electron } = elbo;
  if (!electron) throw new Error('no window');
  await startEndless(elbo);
  await expect.poll(() => stepOnScreen(page), { timeout: 60_000 }).toBeGreaterThan(10);
  const before = await stepOnScreen(page);
  const { name } = await newest(elbo);

  // A native dialog cannot be pressed from here: the answer is given in its place, and what it asked is kept.
  await electron.evaluate(({ dialog }) => {
    const asked: unknown[] = [];
    Object.assign(globalThis, { asked });
    dialog.showMessageBox = ((_window: unknown, options: { buttons: string[] }) => {
      asked.push(options.buttons);
      return Promise.resolve({ response: 0, checkboxChecked: true });
    }) as never;
  });
  const closeWindow = async (): Promise<void> => {
    await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
    await expect.poll(() => electron.windows().length).toBe(0);
  };
  const reopen = async (): Promise<Page> => {
    const opened = electron.waitForEvent('window');
    await startAgain(elbo);
    return opened;
  };
  await closeWindow();
  expect(await electron.evaluate(() => Reflect.get(globalThis, 'asked') as unknown)).toEqual([['Keep training', 'Stop and quit', 'Cancel']]);

  const again = await reopen();
  await again.getByRole('link', { name }).first().click();
  await expect.poll(() => stepOnScreen(again), { timeout: 60_000 }).toBeGreaterThan(before + 10);

  // The answer is remembered.
  await closeWindow();
  expect(await electron.evaluate(() => (Reflect.get(globalThis, 'asked') as unknown[]).length)).toBe(1);
  await reopen();

  // Quitting the program stops the run with a checkpoint of its last step.
  await elbo.quit();
  const run = await newest(elbo);
  expect(run).toMatchObject({ status: 'stopped', checkpointStep: run.step });
  expect(run.step).toBeGreaterThan(before);
});

test('closing the window while nothing trains quits the program', async ({ elbo, page }) => {
  await expect(page.getByRole('button', { name: /^Run / }).first()).toBeVisible();
  const exited = new Promise((resolve) => elbo.electron?.process().once('exit', resolve));
  await elbo.electron?.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
  await exited;
});

/** Starts the program a second time on the same store; resolves with its exit code. */
function startAgain(elbo: Elbo): Promise<number | null> {
  const again = spawn(elbo.electron?.process().spawnfile ?? '', [root, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])], { env: { ...process.env, ELBO_HOME: elbo.home }, stdio: 'ignore' });
  return new Promise((resolve) => again.once('exit', resolve));
}
