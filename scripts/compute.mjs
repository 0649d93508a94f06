import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inModules, lastLines, whatFailed, node24, root, run, seconds } from './run.mjs';

// Finds or fetches the TensorFlow that models train with, builds tfjs-node's binding against it, and leaves a note of what
// was chosen and why, which `elbo doctor` reads. Nothing here is needed: without it models train on WebAssembly, slower.

const tensorflowVersion = '2.21.0';
const measuredVersions = /^2\.(1[6-9]|2[01])\./;
const downloadMinutes = 20;
const pythonTag = { version: '3.12', abi: 'cp312' };

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'elbo');
export const noteFile = join(cache, 'compute.json');
const packageFolder = inModules('@tensorflow', 'tfjs-node-gpu');
const installedBinding = join(packageFolder, 'lib', 'napi-v8', 'tfjs_binding.node');
const libraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

/**
 * @param {Promise<void>} packages settles when node_modules is there; what can be done before is
 * @param {{ again?: boolean }} [options] again: look anew although a day has not passed since nothing was found
 * @returns {Promise<{ source: string, why: string }>} the note
 */
export async function prepareCompute(packages, { again = false } = {}) {
  const gpu = (await run('nvidia-smi', ['-L'], { minutes: 0.2 })).code === 0;
  const known = readNote();
  if (known && known.gpu === gpu && isUsable(known, again)) {
    await packages;
    if (known.binding) install(known.binding);
    return known;
  }
  mkdirSync(cache, { recursive: true });
  removeLeftovers();
  const reasons = [];
  let slower;
  for (const find of [ownPython, pip, tfjsDownload]) {
    const found = await find(gpu, packages).catch((error) => ({ reason: error.message }));
    const loaded = found.reason ? found : await verify(found);
    if (loaded.reason) {
      reasons.push(loaded.reason);
      console.log(`  ${loaded.reason}`);
    } else if (gpu && loaded.device === 'CPU' && find !== tfjsDownload) {
      slower ??= loaded;
      reasons.push(`${found.source} does not use the GPU.`);
    } else return note({ ...loaded, gpu, why: [found.why, ...reasons].join(' ') });
  }
  if (slower) return note({ ...(await verify(slower)), gpu, why: reasons.join(' ') });
  rmSync(installedBinding, { force: true });
  return note({ library: null, version: null, path: null, device: 'CPU', source: 'WebAssembly', binding: null, gpu, why: reasons.join(' ') });
}

function readNote() {
  try {
    return JSON.parse(readFileSync(noteFile, 'utf8'));
  } catch {
    return null;
  }
}

const dayMs = 86_400_000;
const isUsable = (known, again) => (known.source === 'WebAssembly' ? !again && Date.now() - Date.parse(known.at) < dayMs : existsSync(known.path) && existsSync(known.binding));

function note(facts) {
  const written = { ...facts, at: new Date().toISOString() };
  replaceFile(noteFile, JSON.stringify(written, null, 2));
  return written;
}

/** Whole or not at all, whoever else writes it. */
function replaceFile(path, content) {
  const beside = `${path}.${process.pid}`;
  if (typeof content === 'string') writeFileSync(beside, content);
  else copyFileSync(content.from, beside);
  renameSync(beside, path);
}

function install(binding) {
  const bytes = readFileSync(binding);
  if (existsSync(installedBinding) && bytes.equals(readFileSync(installedBinding))) return;
  mkdirSync(dirname(installedBinding), { recursive: true });
  replaceFile(installedBinding, { from: binding });
}

// --- where a TensorFlow may come from --------------------------------------------------------------------------------

