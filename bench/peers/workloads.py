"""The nine losses and three samplers, on a library's own operations: `ops` says what a layer is there and in which order an image has its axes.

p: parameters, c: constants, x: a batch, e: noise by purpose. Layer lists and papers: docs/performance.md; the same in TypeScript: bench/workloads.
"""
import math

from shared import LOG_2PI

RK_STEPS = 24


class Workloads:
    def __init__(self, ops, constants):
        self.ops, self.c = ops, constants

    def loss(self, name):
        return getattr(self, f'loss_{name}')

    # --- W1 MLP VAE, W3 IWAE ------------------------------------------------------------------------------------------

    def mlp(self, p, names, x):
        for name in names[:-1]:
            x = self.ops.relu(self.ops.dense(p, name, x))
        return self.ops.dense(p, names[-1], x)

    def encode(self, p, x):
        return self.ops.columns(self.mlp(p, ['encode1', 'encode2', 'posterior'], x))

    def decode(self, p, z):
        return self.mlp(p, ['decode1', 'decode2', 'logits'], z)

    def reparameterise(self, mean, log_variance, noise):
        return mean + self.ops.exp(0.5 * log_variance) * noise

    def kl(self, mean, log_variance):
        return 0.5 * self.ops.sum(self.ops.exp(log_variance) + mean * mean - 1 - log_variance)

    def loss_W1(self, p, x, e):
        mean, log_variance = self.encode(p, x)
        z = self.reparameterise(mean, log_variance, e['z'])
        return (self.ops.total_cross_entropy(self.decode(p, z), x) + self.kl(mean, log_variance)) / x.shape[0]

    def loss_W3(self, p, x, e):
        batch, draws, latents = e['z'].shape
        mean, log_variance = (part[:, None] for part in self.encode(p, x))
        z = self.reparameterise(mean, log_variance, e['z'])
        logits = self.ops.reshape(self.decode(p, self.ops.reshape(z, (batch * draws, latents))), (batch, draws, 784))
        log_prior = 0.5 * self.ops.sum(e['z'] * e['z'] - z * z + log_variance, 2)
        log_weight = log_prior - self.ops.sum(self.ops.cross_entropy(logits, x[:, None]), 2)
        return math.log(draws) - self.ops.mean(self.ops.logsumexp(log_weight, 1))

    # --- W2 convolutional VAE -----------------------------------------------------------------------------------------

    def loss_W2(self, p, x, e):
        ops = self.ops
        h = x
        for name in ('conv1', 'conv2', 'conv3'):
            h = ops.relu(ops.conv(p, name, h, 2))
        mean, log_variance = ops.columns(self.mlp(p, ['encode', 'posterior'], ops.reshape(h, (x.shape[0], 2048))))
        z = self.reparameterise(mean, log_variance, e['z'])
        h = ops.image(ops.relu(self.mlp(p, ['decode1', 'decode2'], z)), 4, 4, 128)
        image = ops.upsample(p, 'up3', ops.relu(ops.upsample(p, 'up2', ops.relu(ops.upsample(p, 'up1', h)))))
        return (0.5 * ops.sum((x - image) ** 2) + self.kl(mean, log_variance)) / x.shape[0] + 0.5 * 3072 * LOG_2PI

    # --- W4 MADE ------------------------------------------------------------------------------------------------------

    def loss_W4(self, p, x, e):
        masked = lambda name, h: self.ops.dense({f'{name}.kernel': p[f'{name}.kernel'] * self.c[f'{name}Mask'], f'{name}.bias': p[f'{name}.bias']}, name, h)
        return self.ops.total_cross_entropy(masked('logits', self.ops.relu(masked('hidden', x))), x) / x.shape[0]

    # --- W5 RealNVP ---------------------------------------------------------------------------------------------------

    def loss_W5(self, p, x, e):
        ops = self.ops
        given, moved, log_determinant = x[:, :1], x[:, 1:], 0.
        for i in range(8):
            out = self.mlp(p, [f'{i}a', f'{i}b', f'{i}c'], given)
            log_scale = 2 * ops.tanh(out[:, :1] / 2)
            log_determinant = log_determinant + log_scale
            given, moved = moved * ops.exp(log_scale) + out[:, 1:], given
        return ops.mean(0.5 * (given * given + moved * moved) + LOG_2PI - log_determinant)

    # --- W6 Glow ------------------------------------------------------------------------------------------------------

    LEVELS = ((12, ('00', '01', '02', '03')), (24, ('10', '11', '12', '13')))

    def mixing(self, p, name, channels):
        """W = P (L + I) (U + diag(s))."""
        c = self.c
        lower = p[f'{name}.lower'] * c[f'below{channels}'] + c[f'identity{channels}']
        upper = p[f'{name}.upper'] * c[f'above{channels}'] + c[f'identity{channels}'] * (c[f'{name}.sign'] * self.ops.exp(p[f'{name}.logDiagonal']))
        return c[f'{name}.permutation'] @ lower @ upper

    def coupling(self, p, name, given):
        ops = self.ops
        logit, shift = ops.channels(ops.conv(p, f'{name}c', ops.relu(ops.conv(p, f'{name}b', ops.relu(ops.conv(p, f'{name}a', given))))))
        return logit + 2, shift

    def loss_W6(self, p, x, e):
        ops, batch = self.ops, x.shape[0]
        x = x + e['dequantisation'] / 256 - 0.5
        energy = shared = 0.
        for channels, steps in self.LEVELS:
            x = ops.squeeze(x)
            pixels = 256 if channels == 12 else 64
            for name in steps:
                x = (x + ops.per_channel(p[f'{name}.shift'])) * ops.per_channel(ops.exp(p[f'{name}.logScale']))
                x = ops.mix(x, self.mixing(p, name, channels))
                shared = shared + pixels * (ops.sum(p[f'{name}.logScale']) + ops.sum(p[f'{name}.logDiagonal']))
                given, moved = ops.channels(x)
                logit, shift = self.coupling(p, name, given)
                energy = energy + ops.sum(ops.softplus(-logit))
                x = ops.join(given, (moved + shift) * ops.sigmoid(logit))
            if channels == 12:
                x, left = ops.channels(x)
                energy = energy + 0.5 * ops.sum(left * left)
        return (energy + 0.5 * ops.sum(x * x)) / batch - shared + 0.5 * 3072 * LOG_2PI

    def sample_W6(self, p, top, left):
        ops, x = self.ops, top
        for channels, steps in reversed(self.LEVELS):
            if channels == 12:
                x = ops.join(x, left)
            for name in reversed(steps):
                given, moved = ops.channels(x)
                logit, shift = self.coupling(p, name, given)
                x = ops.join(given, moved / ops.sigmoid(logit) - shift)
                x = ops.mix(x, ops.inverse(self.mixing(p, name, channels)))
                x = x * ops.per_channel(ops.exp(-p[f'{name}.logScale'])) - ops.per_channel(p[f'{name}.shift'])
            x = ops.unsqueeze(x)
        return x + 0.5

    def sample_W1(self, p, z):
        return self.ops.sigmoid(self.decode(p, z))

    # --- W7 gated PixelCNN --------------------------------------------------------------------------------------------

    def gate(self, x):
        u, v = self.ops.channels(x)
        return self.ops.tanh(u) * self.ops.sigmoid(v)

    def pixel_logits(self, p, x):
        """Masked kernels are cropped to what they see: the same function, less work."""
        ops = self.ops
        vertical = horizontal = x
        for i in range(6):
            reach, seen = (3, 3) if i == 0 else (1, 2)
            above = ops.causal(p, f'vertical{i}', vertical, (reach, seen - 1 - reach), (reach, reach), rows=seen)
            both = ops.causal(p, f'horizontal{i}', horizontal, (0, 0), (reach, seen - 1 - reach), columns=seen) + ops.conv(p, f'down{i}', above)
            out = ops.conv(p, f'out{i}', self.gate(both))
            vertical = self.gate(above)
            horizontal = out if i == 0 else horizontal + out
        return ops.conv(p, 'logits', ops.relu(ops.conv(p, 'last', ops.relu(horizontal))))

    def loss_W7(self, p, x, e):
        return self.ops.total_cross_entropy(self.pixel_logits(p, x), x) / x.shape[0]

    # --- W8 FFJORD ----------------------------------------------------------------------------------------------------

    def rk_step(self, p, x, t):
        """One step of Runge-Kutta 4 of the point, and of the divergence by the two directional derivatives written out."""
        ops, h = self.ops, 1 / RK_STEPS
        first, middle, last = ops.matrix(p, 'a'), ops.matrix(p, 'b'), ops.matrix(p, 'c')

        def field(x, t):
            h1 = ops.tanh(x @ first[:2] + (p['a.bias'] + first[2] * t))
            h2 = ops.tanh(h1 @ middle + p['b.bias'])
            slope1, slope2 = 1 - h1 * h1, 1 - h2 * h2
            d0, d1 = ops.rows(ops.stack_rows(slope1 * first[0], slope1 * first[1]) @ middle)
            return h2 @ last + p['c.bias'], ops.sum(slope2 * (d0 * last[:, 0] + d1 * last[:, 1]), 1)

        k1, l1 = field(x, t)
        k2, l2 = field(x + h / 2 * k1, t + h / 2)
        k3, l3 = field(x + h / 2 * k2, t + h / 2)
        k4, l4 = field(x + h * k3, t + h)
        return x + h / 6 * (k1 + 2 * (k2 + k3) + k4), h / 6 * (l1 + 2 * (l2 + l3) + l4)

    def loss_W8(self, p, x, e):
        x, log_density = self.ops.integrate(self.rk_step, p, x, RK_STEPS)
        return self.ops.mean(0.5 * self.ops.sum(x * x, 1) + LOG_2PI - log_density)

    # --- W9 hierarchical VAE ------------------------------------------------------------------------------------------

    def residual(self, p, name, x):
        ops = self.ops
        return x + ops.conv(p, f'{name}b', ops.relu(ops.conv(p, f'{name}a', ops.relu(x))))

    def loss_W9(self, p, x, e):
        ops = self.ops
        seen = {}
        h = x
        for level in (1, 2, 3):
            h = seen[level] = self.residual(p, f'seen{level}', ops.relu(ops.conv(p, f'down{level}', h, 2)))
        mean, log_variance = ops.channels(ops.conv(p, 'posterior3', h))
        kl = self.kl(mean, log_variance)
        made = self.residual(p, 'made3', ops.relu(ops.conv(p, 'z3', self.reparameterise(mean, log_variance, e['z3']))))
        for level in (2, 1):
            above = ops.relu(ops.upsample(p, f'up{level}', made))
            p_mean, p_log = ops.channels(ops.conv(p, f'prior{level}', above))
            q_mean, q_log = ops.channels(ops.conv(p, f'posterior{level}', ops.join(seen[level], above)))
            z = self.reparameterise(q_mean, q_log, e[f'z{level}'])
            kl = kl + 0.5 * ops.sum(p_log - q_log + (ops.exp(q_log) + (q_mean - p_mean) ** 2) * ops.exp(-p_log) - 1)
            made = self.residual(p, f'made{level}', above + ops.conv(p, f'z{level}', z))
        logits = ops.conv(p, 'logits', ops.relu(ops.upsample(p, 'up0', made)))
        return (ops.total_cross_entropy(logits, x) + kl) / x.shape[0]
