/**
 * Nets of the comparison on tables by Papamakarios, Pavlakou and Murray 2017, section 4; units, activations, batch, rates, decay and patience as in their code
 * (`run_experiments.py`, `experiments.py`). They evaluate after each epoch, of which `epoch` is the longer of two sets' in steps.
 */
const sizes = [
  { units: 100, of: 'POWER and GAS', epoch: 16_600, once: 'an epoch of POWER and two of GAS' },
  { units: 512, of: 'HEPMASS and MINIBOONE', epoch: 3_150, once: 'an epoch of HEPMASS and ten of MINIBOONE' },
  { units: 1024, of: 'BSDS300 and MNIST', epoch: 10_000, once: 'an epoch of BSDS300 and twenty of MNIST' },
];

/** Evaluations of a run that is never patient enough to end; theirs have no limit. */
const evaluations = 300;

/** The sizes at which flows on tables are compared, as presets `id-100` and so on, with the training of that comparison. `settings.layers` are the flow's affine layers. */
export const tabularSizes = <S extends { layers: number }>(id: string, title: string, settings: S, source: string) =>
  sizes.map(({ units, of, epoch, once }) => ({
    id: `${id}-${units}`,
    title: `${title}, ${units.toLocaleString('en')} units`,
    summary: `As compared on ${of}: two hidden layers of ${units.toLocaleString('en')} units in each net; it ends when 30 evaluations, one in ${epoch.toLocaleString('en')} steps (${once}), find no smaller loss on the validation split.`,
    source: `Papamakarios, Pavlakou and Murray 2017, tables 1 and 2, where validation also chose between one hidden layer and two, and no run had a longest length; ${source}.`,
    settings: { ...settings, widths: [units, units] },
    training: { batch: 100, learningRate: settings.layers > 1 ? 1e-4 : 1e-3, weightDecay: 1e-6, keepBest: true, patience: 30, evaluateEvery: epoch, steps: evaluations * epoch },
  }));