/** In the Python that is first on the path. */
async function ownPython(gpu, packages) {
  const { code, output } = await run('python3', ['-c', findInPython], { minutes: 0.5, cwd: homedir() });
  if (code === 127) return { reason: 'There is no python3 to look for a TensorFlow in.' };
  const own = code === 0 && JSON.parse(output.trim().split('\n').at(-1));
  if (!own) return { reason: "The first python3 on the path has no TensorFlow." };
  if (!measuredVersions.test(own.version)) return { reason: `TensorFlow ${own.version} in ${own.folder} is not one of those that the binding is known to work with (2.16 to 2.21).` };
  if (!libraries.every((name) => existsSync(join(own.folder, name)))) return { reason: `TensorFlow ${own.version} in ${own.folder} has no shared library of its own.` };
  const name = `own-${own.version}-${createHash('sha256').update(own.folder).digest('hex').slice(0, 8)}`;
  const folder = await libraryFolder(name, packages, async (to) => {
    for (const file of libraries) symlinkSync(join(own.folder, file), join(to, file));
    symlinkSync(join(own.folder, 'include'), join(to, 'include'));
    for (const lib of own.nvidia) linkAll(lib, to);
  });
  return { ...folder, version: own.version, path: own.folder, source: 'your own Python', why: `TensorFlow ${own.version} was found in ${own.folder}.` };
}

const findInPython = `
import glob, importlib.metadata, importlib.util, json, os
spec = importlib.util.find_spec('tensorflow')
found = None
if spec and spec.submodule_search_locations:
    folder = list(spec.submodule_search_locations)[0]
    version = ''
    for name in ('tensorflow', 'tensorflow-cpu'):
        try: version = version or importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError: pass
    found = dict(folder=folder, version=version, nvidia=sorted(glob.glob(os.path.join(os.path.dirname(folder), 'nvidia', '*', 'lib'))))
print(json.dumps(found))`;

/** From the Python package index, into the cache; only what the binding needs is kept. */
async function pip(gpu, packages) {
  const architecture = { x64: 'x86_64', arm64: 'aarch64' }[process.arch];
  if (process.platform !== 'linux' || !architecture) return { reason: `TensorFlow's wheels are used on Linux only; this is ${process.platform} ${process.arch}.` };
  const pip = await findPip();
  if (!pip) return { reason: 'There is no pip to fetch TensorFlow with (Debian: apt install python3-pip).' };
  const cuda = gpu && architecture === 'x86_64';
  const wanted = architecture === 'x86_64' && !cuda ? 'tensorflow-cpu' : 'tensorflow';
  const folder = await libraryFolder(`${wanted}-${tensorflowVersion}${cuda ? '-cuda' : ''}`, packages, async (to) => {
    const wheels = join(to, 'wheels');
    const download = async (what) => {
      const before = new Set(existsSync(wheels) ? readdirSync(wheels) : []);
      const common = ['download', '-q', '--no-deps', '--no-cache-dir', '--only-binary=:all:', '--implementation', 'cp', '--python-version', pythonTag.version, '--abi', pythonTag.abi, '--abi', 'none', '-d', wheels];
      // Oldest first: pip takes exact tags only.
      const platforms = ['manylinux1', 'manylinux2010', 'manylinux2014', 'manylinux_2_17', 'manylinux_2_27', 'manylinux_2_28'].flatMap((tag) => ['--platform', `${tag}_${architecture}`]);
      const watch = watchDownload(what, to);
      const { code, output } = await run(pip[0], [...pip.slice(1), ...common, ...platforms, what], { minutes: downloadMinutes, env: { TMPDIR: to } });
      watch.stop();
      if (code !== 0) throw new Error(`pip could not fetch ${what}: ${whatFailed(output)}`);
      return readdirSync(wheels).filter((wheel) => !before.has(wheel)).map((wheel) => join(wheels, wheel));
    };
    const [wheel] = await download(`${wanted}==${tensorflowVersion}`);
    const needs = await unpack(wheel, to, 'tensorflow/', [...libraries, 'include/tensorflow/c/*', 'include/tensorflow/core/platform/ctstring*', 'include/*tsl/platform/*', 'include/*tsl/c/*']);
    if (cuda) for (const need of needs) for (const nvidia of await download(need)) await unpack(nvidia, to, 'nvidia/*/lib/', ['*.so*']);
    rmSync(wheels, { recursive: true });
  });
  return { ...folder, version: tensorflowVersion, path: folder.folder, source: 'the Python package index', why: `TensorFlow ${tensorflowVersion} was fetched with pip.` };
}

