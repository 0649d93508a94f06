import type { Progress } from '../../estimators/log-likelihood';
import type { Features } from '../features';
import { dealtOut, dealtOutByColumn, drawFrom, varying, type FactorCodes } from './factor-codes';
import { importanceScores } from './importance';
import { modularity, mutualInformationGap } from './information';
import { explicitness, linearPredictability, separatedPredictability, trainAndTest } from './predictability';
import { interventionalRobustness } from './robustness';
import { betaVaeScore, factorVaeScore } from './sampled';
import { gaussianTotalCorrelation, pairwiseInformation, wassersteinCorrelation } from './unsupervised';

/** A score of codes and its floor: the same score of the same codes dealt out to the examples at random, which say nothing of the factors. */
export interface Score {
  metric: string;
  title: string;
  source: string;
  /** How it was obtained. */
  estimator: string;
  unit: 'score' | 'nats';
  /** Whether it is of the codes alone; its floor is then that of the same codes, each dealt out by itself. */
  ofCodesAlone: boolean;
  value: number;
  floor: number;
}

export interface ScoreOptions {
  seed: number;
  /** Questions of the BetaVAE and FactorVAE scores, to learn from and to test on. */
  questions: { train: number; test: number };
  /** Rounds of boosting for each factor. */
  trees: number;
}

/** As disentanglement_lib has them. */
export const published: Omit<ScoreOptions, 'seed'> = { questions: { train: 10_000, test: 5000 }, trees: 100 };

const batch = 64;

/**
 * Scores of disentanglement of posterior means, each with its floor, of the factors that vary ({@link varying}). What learns does so on a half of the examples that is dealt out, and is tested on the other.
 * Pairs and batches that share a factor are drawn from the examples, with replacement.
 */
export function* disentanglementScores(given: FactorCodes, options: ScoreOptions): Generator<Progress, Score[]> {
  const { data } = varying(given);
  const total = 2 * (piecesBeside + 2 * data.sizes.length);
  let done = 0;
  const found: Values[] = [];
  for (const going of [valuesOf(data, data, options), valuesOf(dealtOut(data, options.seed), dealtOutByColumn(data, options.seed), options)]) {
    let next = going.next();
    for (; !next.done; next = going.next()) yield { done: (done += 1), total };
    found.push(next.value);
  }
  const [values, floors] = found as [Values, Values];
  const asked = `${options.questions.train.toLocaleString('en')} questions to learn from and ${options.questions.test.toLocaleString('en')} to test on, each of`;
  const score = (metric: keyof Values, title: string, source: string, how: string, unit: Score['unit'] = 'score', ofCodesAlone = false): Score => ({ metric, title, source, estimator: `${how} (${source})`, unit, ofCodesAlone, value: values[metric], floor: floors[metric] });
  return [
    score('mutualInformationGap', 'Mutual information gap', 'Chen et al. 2018', 'mutual information gap, 20 bins'),
    score('betaVaeScore', 'BetaVAE score', 'Higgins et al. 2017', `BetaVAE score, ${asked} ${batch} pairs`),
    score('factorVaeScore', 'FactorVAE score', 'Kim and Mnih 2018', `FactorVAE score, ${asked.replaceAll('questions', 'votes')} ${batch} examples`),
    score('attributePredictability', 'Attribute predictability', 'Kumar et al. 2018', 'separated attribute predictability'),
    score('linearPredictability', 'Attribute predictability, linear', 'Kumar et al. 2018', 'separated attribute predictability of factors as numbers, by R^2'),
    score('dciDisentanglement', 'DCI disentanglement', 'Eastwood and Williams 2018', `DCI disentanglement, by ${options.trees} boosted trees`),
    score('dciCompleteness', 'DCI completeness', 'Eastwood and Williams 2018', `DCI completeness, by ${options.trees} boosted trees`),
    score('dciInformativeness', 'DCI informativeness', 'Eastwood and Williams 2018', `DCI informativeness, the accuracy of ${options.trees} boosted trees`),
    score('modularity', 'Modularity', 'Ridgeway and Mozer 2018', 'modularity, 20 bins'),
    score('explicitness', 'Explicitness', 'Ridgeway and Mozer 2018', 'explicitness, by logistic regression'),
    score('interventionalRobustness', 'Interventional robustness', 'Suter et al. 2019', 'interventional robustness, 20 bins'),
    score('codeTotalCorrelationNats', 'Total correlation, nats', 'Watanabe 1960', 'total correlation of a normal with their covariance', 'nats', true),
    score('codeWassersteinCorrelation', 'Wasserstein correlation', 'Locatello et al. 2019', 'squared Wasserstein distance of a normal with their covariance from that without correlation, over its variance', 'score', true),
    score('codeInformationNats', 'Information between codes, nats', 'Locatello et al. 2019', 'mutual information of two codes, mean over pairs, 20 bins', 'nats', true),
  ];
}

type Values = Record<
  | 'mutualInformationGap' | 'betaVaeScore' | 'factorVaeScore' | 'attributePredictability' | 'dciDisentanglement' | 'dciCompleteness' | 'dciInformativeness' | 'modularity' | 'explicitness'
  | 'interventionalRobustness' | 'codeTotalCorrelationNats' | 'codeWassersteinCorrelation' | 'codeInformationNats' | 'linearPredictability',
  number
>;

const piecesBeside = 4;

/** Yields after pieces of a second or so: `piecesBeside`, and two for each factor. @param codes of which those scores are that ask for no factors */
function* valuesOf(data: FactorCodes, codes: Features, { seed, questions, trees }: ScoreOptions): Generator<void, Values> {
  const sampled = { ...questions, batch, seed };
  const [train, test] = trainAndTest(data, Math.floor(data.values.length / data.size / 2));
  const draw = drawFrom(data, seed);
  const quick = {
    mutualInformationGap: mutualInformationGap(data).score,
    modularity: modularity(data),
    interventionalRobustness: interventionalRobustness(data),
    codeTotalCorrelationNats: gaussianTotalCorrelation(codes),
    codeWassersteinCorrelation: wassersteinCorrelation(codes),
    codeInformationNats: pairwiseInformation(codes),
    linearPredictability: linearPredictability(data),
  };
  yield;
  const betaVae = betaVaeScore(draw, data.sizes, sampled);
  yield;
  const factorVae = factorVaeScore(draw, data, data.sizes, sampled);
  yield;
  const attributePredictability = separatedPredictability(train, test);
  yield;
  const dci = yield* importanceScores(train, test, { rounds: trees });
  return {
    ...quick, betaVaeScore: betaVae, factorVaeScore: factorVae, attributePredictability,
    dciDisentanglement: dci.disentanglement, dciCompleteness: dci.completeness, dciInformativeness: dci.informativeness,
    explicitness: yield* explicitness(train, test),
  };
}
