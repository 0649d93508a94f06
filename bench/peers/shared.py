"""What the peers have in common: the command line, the inputs, the clock and the line that is printed. NumPy alone.

    python with_torch.py --workload W1 --mode eager --task train|check|sample --inputs W1.safetensors [--seconds 3]

prints one line of JSON: {workload, framework, mode, task, medianMs, p10, p90, compileMs, peakRssMb, loss, otherCores}; for `check` only
{workload, framework, mode, task, losses}: of five steps from the initial parameters on the first batch with the noise of the inputs.
"""
import argparse
import json
import math
import os
import resource
import struct
import sys
import time

import numpy as np

CORES = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()
LOG_2PI = math.log(2 * math.pi)


class Inputs:
    """A file of tensors that Elbo wrote: see bench/inputs.ts."""

    def __init__(self, path):
        tensors = read_safetensors(path)
        under = lambda prefix: {name[len(prefix):]: value for name, value in tensors.items() if name.startswith(prefix)}
        self.parameters, self.constants = under('parameter/'), under('constant/')
        self.constants.update(made_masks(self.constants, self.parameters), **triangles(self.constants))
        self.normal, self.uniform = under('normal/'), under('uniform/')
        self.noise = {**self.normal, **self.uniform}
        self.data, self.batch = tensors['data'], int(tensors['batch'][0])
        if not any(value.ndim == 4 for value in self.parameters.values()):  # nets of dense layers see rows
            self.data = self.data.reshape(len(self.data), -1)
        self.first_batch = self.data[:self.batch]


def made_masks(constants, parameters):
    """MADE's, from the places of the pixels in the order; Elbo makes them in every step."""
    if 'places' not in constants:
        return {}
    [places], width = constants.pop('places'), parameters['net/dense-0/bias'].size
    degrees = 1 + np.arange(width) * (places.size - 1) // width
    return {'net/dense-0/mask': np.float32(degrees >= places[:, None]), 'net/output/mask': np.float32(places > degrees[:, None])}


def triangles(constants):
    """What makes Glow's matrices triangular."""
    sizes = {len(value) for name, value in constants.items() if name.endswith('/permutation')}
    parts = lambda size: {f'below{size}': np.tri(size, k=-1, dtype='f'), f'above{size}': np.tri(size, k=-1, dtype='f').T.copy(), f'identity{size}': np.eye(size, dtype='f')}
    return {name: value for size in sizes for name, value in parts(size).items()}


def read_safetensors(path):
    with open(path, 'rb') as file:
        header = json.loads(file.read(struct.unpack('<Q', file.read(8))[0]))
        values = file.read()
    types = {'F32': np.float32, 'I32': np.int32}
    return {name: np.frombuffer(values[slice(*entry['data_offsets'])], types[entry['dtype']]).reshape(entry['shape']).copy() for name, entry in header.items()}


def arguments(modes):
    parser = argparse.ArgumentParser()
    parser.add_argument('--workload', required=True)
    parser.add_argument('--mode', required=True, choices=modes)
    parser.add_argument('--task', default='train', choices=['train', 'check', 'sample'])
    parser.add_argument('--inputs', required=True)
    parser.add_argument('--seconds', type=float, default=3)
    return parser.parse_args()


def busy_seconds():
    """Processor time of the whole machine, of this process; None where the system does not tell."""
    try:
        with open('/proc/stat') as file:
            user, nice, system, _idle, _wait, *interrupts = (int(field) for field in file.readline().split()[1:9])
    except OSError:
        return None
    return (user + nice + system + sum(interrupts)) / os.sysconf('SC_CLK_TCK'), time.process_time()


def measure(one, seconds, calls=1, least=10):
    """Times `one()`, which does `calls` steps and returns the last loss as a float. The first call compiles."""
    clock = time.perf_counter
    began = clock()
    one()
    compile_ms = (clock() - began) * 1e3
    began = clock()
    while clock() - began < min(0.5, seconds / 4):
        one()
    times, before, began = [], busy_seconds(), clock()
    while clock() - began < seconds or len(times) < least:
        start = clock()
        loss = one()
        times.append((clock() - start) * 1e3 / calls)
    wall, after = clock() - began, busy_seconds()
    others = None if before is None else round(max(0, (after[0] - before[0]) - (after[1] - before[1])) / wall, 2)
    median, low, high = np.percentile(times, [50, 10, 90])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 ** 2 if sys.platform == 'darwin' else 1024)
    return dict(medianMs=round(median, 4), p10=round(low, 4), p90=round(high, 4), compileMs=round(compile_ms, 1), peakRssMb=round(peak, 1), loss=round(loss, 4), otherCores=others)


def report(options, framework, **result):
    print(json.dumps(dict(workload=options.workload, framework=framework, mode=options.mode, task=options.task, **result)), flush=True)
