"""TensorFlow from Python: the whole step in one tf.function, or in one compiled by XLA; Adam of Keras. Images NHWC."""
import os

from shared import CORES, Inputs, arguments, measure, report

os.environ.update(TF_CPP_MIN_LOG_LEVEL='3', KERAS_BACKEND='tensorflow')
import keras
import tensorflow as tf

from workloads import Workloads

options = arguments(['function', 'xla'])
tf.config.threading.set_intra_op_parallelism_threads(CORES)
tf.config.threading.set_inter_op_parallelism_threads(CORES)
inputs = Inputs(options.inputs)
xla = options.mode == 'xla'


class Ops:
    exp, log, tanh, sigmoid, relu, round, floor, clip = tf.exp, tf.math.log, tf.tanh, tf.sigmoid, tf.nn.relu, tf.round, tf.floor, tf.clip_by_value
    sum, mean, logsumexp, reshape, inverse = tf.reduce_sum, tf.reduce_mean, tf.reduce_logsumexp, tf.reshape, tf.linalg.inv

    columns = staticmethod(lambda x: tf.split(x, 2, -1))
    channels = columns
    rows = staticmethod(lambda x: tf.split(x, 2, 0))
    join = staticmethod(lambda *parts: tf.concat(parts, -1))
    stack_rows = staticmethod(lambda *parts: tf.concat(parts, 0))
    per_channel = staticmethod(lambda x: x)
    repeated = staticmethod(lambda x, batch: tf.broadcast_to(x, (batch, *x.shape[1:])))
    matrix = staticmethod(lambda p, name: p[f'{name}/kernel'])
    image = staticmethod(lambda x, height, width, channels: tf.reshape(x, (-1, height, width, channels)))
    cross_entropy = staticmethod(lambda logits, x: tf.nn.softplus(logits) - x * logits)
    total_cross_entropy = staticmethod(lambda logits, x: tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(logits=logits, labels=x)))

    dense = staticmethod(lambda p, name, x: tf.nn.bias_add(x @ p[f'{name}/kernel'], p[f'{name}/bias']))
    conv = staticmethod(lambda p, name, x, stride=1: tf.nn.conv2d(x, p[f'{name}/kernel'], stride, 'SAME') + p.get(f'{name}/bias', 0.))
    mix = staticmethod(lambda x, matrix: tf.reshape(tf.reshape(x, (-1, x.shape[-1])) @ matrix, x.shape))

    @staticmethod
    def upsample(p, name, x):
        kernel, (b, h, w, _) = p[f'{name}/kernel'], x.shape
        return tf.nn.bias_add(tf.nn.conv2d_transpose(x, kernel, (b, 2 * h, 2 * w, kernel.shape[2]), 2, 'SAME'), p[f'{name}/bias'])

    @staticmethod
    def causal(p, name, x, vertically, horizontally):
        # A negative pad leaves off the row or column that is never looked at.
        (top, bottom), (left, right) = vertically, horizontally
        x = x[:, :x.shape[1] + min(bottom, 0), :x.shape[2] + min(right, 0)]
        x = tf.pad(x, ((0, 0), (top, max(bottom, 0)), (left, max(right, 0)), (0, 0)))
        return tf.nn.bias_add(tf.nn.conv2d(x, p[f'{name}/kernel'], 1, 'VALID'), p[f'{name}/bias'])

    @staticmethod
    def squeeze(x):
        b, h, w, c = x.shape
        return tf.reshape(tf.transpose(tf.reshape(x, (b, h // 2, 2, w // 2, 2, c)), (0, 1, 3, 2, 4, 5)), (b, h // 2, w // 2, 4 * c))

    @staticmethod
    def unsqueeze(x):
        b, h, w, c = x.shape
        return tf.reshape(tf.transpose(tf.reshape(x, (b, h, w, 2, 2, c // 4)), (0, 1, 3, 2, 4, 5)), (b, 2 * h, 2 * w, c // 4))

    @staticmethod
    def integrate(step, p, x, steps):
        log_density = 0.
        for i in range(steps):
            x, change = step(p, x, i / steps)
            log_density = log_density + change
        return x, log_density


variables = {name: keras.Variable(x, name=name.replace('/', '_')) for name, x in inputs.parameters.items()}
parameters = {name: variable.value for name, variable in variables.items()}
workloads = Workloads(Ops, {name: tf.constant(x) for name, x in inputs.constants.items()})
loss = workloads.loss(options.workload)
adam = keras.optimizers.Adam(1e-3, beta_1=0.9, beta_2=0.999, epsilon=1e-8)
adam.build(list(variables.values()))


def update(x, noise):
    with tf.GradientTape() as tape:
        value = loss(parameters, x, noise)
    adam.apply(tape.gradient(value, list(parameters.values())), list(variables.values()))
    return value


def train():
    data = tf.constant(inputs.data)

    @tf.function(jit_compile=xla)
    def step(data):
        rows = tf.random.uniform((inputs.batch,), 0, data.shape[0], dtype=tf.int32)
        noise = {name: (tf.random.normal if name in inputs.normal else tf.random.uniform)(x.shape) for name, x in inputs.noise.items()}
        return update(tf.gather(data, rows), noise)

    return measure(lambda: float(step(data)), options.seconds)


def sample():
    function = tf.function(jit_compile=xla)
    if options.workload == 'W1':
        z = tf.random.normal((400, 20))
        run = function(lambda: workloads.sample_W1(parameters, z))
        return measure(lambda: float(run()[0, 0]), options.seconds)
    if options.workload == 'W6':
        run = function(lambda: tf.reduce_mean(workloads.sample_W6(parameters, tf.random.normal((16, 8, 8, 24)), tf.random.normal((16, 16, 16, 6)))))
        return measure(lambda: float(run()), options.seconds)

    @function
    def images():
        x = tf.zeros((784, 16))
        for i in tf.range(784):
            logits = workloads.pixel_logits(parameters, tf.reshape(tf.transpose(x), (16, 28, 28, 1)))
            likely = tf.sigmoid(tf.reshape(logits, (16, 784))[:, i])
            drawn = tf.cast(tf.random.uniform((16,)) < likely, tf.float32)
            x = tf.tensor_scatter_nd_update(x, [[i]], drawn[None])
        return tf.reduce_mean(x)

    return measure(lambda: float(images()), options.seconds, least=1)


if options.task == 'check':
    run = tf.function(update, jit_compile=xla)
    x, noise = tf.constant(inputs.first_batch), {name: tf.constant(e) for name, e in inputs.noise.items()}
    report(options, 'tensorflow', losses=[float(run(x, noise)) for _ in range(5)])
else:
    report(options, 'tensorflow', **(train() if options.task == 'train' else sample()))
