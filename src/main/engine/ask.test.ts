import { mul, scalar, tensor1d, tidy, variable, type Tensor } from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Model } from '../../ml/model';
import { askModel, takeNote } from './ask';
import type { Session } from './session';

afterEach(() => vi.restoreAllMocks());

const sessionOf = (model: Partial<Model>): Pick<Session, 'model' | 'compute'> => ({ model: { parameters: {}, ...model } as Model, compute: { backend: 'tensorflow', device: 'CPU', library: '', lowering: 'eager' } });

describe.skipIf(process.env.ELBO_BACKEND === 'wasm')('a question to a model', () => {
  it('is asked of the function once, and then of its graph, with the parameters as they are', () => {
    const weight = variable(tensor1d([1, 2]));
    const session = sessionOf({ parameters: { weight } });
    const f = vi.fn((x: Tensor) => ({ product: mul(weight, x), double: mul(x, 2) }));
    const ask = (x: number) => askModel(session, 'product', [scalar(x)], f);
    expect(ask(3)).toEqual({ product: Float32Array.of(3, 6), double: Float32Array.of(6) });
    tidy(() => weight.assign(tensor1d([5, 7])));
    expect(ask(2)).toEqual({ product: Float32Array.of(10, 14), double: Float32Array.of(4) });
    expect(f).toHaveBeenCalledTimes(1);
    weight.dispose();
  });

  it('that cannot be compiled is answered op by op each time, is said so once in the log, and to whoever asks each time', () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const session = sessionOf({});
    const f = (x: Tensor) => ({ read: mul(x, (mul(x, 2).dataSync()[0] ?? 0) > 2 ? 10 : 1) });
    expect(takeNote()).toBeUndefined();
    expect(askModel(session, 'read', [scalar(1)], f).read[0]).toBe(1);
    expect(takeNote()).toMatch(/^Answered op by op, which is slower: .*read on the host/);
    expect(takeNote()).toBeUndefined();
    expect(askModel(session, 'read', [scalar(2)], f).read[0]).toBe(20);
    expect(takeNote()).toMatch(/op by op/);
    expect(said).toHaveBeenCalledTimes(1);
    expect(said.mock.calls[0]?.[0]).toMatch(/^read .*Answered op by op, .*read on the host/);
    askModel(session, 'product', [scalar(2)], (x: Tensor) => ({ product: mul(x, 2) }));
    expect(takeNote()).toBeUndefined();
  });
});
