"""PyTorch: eager, or the loss compiled by inductor; Adam(fused=True) in both. Images NCHW, kernels as PyTorch has them."""
import os

from shared import CORES, Inputs, arguments, measure, report

os.environ['OMP_NUM_THREADS'] = os.environ['MKL_NUM_THREADS'] = str(CORES)
import numpy as np
import torch
import torch.nn.functional as F

from workloads import Workloads

options = arguments(['eager', 'compile'])
torch.set_num_threads(CORES)
inputs = Inputs(options.inputs)


def tensor(x):
    """NHWC to NCHW, where it is an image."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(x, -1, 1) if x.ndim == 4 else x))


def parameter(name, x):
    if options.workload == 'W2':  # PyTorch flattens channels first
        if name in ('encoder/mean/kernel', 'encoder/log-variance/kernel'):
            x = x.reshape(4, 4, 128, -1).transpose(2, 0, 1, 3).reshape(2048, -1)
        if name.startswith('decoder/dense-0'):
            x = np.moveaxis(x.reshape(-1, 4, 4, 128), 3, 1).reshape(*x.shape)
    if not name.endswith('/kernel'):
        return tensor(x).requires_grad_()
    # (in, out) to (out, in); (height, width, in, out) to (out, in, height, width)
    return torch.from_numpy(np.ascontiguousarray(x.transpose(3, 2, 0, 1) if x.ndim == 4 else x.T)).requires_grad_()


class Ops:
    exp, log, tanh, sigmoid, relu, round, floor, clip = torch.exp, torch.log, torch.tanh, torch.sigmoid, F.relu, torch.round, torch.floor, torch.clamp
    mean, logsumexp, reshape, inverse = torch.mean, torch.logsumexp, torch.reshape, torch.linalg.inv
    advance = None

    sum = staticmethod(lambda x, axis=None: x.sum() if axis is None else x.sum(axis))
    columns = staticmethod(lambda x: x.chunk(2, 1))
    channels = columns
    rows = staticmethod(lambda x: x.chunk(2, 0))
    join = staticmethod(lambda *parts: torch.cat(parts, 1))
    stack_rows = staticmethod(lambda *parts: torch.cat(parts, 0))
    per_channel = staticmethod(lambda x: x.view(1, -1, 1, 1))
    repeated = staticmethod(lambda x, batch: x.expand(batch, -1, -1, -1))
    matrix = staticmethod(lambda p, name: p[f'{name}/kernel'].t())
    image = staticmethod(lambda x, height, width, channels: x.reshape(-1, channels, height, width))
    cross_entropy = staticmethod(lambda logits, x: F.softplus(logits) - x * logits)
    total_cross_entropy = staticmethod(lambda logits, x: F.binary_cross_entropy_with_logits(logits, x, reduction='sum'))

    dense = staticmethod(lambda p, name, x: F.linear(x, p[f'{name}/kernel'], p[f'{name}/bias']))
    upsample = staticmethod(lambda p, name, x: F.conv_transpose2d(x, p[f'{name}/kernel'], p[f'{name}/bias'], 2, 1))
    mix = staticmethod(lambda x, matrix: F.conv2d(x, matrix.t()[:, :, None, None]))

    @staticmethod
    def conv(p, name, x, stride=1):
        kernel = p[f'{name}/kernel']
        return F.conv2d(x, kernel, p.get(f'{name}/bias'), stride, (kernel.shape[-1] - 1) // 2)

    causal = staticmethod(lambda p, name, x, vertically, horizontally: F.conv2d(F.pad(x, (*horizontally, *vertically)), p[f'{name}/kernel'], p[f'{name}/bias']))

    @staticmethod
    def squeeze(x):
        b, c, h, w = x.shape
        return x.view(b, c, h // 2, 2, w // 2, 2).permute(0, 3, 5, 1, 2, 4).reshape(b, 4 * c, h // 2, w // 2)

    @staticmethod
    def unsqueeze(x):
        b, c, h, w = x.shape
        return x.view(b, 2, 2, c // 4, h, w).permute(0, 3, 4, 1, 5, 2).reshape(b, c // 4, 2 * h, 2 * w)

    @classmethod
    def integrate(cls, step, p, x, steps):
        log_density = 0.
        for i in range(steps):
            x, change = (cls.advance or step)(p, x, TIMES[i])
            log_density = log_density + change
        return x, log_density


TIMES = [torch.tensor(i / 24) for i in range(24)]
parameters = {name: parameter(name, x) for name, x in inputs.parameters.items()}
constants = {name: torch.from_numpy(np.ascontiguousarray(x.T if name.endswith('/mask') else x)) for name, x in inputs.constants.items()}
workloads = Workloads(Ops, constants)
loss = workloads.loss(options.workload)
if options.mode == 'compile':
    # The whole of W8 takes inductor minutes: one step of the solver is compiled and called 24 times.
    if options.workload == 'W8':
        Ops.advance = torch.compile(workloads.rk_step)
    else:
        loss = torch.compile(loss)
adam = torch.optim.Adam(list(parameters.values()), lr=1e-3, betas=(0.9, 0.999), eps=1e-8, fused=True)


def step(x, noise):
    value = loss(parameters, x, noise)
    adam.zero_grad(set_to_none=True)
    value.backward()
    adam.step()
    return float(value.detach())


def train():
    data = tensor(inputs.data)
    shapes = [(name, draw, tensor(x).shape) for kind, draw in ((inputs.normal, torch.randn), (inputs.uniform, torch.rand)) for name, x in kind.items()]
    return measure(lambda: step(data[torch.randint(0, len(data), (inputs.batch,))], {name: draw(shape) for name, draw, shape in shapes}), options.seconds)


@torch.no_grad()
def sample():
    compiled = torch.compile if options.mode == 'compile' else lambda f: f
    if options.workload == 'W1':
        run, z = compiled(workloads.sample_W1), torch.randn(400, 20)
        return measure(lambda: float(run(parameters, z)[0, 0]), options.seconds)
    if options.workload == 'W6':
        run = compiled(workloads.sample_W6)
        return measure(lambda: float(run(parameters, torch.randn(16, 24, 8, 8), torch.randn(16, 6, 16, 16)).mean()), options.seconds)
    run = compiled(lambda p, x: torch.sigmoid(workloads.pixel_logits(p, x)))

    def images():
        x = torch.zeros(16, 1, 28, 28)
        for i in range(28):
            for j in range(28):
                x[:, :, i, j] = torch.bernoulli(run(parameters, x)[:, :, i, j])
        return float(x.mean())

    return measure(images, options.seconds, least=1)


if options.task == 'check':
    x, noise = tensor(inputs.first_batch), {name: tensor(e) for name, e in inputs.noise.items()}
    report(options, 'torch', losses=[step(x, noise) for _ in range(5)])
else:
    report(options, 'torch', **(train() if options.task == 'train' else sample()))
