import { gather, tensor1d, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import { affineDecoder, type LinearGaussian } from '../../../ml/estimators/linear-gaussian';
import { joined } from '../../../ml/joined';
import { plainPosterior } from '../../../ml/model';
import { readValues } from '../../../ml/read';
import { posteriorsOf } from '../answers/codes';
import { examplesOf, need, portions, rowsOf } from '../answers/examples';
import { askModel } from '../ask';
import type { Session } from '../session';

/** Numbers in an example. */
export const exampleSize = ({ run: { dataset } }: Session): number => dataset.height * dataset.width * dataset.channels;

/** The first `count` examples on the host, row-major. */
export function valuesOf(data: Tensor4D, count: number): Float32Array {
  const rows = rowsOf(data, 0, count);
  const values = rows.dataSync<'float32'>();
  rows.dispose();
  return values;
}

/** The examples of some rows on the host, row-major. */
export const valuesAt = (data: Tensor4D, rows: Int32Array): Float32Array => readValues(() => ({ values: gather(data, tensor1d(rows, 'int32')) })).values;

/** Means of q(z|x) of the first `count` examples, and standard deviations where it has them, row-major. */
export function codesOf(session: Session, data: Tensor4D, count: number): { means: Float32Array; deviations: Float32Array; size: number } {
  const encode = need(session, 'encode');
  const parts = portions(session, count).map(([first, rows]) =>
    askModel(session, 'encode', [rowsOf(data, first, rows)], (x): Record<string, Tensor> => {
      const posterior = encode(x);
      const standardDeviation = posterior.standardDeviation?.();
      return { mean: posterior.mean(), ...(standardDeviation && { standardDeviation }) };
    }),
  );
  const means = joined(parts.flatMap(({ mean }) => mean ?? []));
  return { means, deviations: joined(parts.flatMap(({ standardDeviation }) => standardDeviation ?? [])), size: means.length / count };
}

/** What the means of `codesOf` are. */
export function codesName({ model: { posterior = plainPosterior, abilities } }: Session): string {
  if (!abilities.elbo) return 'codes';
  const { mean, origin } = posterior;
  return `${mean === plainPosterior.mean ? 'posterior means' : `codes, each ${mean}`}${origin ? `, ${origin}` : ''}`;
}

/** The same of posteriors that are independent normals. @throws Refusal where they are not */
export function normalCodesOf(session: Session, data: Tensor4D, count: number): ReturnType<typeof codesOf> {
  const posteriors = posteriorsOf(session, examplesOf(data, count));
  return 'means' in posteriors && !posteriors.mixture ? posteriors : refuse('bad-request', 'This takes posteriors of independent normals, and these are others.', { where: 'measure' });
}

/** The model as a linear-Gaussian one. @throws Refusal where it is none */
export const linearGaussianOf = ({ model }: Session): LinearGaussian =>
  affineDecoder(model.abilities, model.latentSize) ?? refuse('bad-request', 'This takes a decoder that is affine in a standard normal code, with a normal likelihood.', { where: 'measure', repair: 'Train linear-gaussian, ppca or linear-vae.' });
