import { act, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { refuse } from '../contract/errors';
import type { RunSummary } from '../contract/runs';
import { App } from './app';
import { fakeClient, fakeModels, fakeRecipes, fakeRuns, type FakeClient } from './client/fake';
import { ClientProvider } from './client/hooks';
import { setWindow } from './state/window';
import { useDraft } from './views/experiment/draft';

// Pages with tests of their own.
vi.mock('./views/run/run-view', () => ({
  RunView: ({ id }: { id: string }) => (
    <main>
      {id}
      <div data-panel="samples">
        <section className="panel" aria-label="Samples" tabIndex={-1} />
      </div>
    </main>
  ),
}));
vi.mock('./views/compare/compare-view', () => ({ CompareView: ({ ids }: { ids: string[] }) => <main>{ids.join(' ')}</main> }));

beforeEach(() => {
  setWindow({ selected: new Set(), filter: '', layer: null, listOpen: true });
  useDraft.setState({ draft: null, start: { kind: 'scratch' }, seeds: [0], errors: {}, refusal: null });
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
const callOf = (client: FakeClient, method: string): unknown => client.calls.findLast((call) => call.method === method)?.params;

describe('a store without runs', () => {
  it('focuses the first recipe, and Enter runs it', async () => {
    const client = open('#/runs', fakeClient({ runs: [] }));
    const first = await screen.findByRole('button', { name: 'Run A VAE with a two-dimensional code' });
    await waitFor(() => expect(document.activeElement).toBe(first));
    await userEvent.keyboard('{Enter}');
    await waitFor(() => expect(callOf(client, 'recipes.start')).toEqual({ id: 'vae-two-dimensional-code' }));
    await waitFor(() => expect(location.hash).toBe('#/run/r1'));
  });

  it('lets arrows choose another recipe', async () => {
    const client = open('#/runs', fakeClient({ runs: [] }));
    const first = await screen.findByRole('button', { name: 'Run A VAE with a two-dimensional code' });
    await waitFor(() => expect(document.activeElement).toBe(first));
    await userEvent.keyboard('{ArrowRight}{Enter}');
    await waitFor(() => expect(callOf(client, 'recipes.start')).toMatchObject({ id: 'ae-two-dimensional-code' }));
  });
});

describe('the table of runs', () => {
  const names = (): string[] => screen.getAllByRole('row').slice(1).map((row) => within(row).getByRole('link').title);

  it('draws only the rows that can be seen of 2,000', async () => {
    open('#/runs', fakeClient({ runs: fakeRuns(2000) }));
    await screen.findByText('2,000 in this store');
    expect(screen.getAllByRole('row').length).toBeLessThan(60);
    expect(screen.getByRole('grid').getAttribute('aria-rowcount')).toBe('2001');
  });

  it('filters by what is typed after a slash', async () => {
    open('#/runs', fakeClient({ runs: fakeRuns(12) }));
    await screen.findByText('12 in this store');
    await userEvent.keyboard('/model:vae seed:2');
    const expected = fakeRuns(12).filter((run) => run.experiment.model === 'vae' && run.experiment.seed === 2).map((run) => run.name);
    expect(expected.length).toBeGreaterThan(0);
    expect(names()).toEqual(expected);
  });

  it('sorts by a column, and the other way round at the second press', async () => {
    open('#/runs', fakeClient({ runs: fakeRuns(6) }));
    await userEvent.click(await screen.findByRole('button', { name: 'Run' }));
    const ascending = fakeRuns(6).map((run) => run.name).sort(new Intl.Collator('en', { numeric: true }).compare);
    expect(names()).toEqual(ascending);
    await userEvent.click(screen.getByRole('button', { name: 'Run' }));
    expect(names()).toEqual([...ascending].reverse());
  });

  it('is walked, selected and compared by keyboard', async () => {
    open('#/runs', fakeClient({ runs: fakeRuns(8) }));
    await screen.findByText('8 in this store');
    await userEvent.keyboard('jxjj{Shift>}x{/Shift}');
    const selected = screen.getAllByRole('row').filter((row) => row.getAttribute('aria-selected') === 'true');
    expect(selected.map((row) => row.id)).toEqual(['run-r8', 'run-r7', 'run-r6']);
    await userEvent.keyboard('c');
    expect(location.hash).toBe('#/compare/r8,r7,r6');
  });

  it('opens the run under the cursor with Enter', async () => {
    open('#/runs', fakeClient({ runs: fakeRuns(8) }));
    await screen.findByText('8 in this store');
    await userEvent.keyboard('jjk{Enter}');
    expect(location.hash).toBe('#/run/r8');
  });

  it('removes only after a question, and never a run that trains', async () => {
    const client = open('#/runs', fakeClient({ runs: fakeRuns(8) }));
    await screen.findByText('8 in this store');
    await userEvent.keyboard('jx{End}x');
    await userEvent.click(screen.getByRole('button', { name: 'Remove' }));
    const dialog = await screen.findByRole('dialog', { name: 'Remove 1 run?' });
    expect(client.calls.some((call) => call.method === 'runs.remove')).toBe(false);
    await userEvent.click(within(dialog).getByRole('button', { name: 'Remove for good' }));
    await waitFor(() => expect(client.calls.filter((call) => call.method === 'runs.remove').map((call) => call.params)).toEqual([{ id: 'r1' }]));
  });
});

describe('a new experiment', () => {
  it('shows the model’s own settings, and sends them whole', async () => {
    const client = open('#/new');
    await userEvent.click(await screen.findByRole('radio', { name: 'Autoencoder' }));
    expect(screen.queryByRole('group', { name: 'Learned variance' })).toBeNull();
    const latent = screen.getByRole('textbox', { name: 'Latent size' });
    await userEvent.clear(latent);
    await userEvent.type(latent, '16');
    const widths = screen.getByRole('textbox', { name: 'Hidden widths' });
    await userEvent.clear(widths);
    await userEvent.type(widths, '64 32');
    await userEvent.keyboard('{Control>}{Enter}{/Control}');
    await waitFor(() => expect(callOf(client, 'runs.create')).toMatchObject({ experiment: { model: 'autoencoder', data: 'mnist-1000', settings: { latentSize: 16, widths: [64, 32] } } }));
  });

  it('understands 1e-4, and says so beside a field that is no number instead of starting', async () => {
    const client = open('#/new');
    const rate = await screen.findByRole('textbox', { name: 'Learning rate' });
    await userEvent.clear(rate);
    await userEvent.type(rate, '1e-4');
    const batch = screen.getByRole('textbox', { name: 'Batch' });
    await userEvent.clear(batch);
    await userEvent.type(batch, '2.5');
    expect(batch.getAttribute('aria-invalid')).toBe('true');
    await userEvent.keyboard('{Control>}{Enter}{/Control}');
    expect(callOf(client, 'runs.create')).toBeUndefined();
    await userEvent.clear(batch);
    await userEvent.type(batch, '50{Control>}{Enter}{/Control}');
    await waitFor(() => expect(callOf(client, 'runs.create')).toMatchObject({ experiment: { training: { learningRate: 1e-4, batch: 50 } } }));
  });

  it('shows the core’s refusal beside the field that it names, until that field is changed', async () => {
    const client = fakeClient();
    client.answer('runs.create', () => refuse('bad-experiment', 'settings.widths: the last layer is too narrow', { where: 'request runs.create, experiment.settings.widths.1', repair: 'Use 16 or more.' }));
    open('#/new', client);
    await screen.findByRole('textbox', { name: 'Hidden widths' });
    await userEvent.keyboard('{Control>}{Enter}{/Control}');
    const field = screen.getByRole('textbox', { name: 'Hidden widths' });
    await waitFor(() => expect(field.getAttribute('aria-invalid')).toBe('true'));
    const described = (field.getAttribute('aria-describedby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' ');
    expect(described).toContain('the last layer is too narrow Use 16 or more.');
    expect(location.hash).toBe('#/new');
    await userEvent.type(field, ', 64');
    expect(field.getAttribute('aria-invalid')).not.toBe('true');
  });

  it('says a refusal that names no field above Start', async () => {
    const client = fakeClient();
    client.answer('runs.create', () => refuse('disk-full', 'The disk is full.', { repair: 'Free some space.' }));
    open('#/new', client);
    await userEvent.click(await screen.findByRole('button', { name: 'Start training' }));
    const alert = await within(screen.getByRole('complementary', { name: 'Summary' })).findByRole('alert');
    expect(alert.textContent).toBe('The disk is full.Free some space.');
  });

  it('keeps a recipe’s checks only while it is still the recipe', async () => {
    const client = open('#/new?recipe=vae-two-dimensional-code');
    await screen.findByText('From the recipe “A VAE with a two-dimensional code”');
    await userEvent.keyboard('{Control>}{Enter}{/Control}');
    await waitFor(() => expect(callOf(client, 'recipes.start')).toMatchObject({ id: 'vae-two-dimensional-code' }));
    act(() => void (location.hash = '#/new?recipe=vae-two-dimensional-code'));
    const seed = await screen.findByRole('textbox', { name: 'Seeds' });
    await userEvent.clear(seed);
    await userEvent.type(seed, '7');
    await userEvent.keyboard('{Control>}{Enter}{/Control}');
    await waitFor(() => expect(callOf(client, 'runs.create')).toMatchObject({ experiment: { seed: 7 } }));
  });

  it('takes a pasted file, and names the rule that it breaks', async () => {
    open('#/new');
    await userEvent.click(await screen.findByRole('radio', { name: 'a file' }));
    const area = await screen.findByRole('textbox', { name: 'Paste an experiment, or open its file' });
    await userEvent.click(area);
    await userEvent.paste('{"model": "vae", "data": "digits", "seed": -1}');
    await userEvent.click(screen.getByRole('button', { name: 'Use it' }));
    expect(area.getAttribute('aria-invalid')).toBe('true');
    expect(screen.getByText(/^seed must be/)).toBeTruthy();
    await userEvent.clear(area);
    await userEvent.paste('{"model": "vae", "data": "digits", "settings": {"latentSize": 3}, "seed": 5}');
    await userEvent.click(screen.getByRole('button', { name: 'Use it' }));
    await screen.findByText('From a file');
    expect(screen.getByRole('textbox', { name: 'Latent size' })).toHaveProperty('value', '3');
    expect(screen.getByRole('textbox', { name: 'Seeds' })).toHaveProperty('value', '5');
  });

  it('fades the models that do not take the data, and says why', async () => {
    const client = fakeClient();
    client.answer('models.list', () => fakeModels.map((model) => (model.id === 'pca' ? { ...model, refusals: { 'mnist-1000': 'It needs more pictures than pixels.' } } : model)));
    client.answer('runs.check', ({ experiment }) => (experiment.model === 'pca' ? refuse('bad-experiment', 'It needs more pictures than pixels.', { where: 'pca on mnist-1000' }) : null));
    open('#/new', client);
    expect(await screen.findByText('PCA is faded: It needs more pictures than pixels.')).toBeTruthy();
    await userEvent.click(screen.getByRole('radio', { name: 'PCA' }));
    expect(await within(screen.getByRole('form', { name: 'Experiment' })).findByText('It needs more pictures than pixels.')).toBeTruthy();
  });
});

describe('several seeds', () => {
  async function withSeeds(client: FakeClient, seeds: string): Promise<void> {
    open('#/new', client);
    const field = await screen.findByRole('textbox', { name: 'Seeds' });
    await userEvent.clear(field);
    await userEvent.type(field, seeds);
  }
  const made = (client: FakeClient): unknown[] => client.calls.filter(({ method }) => method === 'runs.create').map(({ params }) => (params as { experiment: { name?: string; seed: number } }).experiment).map(({ name, seed }) => [name, seed]);

  it('are a run each, with the seed in its name', async () => {
    const client = fakeClient();
    await withSeeds(client, '0, 1, 5 1');
    expect(within(screen.getByRole('complementary', { name: 'Summary' })).getByText('3 runs of 10,000 steps')).toBeTruthy();
    await userEvent.keyboard('{Control>}{Enter}{/Control}');
    await waitFor(() => expect(made(client)).toEqual([0, 1, 5].map((seed) => [`mnist-1000-vae, seed ${seed}`, seed])));
    await waitFor(() => expect(location.hash).toBe('#/run/r41'));
  });

  it('of which one is refused say which runs are begun, and keep those that are not', async () => {
    const client = fakeClient({ runs: [] });
    client.answer('runs.create', ({ experiment }) => (experiment.seed === 4 ? refuse('disk-full', 'The disk is full.') : { ...(fakeRuns(1)[0] as RunSummary), id: `s${experiment.seed ?? 0}` }));
    await withSeeds(client, '3 4 5');
    await userEvent.keyboard('{Control>}{Enter}{/Control}');
    expect((await within(screen.getByRole('complementary', { name: 'Summary' })).findByRole('alert')).textContent).toContain('1 of 3 runs are begun, and that of seed 4 is refused: The disk is full.');
    expect(screen.getByRole('textbox', { name: 'Seeds' })).toHaveProperty('value', '4, 5');
    expect(location.hash).toBe('#/new');
  });
});

describe('an experiment that would be refused', () => {
  it('cannot be started, and says why beside the field and above Start, until it is changed', async () => {
    const client = fakeClient();
    client.answer('runs.check', ({ experiment }) => (experiment.binarisation === 'none' ? refuse('bad-experiment', 'These pictures are grey.', { where: 'vae on mnist-1000' }) : null));
    open('#/new?data=mnist-1000', client);
    const start = await screen.findByRole<HTMLButtonElement>('button', { name: 'Start training' });
    expect(start.disabled).toBe(false);
    await userEvent.click(screen.getByRole('button', { name: /Binarisation/ }));
    await userEvent.click(await screen.findByRole('option', { name: /^none/ }));
    await waitFor(() => expect(start.disabled).toBe(true));
    expect(screen.getAllByText('These pictures are grey.')).toHaveLength(2);
    await userEvent.keyboard('{Control>}{Enter}{/Control}');
    expect(callOf(client, 'runs.create')).toBeUndefined();
    await userEvent.click(screen.getByRole('button', { name: /Binarisation/ }));
    await userEvent.click(await screen.findByRole('option', { name: /^threshold/ }));
    await waitFor(() => expect(start.disabled).toBe(false));
    expect(screen.queryByText('These pictures are grey.')).toBeNull();
  });
});

describe('when something is wrong', () => {
  it('an error says what to do and offers to ask again', async () => {
    const client = fakeClient();
    let broken = true;
    const recipes = fakeRecipes;
    client.answer('recipes.list', () => (broken ? refuse('bad-file', 'A recipe cannot be read.', { where: 'resources/recipes/x.json', repair: 'Fetch Elbo again.' }) : recipes));
    open('#/recipes', client);
    const alert = await within(await screen.findByRole('main')).findByRole('alert');
    expect(alert.textContent).toContain('A recipe cannot be read.Fetch Elbo again.resources/recipes/x.json');
    broken = false;
    await userEvent.click(within(alert).getByRole('button', { name: 'Ask again' }));
    expect(await screen.findByRole('link', { name: 'A VAE with a two-dimensional code' })).toBeTruthy();
  });

  it('a lost core is told above every page, and no longer when it is back', async () => {
    const client = open('#/runs');
    await screen.findByText('40 in this store');
    act(() => client.setStatus('lost'));
    await screen.findByText(/The core does not answer/);
    act(() => client.setStatus('connected'));
    await waitFor(() => expect(screen.queryByText(/The core does not answer/)).toBeNull());
  });
});

describe('data sets', () => {
  it('are looked at before they are imported', async () => {
    const client = open('#/data');
    await userEvent.click(await screen.findByRole('button', { name: 'Import' }));
    await userEvent.type(await screen.findByRole('textbox', { name: 'Folder or file' }), '/data/Fashion MNIST');
    await userEvent.click(screen.getByRole('button', { name: 'Look at it' }));
    expect(await screen.findByText('training images')).toBeTruthy();
    expect(callOf(client, 'datasets.preview')).toEqual({ path: '/data/Fashion MNIST', id: 'fashion-mnist' });
    expect(callOf(client, 'datasets.import')).toBeUndefined();
    await userEvent.click(screen.getByRole('button', { name: 'Import 70,000 examples' }));
    await waitFor(() => expect(location.hash).toBe('#/data/fashion-mnist'));
  });

  it('that come with Elbo cannot be removed, imported ones can, after a question', async () => {
    const client = open('#/data');
    await screen.findByRole('button', { name: 'Remove Frey faces' });
    expect(screen.queryByRole('button', { name: 'Remove MNIST, 1,000 + 1,000' })).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: 'Remove Frey faces' }));
    await userEvent.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Remove' }));
    await waitFor(() => expect(callOf(client, 'datasets.remove')).toEqual({ id: 'frey' }));
  });
});

describe('by keyboard alone', () => {
  const focused = (): string | null | undefined => document.activeElement?.textContent;

  it('Tab stops once in the list of runs, and arrows walk it', async () => {
    open('#/run/r38', fakeClient({ runs: fakeRuns(40) }));
    const list = await screen.findByRole('complementary', { name: 'Runs' });
    await within(list).findAllByRole('link');
    expect(within(list).getAllByRole('link').filter((link) => link.tabIndex === 0).map((link) => link.getAttribute('aria-current'))).toEqual(['page']);
    act(() => within(list).getAllByRole('link').find((link) => link.tabIndex === 0)?.focus());
    await userEvent.keyboard('{ArrowDown}');
    const name = (at: number): string => fakeRuns(40)[at]?.name ?? '';
    await waitFor(() => expect(focused()).toContain(name(3)));
    await userEvent.keyboard('{Home}');
    await waitFor(() => expect(focused()).toContain(name(0)));
    expect(location.hash).toBe('#/run/r38');
    expect(within(list).getAllByRole('link').filter((link) => link.tabIndex === 0)).toHaveLength(1);
  });

  it('the page is one key from the start', async () => {
    open('#/run/r38');
    await screen.findByRole('complementary', { name: 'Runs' });
    await userEvent.tab();
    expect(focused()).toBe('Skip to the page');
    await userEvent.keyboard('{Enter}');
    expect(document.activeElement?.tagName).toBe('MAIN');
  });

  it('a panel of the page is found by its name', async () => {
    open('#/run/r38');
    await screen.findByRole('complementary', { name: 'Runs' });
    await userEvent.keyboard('{Control>}k{/Control}');
    await userEvent.type(await screen.findByRole('combobox'), 'sampl');
    await userEvent.keyboard('{Enter}');
    await waitFor(() => expect(document.activeElement?.getAttribute('aria-label')).toBe('Samples'));
  });
});

describe('the palette', () => {
  it('finds a run by a part of its name and opens it', async () => {
    open('#/compute');
    await screen.findByRole('heading', { name: 'Compute' });
    await userEvent.keyboard('{Control>}k{/Control}');
    await userEvent.type(await screen.findByRole('combobox'), 'vae-29');
    expect(screen.getAllByRole('option')[0]?.textContent).toContain('mnist-1000-vae-29');
    await userEvent.keyboard('{Enter}');
    await waitFor(() => expect(location.hash).toBe('#/run/r29'));
  });

  it('sets the theme, which the core remembers', async () => {
    const client = open('#/compute');
    await screen.findByRole('heading', { name: 'Compute' });
    await userEvent.keyboard('{Control>}k{/Control}');
    await userEvent.type(await screen.findByRole('combobox'), 'dark');
    await userEvent.keyboard('{Enter}');
    await waitFor(() => expect(document.documentElement.dataset['theme']).toBe('dark'));
    expect(callOf(client, 'preferences.set')).toEqual({ theme: 'dark' });
  });
});
