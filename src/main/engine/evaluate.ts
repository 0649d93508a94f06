import { slice } from '@tensorflow/tfjs-core';
import { refuse } from '../../contract/errors';
import type { EvaluateRequest } from '../../contract/evaluate';
import { dataShape } from '../../contract/models';
import { estimateLogLikelihood } from '../../ml/estimators/log-likelihood';
import { createNoise } from '../../ml/random/noise';
import { askModel } from './ask';
import type { Link } from './link';
import type { Session } from './session';

const reportEveryMs = 200;

/** Estimates the log-likelihood of a split by the model as it stands, telling how far it is. @throws Refusal */
export async function evaluate(session: Session, step: number, { estimator, k, split, seed, limit }: EvaluateRequest, link: Link): Promise<void> {
  const { dataset, experiment } = session.run;
  const n = Math.min(limit ?? Infinity, dataset.counts[split]);
  if (n === 0) refuse('bad-request', `The data set "${dataset.id}" has no ${split} split.`, { where: 'split', repair: 'Evaluate on another split.' });
  const going = estimateLogLikelihood({
    model: session.model,
    shape: dataShape(dataset, experiment.binarisation),
    estimator,
    k,
    data: slice(session.shown(split).data, 0, n),
    noise: createNoise(seed),
    ask: (key, inputs, f) => askModel(session, `${key}, seed ${seed}`, inputs, f),
  });
  let reported = performance.now();
  for (;;) {
    const { done, value } = going.next();
    if (done) {
      const bad = value.find((measure) => !Number.isFinite(measure.value));
      if (bad) refuse('not-finite', `${bad.metric} is not a finite number.`, { where: `step ${step}, ${split} split`, repair: 'The model gives an example no probability, or its training went astray.' });
      link.send({ type: 'evaluated', evaluations: value.map((measure) => ({ ...measure, split, protocol: session.protocol, step })) });
      return;
    }
    if (performance.now() - reported < reportEveryMs) continue;
    link.send({ type: 'progress', ...value });
    reported = performance.now();
    await link.breathe();
  }
}
