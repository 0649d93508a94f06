"""The nine losses and three samplers, on a library's own operations: `ops` says what a layer is there and in which order an image has its axes.

p: parameters, c: constants, x: a batch, e: noise by purpose. They are those of Elbo's registered models (src/ml/models) at the sizes in
bench/workloads.ts, under the same names; layer lists and papers: docs/performance.md.
"""
import math

from shared import LOG_2PI

RK_STEPS = 24
KINETIC = 0.01
LEAST_SCALE = 1e-3


class Workloads:
    def __init__(self, ops, constants):
        self.ops, self.c = ops, constants

    def loss(self, name):
        return getattr(self, f'loss_{name}')

    def layers(self, p, names, x):
        """Dense layers, a ReLU after each."""
        for name in names:
            x = self.ops.relu(self.ops.dense(p, name, x))
        return x

    def posterior(self, p, h):
        """Mean and log standard deviation; the log variance is kept within (-10, 10)."""
        return self.ops.dense(p, 'encoder/mean', h), 5 * self.ops.tanh(0.1 * self.ops.dense(p, 'encoder/log-variance', h))

    def kl(self, mean, log_sigma):
        return 0.5 * self.ops.sum(mean * mean + self.ops.exp(2 * log_sigma) - 2 * log_sigma - 1)

    # --- W1 MLP VAE, W3 IWAE ------------------------------------------------------------------------------------------

    def encode(self, p, x):
        return self.posterior(p, self.layers(p, ['encoder/dense-0', 'encoder/dense-1'], x))

    def decode(self, p, z):
        return self.ops.dense(p, 'decoder/output', self.layers(p, ['decoder/dense-0', 'decoder/dense-1'], z))

    def loss_W1(self, p, x, e):
        mean, log_sigma = self.encode(p, x)
        z = mean + self.ops.exp(log_sigma) * e['posterior']
        return (self.ops.total_cross_entropy(self.decode(p, z), x) + self.kl(mean, log_sigma)) / x.shape[0]

    def sample_W1(self, p, z):
        return self.ops.sigmoid(self.decode(p, z))

    def loss_W3(self, p, x, e):
        ops, (batch, pixels) = self.ops, x.shape
        draws = e['posterior'].shape[0] // batch
        noise = ops.reshape(e['posterior'], (draws, batch, -1))
        mean, log_sigma = self.encode(p, x)
        z = mean + ops.exp(log_sigma) * noise
        logits = ops.reshape(self.decode(p, ops.reshape(z, (draws * batch, -1))), (draws, batch, pixels))
        log_ratio = ops.sum(0.5 * (noise * noise - z * z) + log_sigma, 2)  # log p(z) - log q(z|x)
        log_weight = log_ratio - ops.sum(ops.cross_entropy(logits, x), 2)
        return math.log(draws) - ops.mean(ops.logsumexp(log_weight, 0))

    # --- W2 convolutional VAE -----------------------------------------------------------------------------------------

    def loss_W2(self, p, x, e):
        ops, h = self.ops, x
        for i in range(3):
            h = ops.relu(ops.conv(p, f'encoder/conv-{i}', h, 2))
        mean, log_sigma = self.posterior(p, ops.reshape(h, (x.shape[0], 2048)))
        z = mean + ops.exp(log_sigma) * e['posterior']
        h = ops.image(self.layers(p, ['decoder/dense-0'], z), 4, 4, 128)
        for i in (2, 1):
            h = ops.relu(ops.upsample(p, f'decoder/conv-{i}', h))
        error = x - ops.sigmoid(ops.upsample(p, 'decoder/output', h))
        return (0.5 * ops.sum(error * error) + self.kl(mean, log_sigma)) / x.shape[0] + 0.5 * 3072 * LOG_2PI

    # --- W4 MADE ------------------------------------------------------------------------------------------------------

    def loss_W4(self, p, x, e):
        masked = lambda name, h: self.ops.dense({f'{name}/kernel': p[f'{name}/kernel'] * self.c[f'{name}/mask'], f'{name}/bias': p[f'{name}/bias']}, name, h)
        return self.ops.total_cross_entropy(masked('net/output', self.ops.relu(masked('net/dense-0', x))), x) / x.shape[0]

    # --- W5 RealNVP ---------------------------------------------------------------------------------------------------

    def loss_W5(self, p, x, e):
        ops, log_determinant = self.ops, 0.
        for i in range(8):
            name = f'layer-{i}'
            log_scale = 3 * p[f'{name}/actnorm/log-scale']
            x = (x + p[f'{name}/actnorm/bias']) * ops.exp(log_scale)
            first, second = x[:, :1], x[:, 1:]
            given, moved = (second, first) if i % 2 else (first, second)
            out = ops.dense(p, f'{name}/output', self.layers(p, [f'{name}/dense-0', f'{name}/dense-1'], given))
            coupled = 2 * ops.tanh(out[:, :1] / 2)
            moved = moved * ops.exp(coupled) + out[:, 1:]
            log_determinant = log_determinant + coupled + ops.sum(log_scale)
            x = ops.join(moved, given) if i % 2 else ops.join(given, moved)
        return 0.5 * ops.sum(x * x) / x.shape[0] + LOG_2PI - ops.mean(log_determinant)

    # --- W6 Glow ------------------------------------------------------------------------------------------------------

    LEVELS = ((12, [f'level-1/step-{i}' for i in (1, 2, 3, 4)]), (24, [f'level-2/step-{i}' for i in (1, 2, 3, 4)]))

    def mixing(self, p, name, channels):
        """W = P (L + I) (U + diag(s))."""
        c = self.c
        lower = p[f'{name}/mixing/lower'] * c[f'below{channels}'] + c[f'identity{channels}']
        upper = p[f'{name}/mixing/upper'] * c[f'above{channels}'] + c[f'identity{channels}'] * (c[f'{name}/mixing/sign'] * self.ops.exp(p[f'{name}/mixing/log-scale']))
        return c[f'{name}/mixing/permutation'] @ lower @ upper

    def scaled_conv(self, p, name, x):
        return self.ops.conv(p, name, x) * self.ops.per_channel(self.ops.exp(3 * p[f'{name}/log-scale']))

    def normalised(self, p, name, x):
        """A convolution without a bias, activation normalisation, ReLU."""
        ops = self.ops
        bias, log_scale = (ops.per_channel(p[f'{name}/actnorm/{part}']) for part in ('bias', 'log-scale'))
        return ops.relu((ops.conv(p, name, x) + bias) * ops.exp(3 * log_scale))

    def coupling(self, p, name, given):
        ops = self.ops
        h = self.normalised(p, f'{name}/coupling/second', self.normalised(p, f'{name}/coupling/first', given))
        shift, logit = ops.channels(self.scaled_conv(p, f'{name}/coupling/last', h))
        return shift, ops.sigmoid(logit + 2) * (1 - LEAST_SCALE) + LEAST_SCALE

    def prior(self, p, x):
        """Of the half that leaves, from the half that goes on."""
        mean, log_scale = self.ops.channels(self.scaled_conv(p, 'level-1/prior', x))
        return mean, 3 * self.ops.tanh(log_scale / 3)

    def loss_W6(self, p, x, e):
        ops, batch = self.ops, x.shape[0]
        x = (ops.round(x * 255) + e['dequantise']) / 256 - 0.5
        energy = 0.
        shared = -64 * ops.sum(p['top-prior/log-scale'])
        for channels, steps in self.LEVELS:
            x = ops.squeeze(x)
            pixels = 256 if channels == 12 else 64
            for name in steps:
                log_scale = 3 * p[f'{name}/actnorm/log-scale']
                x = (x + ops.per_channel(p[f'{name}/actnorm/bias'])) * ops.per_channel(ops.exp(log_scale))
                x = ops.mix(x, self.mixing(p, name, channels))
                shared = shared + pixels * (ops.sum(log_scale) + ops.sum(p[f'{name}/mixing/log-scale']))
                given, moved = ops.channels(x)
                shift, scale = self.coupling(p, name, given)
                energy = energy - ops.sum(ops.log(scale))
                x = ops.join(given, (moved + shift) * scale)
            if channels == 12:
                x, left = ops.channels(x)
                mean, log_scale = self.prior(p, x)
                left = (left - mean) * ops.exp(-log_scale)
                energy = energy + ops.sum(log_scale + 0.5 * left * left)
        x = (x - ops.per_channel(p['top-prior/mean'])) * ops.per_channel(ops.exp(-p['top-prior/log-scale']))
        return (energy + 0.5 * ops.sum(x * x)) / batch - shared + 3072 * (0.5 * LOG_2PI + math.log(256))

    def sample_W6(self, p, top, left):
        ops = self.ops
        x = top * ops.per_channel(ops.exp(p['top-prior/log-scale'])) + ops.per_channel(p['top-prior/mean'])
        for channels, steps in reversed(self.LEVELS):
            if channels == 12:
                mean, log_scale = self.prior(p, x)
                x = ops.join(x, left * ops.exp(log_scale) + mean)
            for name in reversed(steps):
                given, moved = ops.channels(x)
                shift, scale = self.coupling(p, name, given)
                x = ops.mix(ops.join(given, moved / scale - shift), ops.inverse(self.mixing(p, name, channels)))
                x = x * ops.per_channel(ops.exp(-3 * p[f'{name}/actnorm/log-scale'])) - ops.per_channel(p[f'{name}/actnorm/bias'])
            x = ops.unsqueeze(x)
        return ops.clip(ops.floor(256 * (x + 0.5)), 0, 255) / 255

    # --- W7 gated PixelCNN --------------------------------------------------------------------------------------------

    def gate(self, x):
        u, v = self.ops.channels(x)
        return self.ops.tanh(u) * self.ops.sigmoid(v)

    def pixel_logits(self, p, x):
        """Kernels have no more rows and columns than what they may see."""
        ops = self.ops
        vertical = horizontal = x
        skips = 0.
        for i in range(6):
            reach, own = (3, -1) if i == 0 else (1, 0)
            above = ops.causal(p, f'block-{i}/vertical', vertical, (reach, own), (reach, reach))
            both = ops.causal(p, f'block-{i}/horizontal', horizontal, (0, 0), (reach, own)) + ops.conv(p, f'block-{i}/to-horizontal', above)
            gated = self.gate(both)
            skips = skips + ops.conv(p, f'block-{i}/skip', gated)
            if i < 5:
                vertical, out = self.gate(above), ops.conv(p, f'block-{i}/residual', gated)
                horizontal = out if i == 0 else horizontal + out
        return ops.conv(p, 'head/output', ops.relu(ops.conv(p, 'head/hidden', ops.relu(skips))))

    def loss_W7(self, p, x, e):
        return self.ops.total_cross_entropy(self.pixel_logits(p, x), x) / x.shape[0]

    # --- W8 FFJORD ----------------------------------------------------------------------------------------------------

    def rk_step(self, p, x, t):
        """One step of Runge-Kutta 4 of the point, and of the divergence less the kinetic penalty; the two directional derivatives are written out."""
        ops, h = self.ops, 1 / RK_STEPS
        names = [f'field/layer-{i}' for i in range(3)]
        first, middle, last = (ops.matrix(p, name) for name in names)

        def field(x, t):
            gates = [ops.sigmoid(p[f'{name}/gate'] * t + p[f'{name}/gate-bias']) for name in names]
            layer = lambda i, x, matrix: (x @ matrix + p[f'{names[i]}/bias']) * gates[i] + p[f'{names[i]}/drift'] * t
            h1 = ops.tanh(layer(0, x, first))
            h2 = ops.tanh(layer(1, h1, middle))
            velocity = layer(2, h2, last)
            slope1, slope2 = (1 - h1 * h1) * gates[0], (1 - h2 * h2) * gates[1]
            d0, d1 = ops.rows(ops.stack_rows(slope1 * first[0], slope1 * first[1]) @ middle)
            ends = last * gates[2]
            divergence = ops.sum(slope2 * (d0 * ends[:, 0] + d1 * ends[:, 1]), 1)
            return velocity, divergence - KINETIC * ops.sum(velocity * velocity, 1)

        k1, l1 = field(x, t)
        k2, l2 = field(x + h / 2 * k1, t + h / 2)
        k3, l3 = field(x + h / 2 * k2, t + h / 2)
        k4, l4 = field(x + h * k3, t + h)
        return x + h / 6 * (k1 + 2 * (k2 + k3) + k4), h / 6 * (l1 + 2 * (l2 + l3) + l4)

    def loss_W8(self, p, x, e):
        ops, log_scale = self.ops, 3 * p['actnorm/log-scale']
        x, gained = ops.integrate(self.rk_step, p, (x + p['actnorm/bias']) * ops.exp(log_scale), RK_STEPS)
        return ops.mean(0.5 * ops.sum(x * x, 1) + LOG_2PI - gained) - ops.sum(log_scale)

    # --- W9 hierarchical VAE ------------------------------------------------------------------------------------------

    def residual(self, p, name, x):
        ops = self.ops
        return x + ops.conv(p, f'{name}/second', ops.tanh(ops.conv(p, f'{name}/first', ops.tanh(x))))

    def within_five(self, raw):
        return 5 * self.ops.tanh(0.2 * raw)

    def loss_W9(self, p, x, e):
        ops = self.ops
        seen = [ops.conv(p, 'encoder/first', x)]
        for i in range(3):
            seen.append(self.residual(p, f'encoder/block-{i}', ops.conv(p, f'encoder/halve-{i}', seen[-1], 2)))
        h, kl = ops.repeated(p['decoder/start'], x.shape[0]), 0.
        for level, scale in ((1, 3), (2, 2), (3, 1)):
            name = f'level-{level}'
            mean = raw = log_sigma = 0.
            if level > 1:
                h = ops.tanh(ops.upsample(p, f'decoder/double-{scale}', h))
                mean, raw = ops.channels(ops.conv(p, f'{name}/prior', h))
                log_sigma = self.within_five(raw)
            merged = self.residual(p, f'{name}/posterior/block', ops.conv(p, f'{name}/posterior/merge', ops.join(h, seen[scale])))
            shift, change = ops.channels(ops.conv(p, f'{name}/posterior/change', merged))
            posterior_log_sigma = self.within_five(raw + change)
            z = mean + shift + ops.exp(posterior_log_sigma) * e[f'posterior/{level - 1}']
            distance = shift if level == 1 else shift * ops.exp(-log_sigma)
            kl = kl + self.kl(distance, posterior_log_sigma - log_sigma)
            h = self.residual(p, f'{name}/block', h + ops.conv(p, f'{name}/into', z))
        logits = ops.conv(p, 'decoder/output', ops.tanh(ops.upsample(p, 'decoder/double-0', h)))
        return (ops.total_cross_entropy(logits, x) + kl) / x.shape[0]
