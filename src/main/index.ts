import { join } from 'node:path';
import { app, BrowserWindow, nativeTheme, screen, session } from 'electron';
import type { RunStatus } from '../contract/runs';
import { askOnClose } from './shell/close-dialog';
import { CoreHost } from './shell/core-host';
import { denyNavigation, denyPermissions } from './shell/deny';
import { electronCanRunCore, launchChild, launchUtility } from './shell/launch-core';
import { setMenu } from './shell/menu';
import { pageFolder } from './shell/page-folder';
import { pageAddress, registerPageScheme, servePage } from './shell/page-protocol';
import { readWindowState, writeWindowState } from './shell/window-state';

// The Electron host: a window and the core it talks to. It holds no state of its own; the store is the core's.

/** How often to look whether anything still trains when no window is open. */
const idleCheckMs = 5_000;
const training: readonly RunStatus[] = ['queued', 'starting', 'running'];

// One instance per store: a second one shows the window of the first.
const home = process.env['ELBO_HOME'];
if (home) app.setPath('userData', join(home, 'window'));
const isFirst = app.requestSingleInstanceLock();

const coreScript = join(__dirname, 'core.js');
const plainNode = join(app.getAppPath(), 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
const host = new CoreHost(electronCanRunCore() ? launchUtility(coreScript) : launchChild(plainNode, coreScript), reconnect);

let window: BrowserWindow | null = null;
let closeDecision: Promise<void> | undefined;
let quitting: Promise<void> | undefined;
let closed = false;

function openWindow(): void {
  if (window) {
    if (window.isMinimized()) window.restore();
    return window.focus();
  }
  const stateFile = join(app.getPath('userData'), 'window.json');
  const { bounds, maximized } = readWindowState(stateFile, screen.getAllDisplays().map((display) => display.workArea));
  const opened = new BrowserWindow({
    ...bounds,
    minWidth: 720,
    minHeight: 480,
    show: false,
    title: 'Elbo',
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#101113' : '#f4f4f2',
    webPreferences: { preload: join(__dirname, '../preload/index.js'), sandbox: true, contextIsolation: true, nodeIntegration: false, webviewTag: false, spellcheck: false },
  });
  window = opened;
  if (maximized) opened.maximize();
  opened.once('ready-to-show', () => opened.show());
  opened.webContents.on('did-finish-load', () => void connect(opened));
  opened.webContents.on('render-process-gone', (_event, { reason }) => {
    console.error(`The window's process went away: ${reason}.`);
    if (reason !== 'clean-exit' && !closed) opened.reload();
  });
  opened.on('close', (event) => {
    writeWindowState(stateFile, opened);
    if (closed) return;
    event.preventDefault();
    closeDecision ??= closeWindow(opened).finally(() => (closeDecision = undefined));
  });
  opened.on('closed', () => (window = null));
  void opened.loadURL(pageAddress);
}

async function connect(to: BrowserWindow): Promise<void> {
  const port = await host.port();
  if (to.isDestroyed()) port.close();
  else to.webContents.postMessage('elbo:port', null, [port]);
}

function reconnect(): void {
  window?.webContents.postMessage('elbo:port-lost', null);
  if (window) void connect(window);
}

const countTraining = async (): Promise<number> => (await host.ask('runs.list', {})).filter((run) => training.includes(run.status)).length;

async function closeWindow(closing: BrowserWindow): Promise<void> {
  try {
    const count = await countTraining();
    let answer: string = count === 0 ? 'close' : (await host.ask('preferences.get', {})).onClose;
    if (answer === 'ask') {
      const asked = await askOnClose(closing, count);
      answer = asked.answer;
      if (asked.remember && asked.answer !== 'cancel') await host.ask('preferences.set', { onClose: asked.answer });
    }
    if (answer === 'cancel') return;
    if (answer === 'stop-and-quit') return app.quit();
  } catch (thrown) {
    // Without a core there is nothing to keep.
    console.error(thrown);
  }
  closing.destroy();
}

/** Without a window, and once nothing trains any more, nobody would know that the program is still there. */
async function quitWhenIdle(): Promise<void> {
  const count = await countTraining().catch(() => 0);
  if (window || closed) return;
  if (count === 0) app.quit();
  else setTimeout(() => void quitWhenIdle(), idleCheckMs);
}

if (!isFirst) app.quit();
else {
  registerPageScheme();
  app.on('second-instance', openWindow);
  app.on('activate', openWindow);
  app.on('web-contents-created', (_event, contents) => denyNavigation(contents));
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') void quitWhenIdle();
  });
  app.on('before-quit', (event) => {
    if (closed) return;
    event.preventDefault();
    quitting ??= host.close().finally(() => {
      closed = true;
      app.quit();
    });
  });
  void app.whenReady().then(() => {
    denyPermissions(session.defaultSession);
    servePage(pageFolder());
    setMenu();
    openWindow();
  });
}
