import { act, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { App } from '../../app';
import { fakeClient, fakeRecipes, type FakeClient } from '../../client/fake';
import { ClientProvider } from '../../client/hooks';
import { setWindow } from '../../state/window';
import { byTheme, found, useRecipeFilter } from './filter';
import { changesInWords, runsInWords } from './words';

// Pages with tests of their own.
vi.mock('../run/run-view', () => ({ RunView: ({ id }: { id: string }) => <main>{id}</main> }));
vi.mock('../compare/compare-view', () => ({ CompareView: ({ ids }: { ids: string[] }) => <main>{ids.join(' ')}</main> }));

beforeEach(() => {
  setWindow({ selected: new Set(), filter: '', layer: null, listOpen: true });
  useRecipeFilter.setState({ text: '', lecture: '', opened: null });
});

function open(hash: string, client: FakeClient = fakeClient()): FakeClient {
  location.hash = hash;
  render(
    <ClientProvider value={client}>
      <App />
    </ClientProvider>,
  );
  return client;
}
const titles = (): (string | null)[] => within(screen.getByRole('main')).getAllByRole('listitem').map((item) => within(item).getByRole('link').textContent);

describe('the page of recipes', () => {
  it('groups by theme, and filters by lecture and by words of claim, model or variant', async () => {
    open('#/recipes');
    expect(await screen.findByRole('region', { name: 'Evaluation and collapse' })).toBeTruthy();
    expect(titles()).toEqual(fakeRecipes.map(({ title }) => title));
    await userEvent.click(screen.getByRole('radio', { name: '001' }));
    expect(titles()).toEqual(['Posterior collapse']);
    await userEvent.click(screen.getByRole('radio', { name: 'All lectures' }));
    await userEvent.keyboard('/autoencoder training');
    expect(titles()).toEqual(['An autoencoder with a two-dimensional code']);
    await userEvent.keyboard(' nothing');
    await userEvent.click(await screen.findByRole('button', { name: 'Show all recipes' }));
    expect(titles()).toHaveLength(fakeRecipes.length);
  });

  it('says which files were left out, and why, above the others', async () => {
    const client = fakeClient();
    client.answer('recipes.problems', () => [{ code: 'conflict', message: 'There are two recipes "x".', where: 'recipes/mine.json', repair: 'Give this one another id.' }]);
    open('#/recipes', client);
    expect((await screen.findByRole('alert')).textContent).toBe('Left out: recipes/mine.json: There are two recipes "x". Give this one another id.');
    expect(screen.getAllByRole('button', { name: /^Run / })).toHaveLength(fakeRecipes.length);
  });

  it('is walked by keyboard, and one comes back to where one was', async () => {
    open('#/recipes');
    await screen.findByRole('region', { name: 'Autoencoders' });
    await userEvent.keyboard('jj{ArrowDown}{Enter}');
    expect(await screen.findByRole('heading', { level: 1, name: 'Posterior collapse' })).toBeTruthy();
    expect(location.hash).toBe('#/recipes/collapse');
    await userEvent.keyboard('{Escape}');
    await waitFor(() => expect(document.activeElement?.textContent).toBe('Posterior collapse'));
  });

  it('says of a recipe that is not there that it is not', async () => {
    open('#/recipes/nothing');
    expect(await screen.findByText('There is no recipe “nothing”')).toBeTruthy();
  });

  it('finds the words of a recipe in what it claims, names and runs', () => {
    expect(found(fakeRecipes, { text: 'BETA 64', lecture: '' }).map(({ id }) => id)).toEqual(['collapse']);
    expect(found(fakeRecipes, { text: '', lecture: '002' })).toHaveLength(2);
    expect(byTheme(fakeRecipes).map(({ theme, recipes }) => [theme, recipes.length])).toEqual([['Autoencoders', 2], ['Evaluation and collapse', 1]]);
  });

  it('says runs and changes in words', () => {
    expect(fakeRecipes.map(runsInWords)).toEqual(['one run', 'one run', '4 runs: 2 variants, 2 seeds each']);
    expect(changesInWords({ model: 'ae', data: 'digits', settings: { widths: [512, 256] }, training: { steps: 20_000 } })).toBe('ae, on digits, widths 512 – 256, steps 20,000');
    expect(changesInWords({})).toBe('as it stands');
  });
});

describe('a recipe of several runs', () => {
  const started = async (): Promise<{ client: FakeClient; id: string; ids: string[] }> => {
    const client = open('#/recipes/collapse', fakeClient({ runs: [] }));
    await userEvent.click(await screen.findByRole('button', { name: 'Run Posterior collapse' }));
    await screen.findByRole('table', { name: 'Runs of this start' });
    const runs = await client.call('runs.list', {});
    return { client, id: runs[0]?.execution ?? '', ids: runs.map((run) => run.id) };
  };
  const rows = (name: string): HTMLElement[] => within(screen.getByRole('table', { name })).getAllByRole('row').slice(1);

  it('says before it is run what it runs, measures and wants', async () => {
    open('#/recipes/collapse');
    for (const words of ['4 runs: 2 variants, 2 seeds each', 'KL on test: β 1 > β 64, by at least 2 nats', 'likelihood (estimator iwae, k 50, split test, seed 0)', 'steps 100,000']) expect(await screen.findByText(words, { exact: false })).toBeTruthy();
  });

  it('shows its runs, how far the measuring is, and then every check with its value, its threshold and what it rests on', async () => {
    const { client, id } = await started();
    expect(location.hash).toBe('#/recipes/collapse');
    expect(rows('Runs of this start').map((row) => row.textContent?.slice(0, 14))).toEqual(['beta 1 seed 0T', 'beta 1 seed 1Q', 'beta 64 seed 0', 'beta 64 seed 1']);
    act(() => client.bring(id, 'measuring'));
    expect((await screen.findByRole('progressbar', { name: 'Measuring' })).getAttribute('aria-valuenow')).toBe('50');
    expect(screen.getByText('evaluated when everything is measured')).toBeTruthy();
    act(() => client.bring(id, 'done'));
    await screen.findByText('1 of 2 failed');
    const checks = [...(screen.getByRole('table', { name: 'Checks' }) as HTMLTableElement).tBodies[0]?.rows ?? []].map((row) => [...row.cells].map((cell) => cell.textContent));
    expect(checks.map(([outcome, title, value]) => [outcome, title?.includes('β 13.210nats mean of 3.100, 3.320'), value])).toEqual([['passed', true, '3.210'], ['failed', true, '0.1540']]);
  });

  it('is stopped, resumed and measured again', async () => {
    const { client, id, ids } = await started();
    await userEvent.click(screen.getByRole('button', { name: 'Stop' }));
    expect(client.calls.findLast(({ method }) => method === 'recipes.stop')?.params).toEqual({ execution: id });
    expect(await screen.findByText('not finished')).toBeTruthy();
    await userEvent.click(await screen.findByRole('button', { name: 'Resume 4 runs' }));
    expect(client.calls.filter(({ method }) => method === 'runs.resume').map(({ params }) => params)).toEqual(ids.map((run) => ({ id: run })));
    act(() => client.bring(id, 'done'));
    await userEvent.click(await screen.findByRole('button', { name: 'Measure again' }));
    expect(await screen.findByText('measuring')).toBeTruthy();
  });

  it('compares its runs, each of which can be opened', async () => {
    const { ids } = await started();
    expect(within(screen.getByRole('table', { name: 'Runs of this start' })).getAllByRole('link').map((link) => link.getAttribute('href'))).toEqual(ids.map((id) => `#/run/${id}`));
    await userEvent.keyboard('c');
    expect(location.hash).toBe(`#/compare/${ids.join(',')}`);
  });

  it('says what could not be measured', async () => {
    const { client, id } = await started();
    const now = await client.call('recipes.execution', { execution: id });
    client.answer('recipes.execution', () => ({ ...now, state: 'ended', problems: ['beta 64, likelihood: The engine ended.'] }));
    act(() => client.publish({ type: 'execution', execution: now }));
    expect((await screen.findByRole('alert')).textContent).toBe('beta 64, likelihood: The engine ended.');
  });

  it('shows an earlier start when it is chosen, the newest otherwise', async () => {
    const { client, id } = await started();
    act(() => client.bring(id, 'done'));
    await screen.findByText('1 of 2 failed');
    await userEvent.click(screen.getByRole('button', { name: 'Run Posterior collapse' }));
    await waitFor(() => expect(screen.queryByText('1 of 2 failed')).toBeNull());
    await userEvent.click(await screen.findByRole('button', { name: /Which start/ }));
    await userEvent.click((await screen.findAllByRole('option'))[1] as HTMLElement);
    expect(await screen.findByText('1 of 2 failed')).toBeTruthy();
  });
});
