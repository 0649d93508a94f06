import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { Refusal } from '../../../contract/errors';
import { fakeClient, type FakeClient } from '../../client/fake';
import { ClientProvider } from '../../client/hooks';
import { FetchList } from './fetch-list';

function show(there: string[] = []): FakeClient {
  const client = fakeClient();
  render(<ClientProvider value={client}><FetchList there={there} /></ClientProvider>);
  return client;
}

it('names the sets that are not here, how to get those that cannot be fetched, and no other', async () => {
  show();
  expect(await screen.findByRole('button', { name: 'Fetch Fashion-MNIST' })).toBeTruthy();
  expect(screen.getByText(/Unpack the archive by hand/)).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Fetch GAS' })).toBeNull();
});

it('is not there when everything is', async () => {
  const client = show(['fashion-mnist', 'gas']);
  await expect.poll(() => client.calls.length).toBe(1);
  expect(screen.queryByRole('heading')).toBeNull();
});

it('fetches with progress, can be cancelled, and says why it failed', async () => {
  const client = show();
  let fail: (thrown: unknown) => void = () => undefined;
  client.answer('datasets.fetch', () => new Promise((_, reject) => (fail = reject)));
  await userEvent.click(await screen.findByRole('button', { name: 'Fetch Fashion-MNIST' }));
  client.publish({ type: 'progress', what: 'fetch fashion-mnist', done: 5e6, total: 30e6 });
  expect((await screen.findByText(/of 30/)).textContent).toMatch(/^5/);
  await userEvent.click(screen.getByRole('button', { name: 'Cancel fetching Fashion-MNIST' }));
  expect(client.calls.at(-1)).toEqual({ method: 'datasets.cancelImport', params: { id: 'fashion-mnist' } });
  fail(new Refusal({ code: 'network', message: 'example.org cannot be reached.', repair: 'Look at the connection.' }));
  expect(await screen.findByText(/example.org cannot be reached/)).toBeTruthy();
  expect(screen.getByRole('button', { name: 'Fetch Fashion-MNIST' })).toBeTruthy();
});
