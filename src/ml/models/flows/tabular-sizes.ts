/** Nets of the comparison on tables by Papamakarios, Pavlakou and Murray 2017, section 4; units, activations, batch and rates as in their code (`run_experiments.py`, `experiments.py`). */
const sizes = [
  { units: 100, of: 'POWER and GAS' },
  { units: 512, of: 'HEPMASS and MINIBOONE' },
  { units: 1024, of: 'BSDS300 and MNIST' },
];

/** The sizes at which flows on tables are compared, as presets `id-100` and so on, with the batch and rate of that comparison. */
export const tabularSizes = (id: string, title: string, layers: number, source: string) =>
  sizes.map(({ units, of }) => ({
    id: `${id}-${units}`,
    title: `${title}, ${units.toLocaleString('en')} units`,
    summary: `As compared on ${of}: ${layers === 1 ? 'one layer' : `${layers} layers`} with two hidden layers of ${units.toLocaleString('en')} units in each net.`,
    source: `Papamakarios, Pavlakou and Murray 2017, tables 1 and 2, where validation chose between one hidden layer and two and when to stop, and weights decayed by 1e-6; ${source}.`,
    settings: { layers, widths: [units, units] },
    training: { batch: 100, learningRate: layers === 1 ? 1e-3 : 1e-4 },
  }));
