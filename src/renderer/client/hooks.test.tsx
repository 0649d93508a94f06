import { act, render, renderHook, screen, waitFor } from '@testing-library/react';
import type { ReactNode } from 'react';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../contract/errors';
import { fakeClient, fakeRuns, type FakeClient } from './fake';
import { ClientProvider, useQuery, useRun, useRuns } from './hooks';

const within = (client: FakeClient) => ({ children }: { children: ReactNode }) => <ClientProvider value={client}>{children}</ClientProvider>;
const callsOf = (client: FakeClient, method: string): number => client.calls.filter((call) => call.method === method).length;

describe('a query', () => {
  it('asks nothing again before the last answer came, then once for all that changed meanwhile', async () => {
    const client = fakeClient();
    let answer: (text: string) => void = () => undefined;
    client.answer('runs.log', () => new Promise<string>((resolve) => (answer = resolve)));
    const { result } = renderHook(() => useQuery('runs.log', { id: 'r1' }, { refreshOn: (event) => event.type === 'datasets' }), { wrapper: within(client) });
    await waitFor(() => expect(callsOf(client, 'runs.log')).toBe(1));
    act(() => {
      for (let i = 0; i < 5; i++) client.publish({ type: 'datasets' });
    });
    expect(callsOf(client, 'runs.log')).toBe(1);
    await act(async () => answer('first'));
    await waitFor(() => expect(callsOf(client, 'runs.log')).toBe(2));
    await act(async () => answer('second'));
    await waitFor(() => expect(result.current).toMatchObject({ data: 'second', loading: false }));
    expect(callsOf(client, 'runs.log')).toBe(2);
  });

  it('never shows the answer to an older question', async () => {
    const client = fakeClient();
    const pending = new Map<string, (text: string) => void>();
    client.answer('runs.log', ({ id }) => new Promise<string>((resolve) => pending.set(id, resolve)));
    const { result, rerender } = renderHook(({ id }) => useQuery('runs.log', { id }), { wrapper: within(client), initialProps: { id: 'a' } });
    await waitFor(() => expect(pending.has('a')).toBe(true));
    rerender({ id: 'b' });
    await act(async () => pending.get('a')?.('log of a'));
    expect(result.current.data).toBeUndefined();
    await waitFor(() => expect(pending.has('b')).toBe(true));
    await act(async () => pending.get('b')?.('log of b'));
    await waitFor(() => expect(result.current.data).toBe('log of b'));
  });

  it('keeps the last good answer beside an error, and asks again when the connection is back', async () => {
    const client = fakeClient();
    const { result } = renderHook(() => useQuery('runs.log', { id: 'r1' }), { wrapper: within(client) });
    await waitFor(() => expect(result.current.data).toContain('checkpoint'));
    client.answer('runs.log', () => {
      throw new Refusal({ code: 'damaged-store', message: 'The log cannot be read.' });
    });
    act(() => result.current.refresh());
    await waitFor(() => expect(result.current.error?.code).toBe('damaged-store'));
    expect(result.current.data).toContain('checkpoint');
    client.answer('runs.log', () => 'again');
    act(() => client.setStatus('reconnecting'));
    act(() => client.setStatus('connected'));
    await waitFor(() => expect(result.current).toMatchObject({ data: 'again', error: undefined }));
  });
});

describe('the list of runs', () => {
  it('follows events: new runs first, progress in place, removed runs gone', async () => {
    const client = fakeClient({ runs: fakeRuns(3) });
    const { result } = renderHook(() => useRuns(), { wrapper: within(client) });
    await waitFor(() => expect(result.current?.map((run) => run.id)).toEqual(['r3', 'r2', 'r1']));
    const [newest] = fakeRuns(1);
    if (!newest) throw new Error('no run');
    act(() => {
      client.publish({ type: 'run', run: { ...newest, id: 'r9', createdAt: '2030-01-01T00:00:00.000Z' } });
      client.publish({ type: 'run-removed', id: 'r2' });
    });
    await waitFor(() => expect(result.current?.map((run) => run.id)).toEqual(['r9', 'r3', 'r1']));
    expect(callsOf(client, 'runs.list')).toBe(1);
  });

  it('takes the list of a core that came back over progress that still waited to be shown', async () => {
    const [run] = fakeRuns(1);
    if (!run) throw new Error('no run');
    const client = fakeClient({ runs: [run] });
    const { result } = renderHook(() => useRuns(), { wrapper: within(client) });
    await waitFor(() => expect(result.current).toHaveLength(1));
    act(() => client.publish({ type: 'run', run: { ...run, step: run.step + 1 } }));
    client.answer('runs.list', () => [{ ...run, status: 'interrupted' }]);
    act(() => client.setStatus('connected'));
    await waitFor(() => expect(result.current?.[0]?.status).toBe('interrupted'));
    await act(() => new Promise((resolve) => setTimeout(resolve, 1200)));
    expect(result.current?.[0]?.status).toBe('interrupted');
  });

  it('keeps an event that overtakes the first answer', async () => {
    const client = fakeClient({ runs: fakeRuns(2) });
    const old = fakeRuns(2);
    let answer: () => void = () => undefined;
    client.answer('runs.list', () => new Promise((resolve) => (answer = () => resolve(old))));
    const { result } = renderHook(() => useRuns(), { wrapper: within(client) });
    await waitFor(() => expect(callsOf(client, 'runs.list')).toBe(1));
    const run = old[0];
    if (!run) throw new Error('no run');
    act(() => client.publish({ type: 'run', run: { ...run, step: 9999 } }));
    await act(async () => answer());
    await waitFor(() => expect(result.current?.find((each) => each.id === run.id)?.step).toBe(9999));
  });
});

function Detail() {
  const { run } = useRun('r2');
  return <p>{run ? `${run.status} ${run.step} ${run.evaluations.length}` : 'none'}</p>;
}

describe('one run', () => {
  it('takes progress from events and is read anew only when its status changes', async () => {
    const client = fakeClient({ runs: fakeRuns(2) });
    render(<Detail />, { wrapper: within(client) });
    await screen.findByText(/^running/);
    await client.call('runs.pause', { id: 'r2' });
    await screen.findByText(/^paused/);
    const asked = callsOf(client, 'runs.get');
    await client.call('runs.rename', { id: 'r2', name: 'x' });
    await client.call('runs.rename', { id: 'r2', name: 'y' });
    await screen.findByText(/^paused/);
    expect(callsOf(client, 'runs.get')).toBe(asked);
  });
});
