"""JAX: one jitted call a step, or `scan`, many steps a call; Adam of optax, state donated. Images NHWC."""
import functools

from shared import Inputs, arguments, measure, report

import jax
import jax.numpy as jnp
import optax
from jax import lax

from workloads import Workloads

options = arguments(['jit', 'scan'])
inputs = Inputs(options.inputs)
ORDER = ('NHWC', 'HWIO', 'NHWC')


class Ops:
    exp, log, tanh, sigmoid, relu, round, floor, clip = jnp.exp, jnp.log, jnp.tanh, jax.nn.sigmoid, jax.nn.relu, jnp.round, jnp.floor, jnp.clip
    sum, mean, logsumexp, reshape, inverse = jnp.sum, jnp.mean, jax.nn.logsumexp, jnp.reshape, jnp.linalg.inv

    columns = staticmethod(lambda x: jnp.split(x, 2, -1))
    channels = columns
    rows = staticmethod(lambda x: jnp.split(x, 2, 0))
    join = staticmethod(lambda *parts: jnp.concatenate(parts, -1))
    stack_rows = staticmethod(lambda *parts: jnp.concatenate(parts, 0))
    per_channel = staticmethod(lambda x: x)
    repeated = staticmethod(lambda x, batch: jnp.broadcast_to(x, (batch, *x.shape[1:])))
    matrix = staticmethod(lambda p, name: p[f'{name}/kernel'])
    image = staticmethod(lambda x, height, width, channels: x.reshape(-1, height, width, channels))
    cross_entropy = staticmethod(lambda logits, x: jnp.maximum(logits, 0) - logits * x + jnp.log1p(jnp.exp(-jnp.abs(logits))))
    total_cross_entropy = staticmethod(lambda logits, x: Ops.cross_entropy(logits, x).sum())

    dense = staticmethod(lambda p, name, x: x @ p[f'{name}/kernel'] + p[f'{name}/bias'])
    upsample = staticmethod(lambda p, name, x: lax.conv_transpose(x, p[f'{name}/kernel'], (2, 2), 'SAME', dimension_numbers=ORDER, transpose_kernel=True) + p[f'{name}/bias'])
    mix = staticmethod(lambda x, matrix: x @ matrix)

    @staticmethod
    def conv(p, name, x, stride=1, padding='SAME'):
        sums = lax.conv_general_dilated(x, p[f'{name}/kernel'], (stride, stride), padding, dimension_numbers=ORDER)
        return sums + p.get(f'{name}/bias', 0.)

    causal = staticmethod(lambda p, name, x, vertically, horizontally: Ops.conv(p, name, x, 1, (vertically, horizontally)))

    @staticmethod
    def squeeze(x):
        b, h, w, c = x.shape
        return x.reshape(b, h // 2, 2, w // 2, 2, c).transpose(0, 1, 3, 2, 4, 5).reshape(b, h // 2, w // 2, 4 * c)

    @staticmethod
    def unsqueeze(x):
        b, h, w, c = x.shape
        return x.reshape(b, h, w, 2, 2, c // 4).transpose(0, 1, 3, 2, 4, 5).reshape(b, 2 * h, 2 * w, c // 4)

    @staticmethod
    def integrate(step, p, x, steps):
        def advance(state, t):
            x, change = step(p, state[0], t)
            return (x, state[1] + change), None

        return lax.scan(advance, (x, jnp.zeros(x.shape[0])), jnp.arange(steps, dtype='float32') / steps, unroll=steps)[0]


parameters = jax.tree.map(jnp.asarray, inputs.parameters)
workloads = Workloads(Ops, jax.tree.map(jnp.asarray, inputs.constants))
loss = workloads.loss(options.workload)
adam = optax.adam(1e-3, b1=0.9, b2=0.999, eps=1e-8)


def update(parameters, state, x, noise):
    value, gradients = jax.value_and_grad(loss)(parameters, x, noise)
    changes, state = adam.update(gradients, state, parameters)
    return optax.apply_updates(parameters, changes), state, value


def train():
    data = jnp.asarray(inputs.data)
    kinds = [(name, jax.random.normal if name in inputs.normal else jax.random.uniform, x.shape) for name, x in inputs.noise.items()]

    def step(carried, _, data):
        parameters, state, key = carried
        key, rows, *keys = jax.random.split(key, 2 + len(kinds))
        x = data[jax.random.randint(rows, (inputs.batch,), 0, len(data))]
        parameters, state, value = update(parameters, state, x, {name: draw(k, shape) for k, (name, draw, shape) in zip(keys, kinds)})
        return (parameters, state, key), value

    calls = 50 if options.mode == 'scan' else 1

    @functools.partial(jax.jit, donate_argnums=0)
    def run(carried, data):
        if calls == 1:
            return step(carried, None, data)
        carried, values = lax.scan(functools.partial(step, data=data), carried, None, length=calls)
        return carried, values[-1]

    carried = (parameters, adam.init(parameters), jax.random.key(0))

    def one():
        nonlocal carried
        carried, value = run(carried, data)
        return float(value)

    return measure(one, options.seconds, calls, 10 if calls == 1 else 3)


def sample():
    keys = iter(jax.random.split(jax.random.key(1), 100_000))
    if options.workload == 'W1':
        run, z = jax.jit(workloads.sample_W1), jax.random.normal(next(keys), (400, 20))
        return measure(lambda: float(run(parameters, z)[0, 0]), options.seconds)
    if options.workload == 'W6':
        run = jax.jit(lambda p, key: workloads.sample_W6(p, jax.random.normal(key, (16, 8, 8, 24)), jax.random.normal(jax.random.fold_in(key, 1), (16, 16, 16, 6))).mean())
        return measure(lambda: float(run(parameters, next(keys))), options.seconds)

    @jax.jit
    def images(p, key):
        uniforms = jax.random.uniform(key, (784, 16, 1, 1, 1))

        def pixel(i, x):
            place = (0, i // 28, i % 28, 0)
            likely = lax.dynamic_slice(jax.nn.sigmoid(workloads.pixel_logits(p, x)), place, (16, 1, 1, 1))
            return lax.dynamic_update_slice(x, (uniforms[i] < likely).astype('float32'), place)

        return lax.fori_loop(0, 784, pixel, jnp.zeros((16, 28, 28, 1))).mean()

    return measure(lambda: float(images(parameters, next(keys))), options.seconds, least=1)


if options.task == 'check':
    run, state, x, losses = jax.jit(update), adam.init(parameters), jnp.asarray(inputs.first_batch), []
    for _ in range(5):
        parameters, state, value = run(parameters, state, x, inputs.noise)
        losses.append(float(value))
    report(options, 'jax', losses=losses)
else:
    report(options, 'jax', **(train() if options.task == 'train' else sample()))
