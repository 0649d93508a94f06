import { render } from '@testing-library/react';
import { expect, it } from 'vitest';
import { CutName } from './cut-name';

it.each([
  ['VAE, static MNIST, dense network, seed 0', null, 'seed 0'],
  ['Disentanglement, ControlVAE, seed 1', 'ControlVAE', 'ControlVAE, seed 1'],
  ['a-very-long-name-without-any-comma-17', null, 'y-comma-17'],
])('of %s with %s the end %s is kept', (name, kept, end) => {
  const { container } = render(<CutName name={name} kept={kept} />);
  const [head, tail] = container.querySelectorAll('.cut-name > span');
  expect(tail?.textContent).toBe(end);
  expect(`${head?.textContent ?? ''}${end}`).toBe(name);
});

it('a short name is plain text', () => {
  expect(render(<CutName name="mnist-vae-1" />).container.innerHTML).toBe('mnist-vae-1');
});
