import { render, screen, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { fakeClient } from '../../client/fake';
import { ClientProvider } from '../../client/hooks';
import { Formula, mathml } from '../../design/formula';
import { ModelsView } from './models-view';

const show = (id?: string) => render(<ClientProvider value={fakeClient()}><ModelsView {...(id && { id })} /></ClientProvider>);

it('lists every model by its family, with a way to its page', async () => {
  show();
  const family = (await screen.findByRole('heading', { name: /^Variational autoencoders/ })).closest('section');
  expect(family && within(family).getByRole('link', { name: 'VAE' }).getAttribute('href')).toBe('#/models/vae');
});

it('a model’s page has idea, formula, what to look at, settings and source', async () => {
  show('vae');
  await screen.findByRole('heading', { name: 'VAE', level: 1 });
  for (const name of ['Formula', 'What to look at', 'Facts', 'Settings']) screen.getByRole('heading', { name });
  for (const text of ['It learns from data.', 'Loss curves.', 'Kingma and Welling 2014, equation 10']) screen.getByText(text);
});

it('an unknown model is said to be unknown', async () => {
  show('gan');
  await screen.findByText('There is no model gan');
});

it('formulas become MathML that needs no inline styles; where they cannot be typeset, plain text', () => {
  const math = mathml(String.raw`\begin{aligned} \mathcal L &= \underbrace{a}_{b} \end{aligned}`);
  expect(math).toMatch(/^<math/);
  expect(math).not.toMatch(/ style=|<script/);
  render(<Formula formulas={['x^2']} plain="x squared" />);
  screen.getByText('x squared');
});
