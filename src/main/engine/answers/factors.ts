import { refuse } from '../../../contract/errors';
import type { FactorScore } from '../../../contract/probes';
import type { Features } from '../../../ml/metrics/features';
import { factorColumn, type DrawCodes, type FactorCodes } from '../../../ml/metrics/disentanglement/factor-codes';
import { entropy, informationMatrix, modularity, mutualInformationGap } from '../../../ml/metrics/disentanglement/information';
import { separatedPredictability, trainAndTest } from '../../../ml/metrics/disentanglement/predictability';
import { interventionalRobustness } from '../../../ml/metrics/disentanglement/robustness';
import { factorVaeScore } from '../../../ml/metrics/disentanglement/sampled';
import { philoxUniforms, streamKey } from '../../../ml/random/philox';
import { readFactors } from '../../formats/dataset-folder';
import type { Session } from '../session';
import type { Answerer } from './answer';
import { posteriors } from './codes';
import { rangeOf } from './examples';

export const votes = { train: 800, test: 400, batch: 64 };

/** Each score, and its floor: the same score of the same codes dealt out to the examples at random. */
export const factors: Answerer<'factors'> = (session, { seed, ...range }) => {
  const { dataset, datasetFolder } = session.run;
  if (!dataset.factors) return refuse('bad-request', `The data set ${dataset.id} comes without factors.`, { where: 'probe.kind' });
  const { names, sizes } = dataset.factors;
  const { from, count } = rangeOf(session, range);
  const { means } = posteriors(session, range);
  const rows = known(session, range.split, () => readFactors(datasetFolder, dataset, range.split)).subarray(from * sizes.length, (from + count) * sizes.length);
  const data: FactorCodes = { values: means, size: means.length / count, factors: rows, sizes };
  const dealt: FactorCodes = { ...data, values: dealtOut(data, seed) };
  const floors = scoresOf(dealt, seed);
  const entropies = sizes.map((_, k) => entropy(factorColumn(data, k)));
  return {
    names,
    examples: count,
    information: informationMatrix(data).map((codes) => codes.map((nats, k) => ((entropies[k] ?? 0) > 0 ? nats / (entropies[k] ?? 1) : 0))),
    scores: scoresOf(data, seed).map((score, i) => ({ ...score, floor: floors[i]?.value ?? NaN })),
  };
};

const read = new WeakMap<Session, Map<string, Uint16Array>>();

function known(session: Session, key: string, make: () => Uint16Array): Uint16Array {
  const all = read.get(session) ?? new Map<string, Uint16Array>();
  read.set(session, all);
  const rows = all.get(key) ?? make();
  all.set(key, rows);
  return rows;
}

/** The rows of the codes in an order drawn by a seed. */
function dealtOut({ values, size }: Features, seed: number): Float32Array {
  const count = values.length / size;
  const keys = philoxUniforms(count, streamKey(seed, 'deal'), 0);
  const order = Array.from({ length: count }, (_, i) => i).sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0));
  return Float32Array.from({ length: values.length }, (_, i) => values[(order[Math.floor(i / size)] ?? 0) * size + (i % size)] ?? NaN);
}

const scoresOf = (data: FactorCodes, seed: number): Omit<FactorScore, 'floor'>[] => {
  const [train, test] = trainAndTest(data, Math.floor(data.values.length / data.size / 2));
  return [
    { name: 'Mutual information gap', source: 'Chen et al. 2018', value: mutualInformationGap(data).score },
    { name: 'FactorVAE score', source: 'Kim and Mnih 2018', value: factorVaeScore(drawFrom(data, seed), data, data.sizes, { ...votes, seed }) },
    { name: 'Attribute predictability', source: 'Kumar et al. 2018', value: separatedPredictability(train, test) },
    { name: 'Modularity', source: 'Ridgeway and Mozer 2018', value: modularity(data) },
    { name: 'Interventional robustness', source: 'Suter et al. 2019', value: interventionalRobustness(data) },
  ];
};

/** Draws, with replacement, from the rows whose factor has the value; from all rows where none has. */
export function drawFrom(data: FactorCodes, seed: number): DrawCodes {
  const byValue = data.sizes.map((size, k) => {
    const rows: number[][] = Array.from({ length: size }, () => []);
    factorColumn(data, k).forEach((value, row) => rows[value]?.push(row));
    return rows;
  });
  const everyRow = Array.from({ length: data.values.length / data.size }, (_, row) => row);
  let draws = 0;
  return (count, { factor, value }) => {
    const rows = byValue[factor]?.[value] ?? [];
    const pool = rows.length > 0 ? rows : everyRow;
    const uniforms = philoxUniforms(count, streamKey(seed, 'held'), draws++);
    const values = new Float32Array(count * data.size);
    uniforms.forEach((uniform, i) => {
      const start = (pool[Math.floor(uniform * pool.length)] ?? 0) * data.size;
      for (let j = 0; j < data.size; j += 1) values[i * data.size + j] = data.values[start + j] ?? NaN;
    });
    return { values, size: data.size };
  };
}
