import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Experiment } from '../../../contract/experiment';
import type { ModelInfo } from '../../../contract/models';
import { fakeClient, fakeModels } from '../../client/fake';
import { ClientProvider } from '../../client/hooks';
import { ExperimentView } from './experiment-view';
import { useDraft } from './draft';

const models: ModelInfo[] = fakeModels.map((model) =>
  model.id === 'vae'
    ? {
        ...model,
        settings: model.settings.map((field) => (field.key === 'variance' || field.key === 'learnedVariance' ? { ...field, when: { likelihood: ['gaussian'] } } : field)),
        presets: [
          { id: 'vae', title: 'VAE', summary: 'As it comes.', source: 'Kingma and Welling 2014', settings: {} },
          { id: 'beta-vae', title: 'Beta-VAE', summary: 'Each variable for a factor.', source: 'Higgins et al. 2017', settings: { latentSize: 10, likelihood: 'gaussian' }, training: { batch: 64, warmUp: 50 } },
        ],
      }
    : model,
);

beforeEach(() => useDraft.setState({ draft: null, start: { kind: 'scratch' }, seeds: [0], errors: {}, refusal: null }));

function show(asked: { model?: string; data?: string } = {}) {
  const client = fakeClient();
  client.answer('models.list', () => models);
  render(<ClientProvider value={client}><ExperimentView {...asked} /></ClientProvider>);
}
const draft = (): Experiment | null => useDraft.getState().draft;
const variant = () => screen.findByRole('button', { name: /Variant/ });

describe('a named variant', () => {
  it('sets its settings and its training, the others to their defaults, and binarisation with its likelihood', async () => {
    show();
    await userEvent.click(await variant());
    await userEvent.click(await screen.findByRole('option', { name: /^Beta-VAE/ }));
    expect(draft()).toMatchObject({ model: 'vae', binarisation: 'none', settings: { latentSize: 10, likelihood: 'gaussian', widths: [512, 256] }, training: { batch: 64, warmUp: 50, learningRate: 1e-3 } });
    expect((await variant()).textContent).toContain('Beta-VAE');
    expect(screen.getByText('Each variable for a factor. Higgins et al. 2017')).toBeTruthy();
  });

  it('becomes settings of one’s own when one is changed', async () => {
    show({ model: 'beta-vae' });
    expect((await variant()).textContent).toContain('Beta-VAE');
    await userEvent.type(screen.getByRole('textbox', { name: 'Latent size' }), '{ArrowUp}');
    expect((await variant()).textContent).toContain('Settings of your own');
    await userEvent.type(screen.getByRole('textbox', { name: 'Latent size' }), '{ArrowDown}');
    expect((await variant()).textContent).toContain('Beta-VAE');
  });

  it('is on data that it takes, where a link asks for it alone', async () => {
    const [, beta] = models.find(({ id }) => id === 'vae')?.presets ?? [];
    if (beta) beta.refusals = { 'mnist-1000': 'Too large.' };
    show({ model: 'beta-vae' });
    await variant();
    expect(draft()?.data).toBe('digits');
    if (beta) delete beta.refusals;
  });

  it('is what a link to it opens the form with', async () => {
    show({ model: 'beta-vae' });
    await variant();
    expect(draft()).toMatchObject({ model: 'vae', settings: { latentSize: 10, likelihood: 'gaussian' }, training: { batch: 64 } });
  });

  it('is found by its name among the models', async () => {
    show();
    await userEvent.type(await screen.findByRole('searchbox', { name: 'Find a model' }), 'beta');
    expect(within(screen.getByRole('radiogroup', { name: 'Model' })).getAllByRole('radio').map((radio) => radio.getAttribute('aria-label') ?? (radio as HTMLInputElement).value)).toHaveLength(1);
    expect(screen.getByRole('radio', { name: 'VAE' })).toBeTruthy();
  });
});

it('a setting says beside itself when the run is too short for it', async () => {
  const client = fakeClient();
  const field = { key: 'capacitySteps', title: 'Capacity steps', help: 'In which it grows.', unit: 'steps', kind: 'integer' as const, default: 20_000 };
  client.answer('models.list', () => models.map((model) => ({ ...model, settings: [...model.settings, field] })));
  render(<ClientProvider value={client}><ExperimentView /></ClientProvider>);
  expect(await screen.findByText('In which it grows. Capacity steps: 20,000, and the run has 10,000. What rises over them stops part of the way.')).toBeTruthy();
  useDraft.setState(({ draft }) => ({ draft: draft && { ...draft, training: { ...draft.training, steps: 20_000 } } }));
  expect(await screen.findByText('In which it grows.')).toBeTruthy();
});

describe('long lists', () => {
  it('of data sets are searched by words of the title, the id and the form', async () => {
    show();
    await userEvent.click(await screen.findByRole('button', { name: 'Change the data set' }));
    const dialog = await screen.findByRole('dialog', { name: 'Choose a data set' });
    await userEvent.type(within(dialog).getByRole('searchbox', { name: 'Find a data set' }), 'faces fr');
    expect(within(dialog).getAllByRole('listitem').map((item) => within(item).getByRole('button').getAttribute('aria-label'))).toEqual(['Frey faces']);
    await userEvent.click(within(dialog).getByRole('button', { name: 'Frey faces' }));
    expect(draft()?.data).toBe('frey');
  });

  it('of recipes are searched by what they are about', async () => {
    show();
    await userEvent.click(await screen.findByRole('radio', { name: 'a recipe' }));
    const dialog = await screen.findByRole('dialog', { name: 'Start from a recipe' });
    await userEvent.type(within(dialog).getByRole('searchbox', { name: 'Find a recipe' }), 'large BETA');
    const [only, ...others] = within(dialog).getAllByRole('listitem');
    expect([only?.textContent, others]).toEqual([expect.stringContaining('Posterior collapse'), []]);
    await userEvent.clear(within(dialog).getByRole('searchbox', { name: 'Find a recipe' }));
    await userEvent.type(within(dialog).getByRole('searchbox', { name: 'Find a recipe' }), 'energy');
    expect(within(dialog).getByText('No recipe speaks of “energy”.')).toBeTruthy();
  });
});

describe('the form', () => {
  it('has only the settings that are in force', async () => {
    show();
    await variant();
    expect(screen.queryByRole('textbox', { name: 'Variance' })).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: /^Likelihood|Likelihood$/ }));
    await userEvent.click(await screen.findByRole('option', { name: 'gaussian' }));
    await screen.findByRole('textbox', { name: 'Variance' });
    expect(draft()?.binarisation).toBe('none');
  });

  it('folds away the training that most leave alone, until it differs from the default', async () => {
    show();
    const more = await screen.findByRole('button', { name: /^More: warm-up/ });
    expect(more.getAttribute('aria-expanded')).toBe('false');
    await userEvent.click(await variant());
    await userEvent.click(await screen.findByRole('option', { name: /^Beta-VAE/ }));
    await waitFor(() => expect(more.getAttribute('aria-expanded')).toBe('true'));
    expect(screen.getByRole('textbox', { name: 'Warm-up' })).toHaveProperty('value', '50');
    await userEvent.click(more);
    expect(more.getAttribute('aria-expanded')).toBe('false');
  });
});