async function findPip() {
  for (const pip of [['python3', '-m', 'pip'], ['pip3'], ['pip']]) if ((await run(pip[0], [...pip.slice(1), '--version'], { minutes: 0.5 })).code === 0) return pip;
}

/** Says how much has come, every ten seconds. */
function watchDownload(what, folder) {
  const since = Date.now();
  console.log(`  fetching ${what} with pip`);
  const megabytes = (path) => readdirSync(path, { withFileTypes: true }).reduce((sum, entry) => sum + (entry.isDirectory() ? megabytes(join(path, entry.name)) : statSync(join(path, entry.name)).size / 1e6), 0);
  const timer = setInterval(() => {
    try {
      console.log(`  … ${megabytes(folder).toFixed(0)} MB on the disk after ${seconds(since)}`);
    } catch {
      // A file went away while it was counted.
    }
  }, 10_000);
  return { stop: () => clearInterval(timer) };
}

/** Takes the files that match out of a wheel, without the leading folder. Returns what the wheel needs for CUDA. */
async function unpack(wheel, to, prefix, patterns) {
  const { code, output } = await run('python3', ['-c', unpackInPython, wheel, to, prefix, ...patterns], { minutes: 5 });
  if (code !== 0) throw new Error(`${basename(wheel)} could not be unpacked: ${whatFailed(output)}`);
  return JSON.parse(output.trim().split('\n').at(-1));
}

const unpackInPython = `
import fnmatch, json, os, re, shutil, sys, zipfile
wheel, to, prefix, patterns = sys.argv[1], os.path.realpath(sys.argv[2]), sys.argv[3], sys.argv[4:]
start = re.compile(fnmatch.translate(prefix)[:-2].replace('.*', '[^/]*'))
needs = []
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if name.endswith('.dist-info/METADATA'):
            for line in archive.read(name).decode().splitlines():
                if line.startswith('Requires-Dist:') and 'and-cuda' in line: needs.append(line[14:].split(';')[0].strip())
        if name.endswith('/'): continue
        begin = start.match(name)
        if not begin or not any(fnmatch.fnmatch(name[begin.end():], pattern) for pattern in patterns): continue
        path = os.path.realpath(os.path.join(to, name[begin.end():]))
        if not path.startswith(to + os.sep): raise SystemExit('unsafe name ' + name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with archive.open(name) as source, open(path, 'wb') as target: shutil.copyfileobj(source, target, 1 << 20)
print(json.dumps(needs))`;

/** tfjs-node's own library: old, and from a place that not every machine can reach. */
async function tfjsDownload(gpu, packages) {
  await packages;
  console.log("  trying tfjs-node's own download");
  rmSync(installedBinding, { force: true });
  const path = `${inModules('.bin')}:${process.env.PATH}`;
  const { code, output } = await run(node24, ['scripts/install.js', gpu ? 'gpu' : 'cpu', 'download'], { cwd: packageFolder, minutes: 5, env: { PATH: path } });
  if (code !== 0 || !existsSync(installedBinding)) return { reason: `tfjs-node's own download failed: ${whatFailed(output)}` };
  const kept = join(cache, 'tfjs-own.node');
  replaceFile(kept, { from: installedBinding });
  return { binding: kept, version: '2.9.1', path: join(packageFolder, 'deps', 'lib'), source: "tfjs-node's own download", why: 'It is older than any TensorFlow that pip offers, and drives no current GPU.' };
}

// --- a folder of the cache: two libraries, the headers, the binding --------------------------------------------------

