import { render } from '@testing-library/react';
import { vi } from 'vitest';
import type { ProbeAnswer } from '../../contract/probes';
import type { RunDetail, RunSummary } from '../../contract/runs';
import { fakeAnswer, fakeClient, fakeDatasets, fakeRuns, type FakeClient } from '../client/fake';
import { ClientProvider, useRun } from '../client/hooks';
import { createLinked, LinkedProvider, type LinkedStore } from './linked';
import type { Panel } from './panel';
import { RunScope, useRefreshers } from './run-scope';
import { PanelSlot } from './slot';

/** For tests: a page with a size, since jsdom lays nothing out, and plots that are only recorded. */
export function layOut(width = 400, height = 300): void {
  vi.stubGlobal('IntersectionObserver', class { observe() {} disconnect() {} });
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(width);
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(height);
  vi.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockReturnValue({ left: 0, top: 0, right: width, bottom: height, width, height, x: 0, y: 0, toJSON: () => ({}) });
  HTMLElement.prototype.setPointerCapture = () => undefined;
}

/** A VAE's run in the given state. */
export function vaeRun(change: Partial<RunSummary> = {}): RunSummary {
  const run = fakeRuns(40).find((candidate) => candidate.experiment.model === 'vae' && candidate.experiment.data === 'mnist-1000' && candidate.status === 'done');
  if (!run) throw new Error('the fake has a VAE');
  return { ...run, ...change };
}

/** The same run whole. */
export function detailOf(change: Partial<RunDetail>): RunDetail {
  return { ...vaeRun(), abilities: [], latentSize: 2, parameterCount: null, compute: null, dataset: fakeDatasets[0] ?? null, evaluations: [], checks: [], series: [], ...change };
}

/** Answers probes with little pictures: for pages, whose tests are not about pictures. */
export function answerSmall(client: FakeClient): void {
  const pictures = (count: number) => ({ count, height: 2, width: 2, channels: 1, pixels: new Uint8Array(count * 4) });
  const whole = { step: 1, milliseconds: 1 };
  client.answer('runs.probe', ({ probe }): ProbeAnswer => {
    const { kind } = probe;
    if (kind === 'encode') return { kind, ...whole, latentSize: 2, means: Float32Array.from({ length: 2 * probe.count }, (_, i) => Math.sin(i)), standardDeviations: null, labels: null, factors: null };
    if (kind === 'reconstruct') return { kind, ...whole, inputs: pictures(probe.count), outputs: pictures(probe.count), labels: null, keptClass: null, inputRight: null, classifier: null };
    if (kind === 'decode' || kind === 'sample') return { kind, ...whole, pictures: pictures(probe.count) };
    return fakeAnswer(1, probe);
  });
}

export interface Bench {
  client: FakeClient;
  linked: LinkedStore;
  run: RunSummary;
  /** How often a kind of probe was asked. */
  asked(kind: string): number;
  /** The parameters of the last probe. */
  lastProbe(): Record<string, unknown>;
}

/** Shows one panel of one run against the core in memory. */
export function showPanel(panel: Panel, run = vaeRun(), prepare: (client: FakeClient) => void = () => undefined, detail: Partial<RunDetail> = {}): Bench {
  const client = fakeClient({ runs: [run] });
  const linked = createLinked();
  prepare(client);
  render(
    <ClientProvider value={client}>
      <LinkedProvider value={linked}>
        <Page panel={panel} id={run.id} detail={detail} />
      </LinkedProvider>
    </ClientProvider>,
  );
  const probes = (): { kind: string }[] => client.calls.filter(({ method }) => method === 'runs.probe').map(({ params }) => (params as { probe: { kind: string } }).probe);
  return { client, linked, run, asked: (kind) => probes().filter((probe) => probe.kind === kind).length, lastProbe: () => ({ ...probes().at(-1) }) };
}

function Page({ panel, id, detail }: { panel: Panel; id: string; detail: Partial<RunDetail> }) {
  const { run } = useRun(id);
  const refresherOf = useRefreshers([id]);
  if (!run) return null;
  return (
    <RunScope run={{ ...run, ...detail }} refresher={refresherOf(id)}>
      <PanelSlot panel={panel} name={panel.id}>
        <panel.component />
      </PanelSlot>
    </RunScope>
  );
}
