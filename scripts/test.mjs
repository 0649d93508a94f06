import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { inModules, node24, run, seconds } from './run.mjs';
import { electronFolder, setup } from './setup.mjs';

// npm test: types, lint, unit tests, then end to end in a real Electron and a real browser. What cannot be run here is left
// out and said so; with ELBO_REQUIRE_ALL=1 that is a failure. `--long` runs the long counts (ELBO_LONG=1).

const since = Date.now();
await setup();

const reports = mkdtempSync(join(tmpdir(), 'elbo-test-'));
const path = [inModules('.bin'), dirname(node24), process.env.PATH].join(delimiter);
const env = { PATH: path, [process.stdout.isTTY ? 'FORCE_COLOR' : 'NO_COLOR']: '1', ...(process.argv.includes('--long') && { ELBO_LONG: '1' }) };
const nodeVersion = `Node ${(await run(node24, ['--version'])).output.trim()}`;
const rows = [];
const leftOut = [];
let passed = 0;
let failed = 0;

const playwright = inModules('@playwright', 'test', 'cli.js');

// Either keeps one core busy.
await Promise.all([suite('types', [inModules('typescript', 'bin', 'tsc'), '--noEmit', '-p', '.']), suite('lint', [inModules('eslint', 'bin', 'eslint.js'), '.'])]);
await suite('unit', [inModules('vitest', 'vitest.mjs'), 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${join(reports, 'unit')}`], {
  count: ({ numPassedTests, numFailedTests }) => [numPassedTests, numFailedTests],
});
await endToEnd({ electron: await withoutElectron(), page: await withoutBrowser() });
rmSync(reports, { recursive: true });

console.log(`\n${'suite'.padEnd(12)}${'result'.padEnd(10)}${'passed'.padStart(8)}${'failed'.padStart(8)}${'time'.padStart(10)}   on`);
for (const { name, result, counts, time, on } of rows) console.log(`${name.padEnd(12)}${result.padEnd(10)}${String(counts?.[0] ?? '').padStart(8)}${String(counts?.[1] ?? '').padStart(8)}${time.padStart(10)}   ${on}`);
console.log(`${'all'.padEnd(38)}${seconds(since).padStart(10)}`);
if (leftOut.length > 0) {
  console.log('\nLeft out:');
  for (const { name, why } of leftOut) console.log(`  ${name}: ${why}`);
  if (process.env.ELBO_REQUIRE_ALL === '1') {
    console.log('  ELBO_REQUIRE_ALL=1: each counts as a failure.');
    failed += leftOut.length;
  }
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

/** Runs one suite on Node 24. One that fails without naming a failed test counts as one failure. */
async function suite(name, args, { count, wrap = [], more = {} } = {}) {
  console.log(`\n── ${name} ${'─'.repeat(60 - name.length)}`);
  const start = Date.now();
  const [program, ...rest] = [...wrap, node24, ...args];
  const { code, output } = await run(program, rest, { env: { ...env, ...more }, show: true, minutes: env.ELBO_LONG ? 180 : 80 });
  const counts = count && readCounts(name, count);
  if (counts) passed += counts[0];
  failed += counts?.[1] || (code === 0 ? 0 : 1);
  const seen = [...new Set(output.match(/^(?:Electron|Chromium) \d\S*/gm))].join(', ');
  rows.push({ name, result: code === 0 ? 'passed' : 'FAILED', counts, time: seconds(start), on: seen || nodeVersion });
}

function readCounts(name, count) {
  try {
    return count(JSON.parse(readFileSync(join(reports, name), 'utf8')));
  } catch {
    return undefined;
  }
}

/** In one run, so that neither core rests while the longest test of the window goes on. */
async function endToEnd(projects) {
  for (const [name, { why }] of Object.entries(projects)) if (why) leftOut.push({ name, why });
  const there = Object.entries(projects).filter(([, { why }]) => !why);
  if (there.length === 0) return;
  await suite('end to end', [playwright, 'test', ...there.map(([name]) => `--project=${name}`), '--reporter=list,json'], {
    wrap: there.flatMap(([, { wrap = [] }]) => wrap),
    more: { ...Object.assign({}, ...there.map(([, { more }]) => more)), PLAYWRIGHT_JSON_OUTPUT_NAME: join(reports, 'end to end') },
    count: ({ stats: { expected, flaky, unexpected } }) => [expected + flaky, unexpected],
  });
}

async function withoutElectron() {
  if (!electronFolder()) return { why: 'no Electron binary. `npx install-electron --no` fetches it; or ELECTRON_OVERRIDE_DIST_PATH names the folder of another.' };
  if (process.platform !== 'linux' || process.env.DISPLAY) return {};
  if ((await run('xvfb-run', ['-a', 'true'], { minutes: 1 })).code !== 0) return { why: 'no display, and no working xvfb-run (Debian: apt install xvfb xauth).' };
  return { wrap: ['xvfb-run', '-a'] };
}

async function withoutBrowser() {
  const { code, output } = await run(node24, ['-p', "require('playwright').chromium.executablePath()"]);
  if (code === 0 && existsSync(output.trim())) return {};
  const found = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((browser) => existsSync(browser));
  return found ? { more: { ELBO_CHROMIUM: found } } : { why: 'no Chromium. `npx playwright install chromium` fetches it (Debian: apt install chromium).' };
}