/** The folder of that name, filled and its binding built if it was not there. It appears whole, whoever else makes it. */
async function libraryFolder(name, packages, fill) {
  const folder = join(cache, name);
  const binding = join(folder, 'tfjs_binding.node');
  if (existsSync(binding)) return { folder, binding };
  const compiler = await findCompiler();
  if (!compiler) throw new Error('There is no C++ compiler to build the binding with (Debian: apt install g++; Fedora: dnf install gcc-c++).');
  const making = join(cache, `${name}.making-${process.pid}`);
  mkdirSync(making);
  try {
    await fill(making);
    await packages;
    await compile(compiler, making, folder);
    try {
      renameSync(making, folder);
    } catch (error) {
      if (!existsSync(binding)) throw error;
    }
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return { folder, binding };
}

async function findCompiler() {
  for (const name of ['g++', 'c++', 'clang++']) if ((await run(name, ['--version'], { minutes: 0.5 })).code === 0) return name;
}

async function compile(compiler, making, folder) {
  // Older headers look for this one where newer TensorFlows no longer have it.
  const include = join(making, 'include');
  const moved = ['tsl', 'xla/tsl'].map((place) => `${place}/platform/ctstring_internal.h`).find((header) => existsSync(join(include, header)));
  const shim = join(making, 'shim', 'tensorflow', 'core', 'platform');
  mkdirSync(shim, { recursive: true });
  if (moved && !existsSync(join(include, 'tensorflow/core/platform/ctstring_internal.h'))) writeFileSync(join(shim, 'ctstring_internal.h'), `#include "${moved}"\n`);
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(packageFolder, 'binding', file));
  const includes = [inModules('node-api-headers', 'include'), include, join(making, 'shim')].map((path) => `-I${path}`);
  const flags = ['-O2', '-std=c++17', '-shared', '-fPIC', '-DNAPI_VERSION=8', `-Wl,-rpath,${folder}`];
  const { code, output } = await run(compiler, [...flags, ...includes, ...sources, ...libraries.map((file) => join(making, file)), '-o', join(making, 'tfjs_binding.node')], { minutes: 5 });
  if (code !== 0) throw new Error(`The binding could not be built: ${lastLines(output)}`);
}

/** TensorFlow looks for CUDA's libraries beside its own. */
function linkAll(from, to) {
  for (const file of readdirSync(from)) if (file.includes('.so') && !existsSync(join(to, file))) symlinkSync(join(from, file), join(to, file));
}

/** Folders that a killed process left half made. */
function removeLeftovers() {
  for (const name of readdirSync(cache)) {
    const maker = /\.making-(\d+)$/.exec(name)?.[1];
    if (maker && !isRunning(Number(maker))) rmSync(join(cache, name), { recursive: true, force: true });
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Loads it in a process of its own and multiplies two matrices: only then is it claimed to work. */
async function verify(found) {
  install(found.binding);
  const { code, output } = await run(node24, ['-e', tryIt], { minutes: 2, cwd: root, env: { TF_CPP_MIN_LOG_LEVEL: '2', TF_FORCE_GPU_ALLOW_GROWTH: 'true' } });
  const told = /^\{.*\}$/m.exec(output)?.[0];
  if (code !== 0 || !told) {
    rmSync(installedBinding, { force: true });
    return { reason: `TensorFlow from ${found.source} could not be loaded: ${whatFailed(output)}` };
  }
  const { version, gpu } = JSON.parse(told);
  const { binding, path, source, why } = found;
  return { library: `TensorFlow ${version}`, version, path: resolve(path), device: gpu ? 'GPU' : 'CPU', source, binding, why };
}

const tryIt = `
require('util').isNullOrUndefined = (value) => value == null;
const tf = require('@tensorflow/tfjs-node-gpu');
if (tf.matMul([[1, 2]], [[3], [4]]).dataSync()[0] !== 11) throw new Error('1 x 3 + 2 x 4 is not 11');
const { binding, isUsingGpuDevice } = tf.backend();
console.log(JSON.stringify({ version: binding.TF_Version, gpu: isUsingGpuDevice }));`;

export const describe = ({ source, library, device, why }) => (source === 'WebAssembly' ? `Models train on WebAssembly, slower. ${why}` : `${library} on the ${device}, from ${source}`);

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(describe(await prepareCompute(Promise.resolve(), { again: true })));
