import { expect, it } from 'vitest';
import { trainingSchema } from '../../../contract/experiment';
import { commandLine } from './command-line';

it('a run can be repeated by one command that names every setting', () => {
  const command = commandLine({ model: 'vae', data: 'mnist-1000', binarisation: 'dynamic', settings: { latentSize: 2, widths: [512, 256] }, training: trainingSchema.parse({ steps: 5000, batch: 100, learningRate: 1e-3, evaluateEvery: 50 }), seed: 3 });
  expect(command.replaceAll(' \\\n ', '')).toBe('npx elbo train vae --data mnist-1000 --seed 3 --steps 5000 --set latentSize=2 --set widths=512,256 --set binarisation=dynamic --set batch=100 --set learningRate=0.001 --set schedule=constant --set warmUp=0 --set clipNorm=0 --set skipNorm=0 --set weightDecay=0 --set averaging=0 --set keepBest=false --set patience=0 --set compile=graph --set evaluateEvery=50');
});

it('what a shell would read is quoted', () => {
  const command = commandLine({ model: 'vae', data: "a'b; rm", binarisation: 'none', settings: {}, training: trainingSchema.parse({ steps: 1, batch: 1, learningRate: 1, evaluateEvery: 1 }), seed: 0 });
  expect(command).toContain("--data 'a'\\''b; rm'");
});

it('a setting that training has as well is named with its part', () => {
  const command = commandLine({ model: 'glow', data: 'mnist', binarisation: 'none', settings: { steps: 8, batch: 2 }, training: trainingSchema.parse({ steps: 1000, batch: 32 }), seed: 0 });
  expect(command).toContain('--steps 1000 ');
  expect(command).toContain('--set settings.steps=8 ');
  expect(command).toContain('--set settings.batch=2 ');
  expect(command).toContain('--set training.batch=32 ');
});
