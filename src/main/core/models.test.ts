import { expect, it } from 'vitest';
import type { DatasetInfo } from '../../contract/datasets';
import { experimentSchema } from '../../contract/experiment';
import { binarisationFor } from '../../contract/models';
import { completeExperiment } from './experiments';
import { listModels } from './models';

const grey: DatasetInfo = {
  id: 'grey', title: 'Grey', kind: 'pictures', columns: null, height: 28, width: 28, channels: 1, maximum: 255, binary: false, counts: { train: 1000, valid: 0, test: 100 }, classes: null, factors: null,
  protocol: '', licence: '', source: '', bytes: 0, builtIn: true,
};
const datasets: DatasetInfo[] = [grey, { ...grey, id: 'binary', maximum: 1, binary: true }, { ...grey, id: 'table', kind: 'table', columns: ['x', 'y'], height: 1, width: 1, channels: 2, maximum: 1 }];
const models = listModels(datasets);
const vae = models.find(({ id }) => id === 'vae');

it('a model and a data set that it takes go together by the binarisation that nobody had to choose', () => {
  for (const model of models)
    for (const data of datasets.filter(({ id }) => !model.refusals?.[id])) {
      const experiment = experimentSchema.parse({ model: model.id, data: data.id, binarisation: binarisationFor(model, {}, data) });
      expect(() => completeExperiment(experiment, data), `${model.id} on ${data.id}`).not.toThrow();
    }
});

it('a preset says for itself what it does not take', () => {
  const [cifar] = models.flatMap(({ presets }) => presets.filter(({ id }) => id === 'vdvae-cifar-10'));
  expect(cifar?.refusals?.['grey']).toContain('32 x 32');
  expect(models.find(({ id }) => id === 'vdvae')?.refusals).toEqual({ table: expect.any(String) });
});

it('pictures stay grey wherever the model takes them so', () => {
  const bound = Object.fromEntries(models.map(({ id, binaryOnly }) => [id, binaryOnly]));
  expect(bound).toMatchObject({ vae: ['bernoulli', 'bernoulli-autoregressive'], made: true, ae: false, glow: false, 'pixelcnn-pp': false });
  expect(vae && binarisationFor(vae, { likelihood: 'gaussian-fixed' }, grey, 'static')).toBe('none');
});

it('the way to make zeros and ones that was chosen is kept where such are needed', () => {
  expect(vae && binarisationFor(vae, {}, grey, 'static')).toBe('static');
  expect(vae && binarisationFor(vae, {}, { kind: 'pictures', binary: true }, 'static')).toBe('none');
});
