import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Core } from '../../../contract/api';
import type { ExperimentInput } from '../../../contract/experiment';
import { activeStatuses, type RunDetail, type RunSummary } from '../../../contract/runs';

/** A small experiment with noise in every place: binarisation, posterior, order of the data. */
export const digits = (steps: number, more: Partial<ExperimentInput> = {}): ExperimentInput => ({
  model: 'vae',
  data: 'digits-8x8',
  binarisation: 'dynamic',
  settings: { widths: [32], latentSize: 2 },
  training: { steps, batch: 50, evaluateEvery: 50 },
  seed: 5,
  ...more,
});

export function temporaryHome(): { home: string; remove(): void } {
  const home = mkdtempSync(join(tmpdir(), 'elbo-test-'));
  return { home, remove: () => rmSync(home, { recursive: true, force: true, maxRetries: 3 }) };
}

/** Resolves when the run satisfies `holds`, by what the core publishes. */
export function whenRun(core: Core, id: string, holds: (run: RunSummary) => boolean): Promise<RunSummary> {
  return new Promise((resolve, reject) => {
    const hear = (run: RunSummary): void => {
      if (!holds(run)) return;
      end();
      resolve(run);
    };
    const end = core.subscribe((event) => {
      if (event.type === 'run' && event.run.id === id) hear(event.run);
    });
    core.call('runs.get', { id }).then(hear, reject);
  });
}

export async function ended(core: Core, id: string): Promise<RunDetail> {
  await whenRun(core, id, ({ status }) => !activeStatuses.includes(status));
  return core.call('runs.get', { id });
}

/** The bytes of the newest checkpoint's tensors. */
export function finalState(home: string, id: string): Buffer {
  const folder = join(home, 'runs', id, 'checkpoints');
  const newest = readdirSync(folder).sort().at(-1) ?? '';
  return readFileSync(join(folder, newest, 'state.safetensors'));
}
