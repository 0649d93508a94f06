import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { splits, type ImportRequest, type PublicSet, type Split } from '../../contract/datasets';
import { refuse } from '../../contract/errors';
import { findArrays, readArray } from './arrays';
import { openSource, type Source } from './import';
import { gas, hepmass, miniboone, minibooneFilter, patches, power, readLines, type SplitTable, type Table } from './maf-tables';

type Progress = (done: number, total: number) => void;

/** A public set, and how its files become a data set. */
export interface PublicSource extends PublicSet {
  /** Files to take from `files[0]`, a gzipped tar archive, by the ends of their paths in it. */
  members?: readonly string[];
  /** Files that serve in place of `files` where they are given by hand. */
  instead?: readonly string[];
  /** Reads the files, which lie in `request.path` under their names. */
  read(request: ImportRequest, onProgress: Progress, signal: AbortSignal): Promise<Source>;
}

const idx = (sums: [name: string, bytes: number, sha256: string][], ...from: string[]): PublicSet['files'] => sums.map(([name, bytes, sha256]) => ({ name, bytes, sum: `sha256:${sha256}`, urls: from.map((folder) => folder + name) }));
const toronto = 'http://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/';
const maf = 'Papamakarios, Pavlakou and Murray, "Masked Autoregressive Flow for Density Estimation", 2017, appendix D; files: Zenodo record 1161203';
const mafArchive: PublicSet['files'] = [{ name: 'data.tar.gz', bytes: 857_000_000, sum: 'md5:9b9c9b0375315ad270eba4ce80c093ab', urls: ['https://zenodo.org/records/1161203/files/data.tar.gz?download=1'] }];
const mafLicence = 'each table’s own, of the UCI Machine Learning Repository (CC BY 4.0)';

/** The public sets that Elbo knows where to get. A sum is the publisher’s, or one that others publish for that file; null where none is known for certain. */
export const publicSets: readonly PublicSource[] = [
  {
    id: 'mnist',
    title: 'MNIST',
    licence: 'CC BY-SA 3.0 is usually stated',
    source: 'LeCun, Cortes and Burges, "The MNIST database of handwritten digits", 1998',
    files: idx(
      [
        ['train-images-idx3-ubyte.gz', 9_912_422, '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609'],
        ['train-labels-idx1-ubyte.gz', 28_881, '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c'],
        ['t10k-images-idx3-ubyte.gz', 1_648_877, '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6'],
        ['t10k-labels-idx1-ubyte.gz', 4_542, 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6'],
      ],
      'https://storage.googleapis.com/cvdf-datasets/mnist/',
      'https://ossci-datasets.s3.amazonaws.com/mnist/',
    ),
    byHand: null,
    read: openSource,
  },
  {
    id: 'fashion-mnist',
    title: 'Fashion-MNIST',
    licence: 'MIT, Copyright 2017 Zalando SE',
    source: 'Xiao, Rasul and Vollgraf, "Fashion-MNIST", 2017',
    files: idx(
      [
        ['train-images-idx3-ubyte.gz', 26_421_880, '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84'],
        ['train-labels-idx1-ubyte.gz', 29_515, 'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845'],
        ['t10k-images-idx3-ubyte.gz', 4_422_102, '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073'],
        ['t10k-labels-idx1-ubyte.gz', 5_148, '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5'],
      ],
      'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
      'https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/',
    ),
    byHand: null,
    read: async (request, onProgress, signal) => ({ ...(await openSource(request, onProgress, signal)), classes: ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'] }),
  },
  {
    id: 'mnist-static',
    title: 'MNIST, static binarisation',
    licence: 'not stated; derived from MNIST',
    source: 'Larochelle and Murray, "The Neural Autoregressive Distribution Estimator", 2011; Salakhutdinov and Murray’s split and draw',
    files: [
      { name: 'binarized_mnist_train.amat', bytes: 78_400_000, sum: 'sha256:ad693b29f94c14277b095f5238ddefbbdaaae0939789dd2f4f0205278cee3e4d', urls: [`${toronto}binarized_mnist_train.amat`] },
      { name: 'binarized_mnist_valid.amat', bytes: 15_680_000, sum: 'sha256:1de3d397c40fe8eeb33dafd4099a1f665ec01e96d9be234aaeeac8a34930e2e2', urls: [`${toronto}binarized_mnist_valid.amat`] },
      { name: 'binarized_mnist_test.amat', bytes: 15_680_000, sum: 'sha256:e6687bfea3f820c174f33b7865140b2a2dd2930ef786f35d45795fc193b5ab2c', urls: [`${toronto}binarized_mnist_test.amat`] },
    ],
    byHand: null,
    read: readBinarised,
  },
  {
    id: 'cifar-10',
    title: 'CIFAR-10',
    licence: 'none stated; free for research with a citation',
    source: 'Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009',
    files: [{ name: 'cifar-10-binary.tar.gz', bytes: 170_052_171, sum: 'md5:c32a1d4ab5d03f1284b67883e8d87530', urls: ['https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz'] }],
    members: ['data_batch_1.bin', 'data_batch_2.bin', 'data_batch_3.bin', 'data_batch_4.bin', 'data_batch_5.bin', 'test_batch.bin'].map((name) => `cifar-10-batches-bin/${name}`),
    byHand: null,
    read: openSource,
  },
  {
    id: 'dsprites',
    title: 'dSprites, 20,000 of its pictures',
    licence: 'Apache 2.0',
    source: 'Matthey, Higgins, Hassabis and Lerchner, "dSprites: Disentanglement testing Sprites dataset", 2017',
    files: [{ name: 'dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz', bytes: 26_000_000, sum: null, urls: ['https://github.com/google-deepmind/dsprites-dataset/raw/master/dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz'] }],
    byHand: null,
    read: (request, onProgress, signal) => openSource({ ...request, draw: request.draw ?? 20_000, path: join(request.path, 'dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz') }, onProgress, signal),
  },
  {
    id: 'frey-faces',
    title: 'Frey faces',
    licence: 'none stated; shared for research',
    source: 'Frey, Colmenarez and Huang, "Mixtures of Local Linear Subspaces for Face Recognition", 1998; Roweis’s file',
    files: [
      {
        name: 'frey_rawface.mat',
        bytes: 1_100_584,
        sum: 'sha256:265a83a23adb081755cd3de375509828e690324d1d60f076b8ecebc840d59c64',
        urls: ['https://cs.nyu.edu/~roweis/data/frey_rawface.mat', 'https://raw.githubusercontent.com/lawrennd/datasets_mirror/2eb6dce7501464457465facc7ef9334250efe4b4/brendan_faces/frey_rawface.mat'],
      },
    ],
    byHand: null,
    read: readFrey,
  },
  {
    id: 'power',
    title: 'POWER',
    licence: mafLicence,
    source: maf,
    files: mafArchive,
    members: ['power/data.npy'],
    byHand: null,
    read: async ({ path }, _, signal) => tableSource(power(await numpyTable(join(path, 'data.npy'), signal)), 'shuffled, 2 of 8 columns dropped, uniform noise as wide as the last digit, last tenths test and valid, standardised by train and valid'),
  },
  {
    id: 'gas',
    title: 'GAS',
    licence: mafLicence,
    source: maf,
    files: [{ name: 'ethylene_CO.csv', bytes: 0, sum: null, urls: [] }],
    byHand: 'Its published file is a pickle, a program, which Elbo does not run. Unpack data.tar.gz of Zenodo record 1161203 and write the table as text: python -c "import pandas; pandas.read_pickle(\'data/gas/ethylene_CO.pickle\').to_csv(\'ethylene_CO.csv\', index=False)".',
    read: async ({ path }, _, signal) => tableSource(gas(await readLines(join(path, 'ethylene_CO.csv'), (names) => names, signal)), 'concentrations, time and columns that correlate above 0.98 dropped, standardised by all rows, last tenths test and valid'),
  },
  {
    id: 'hepmass',
    title: 'HEPMASS',
    licence: mafLicence,
    source: maf,
    files: mafArchive,
    members: ['hepmass/1000_train.csv', 'hepmass/1000_test.csv'],
    byHand: null,
    async read({ path }, onProgress, signal) {
      // The test file has a column without a name at its end.
      const columns = (line: string[]): string[] => line.filter((name) => name !== '#').map((name) => name.replace(/^#|"/g, ''));
      const train = await readLines(join(path, '1000_train.csv'), columns, signal);
      onProgress(1, 2);
      const test = await readLines(join(path, '1000_test.csv'), () => train.columns, signal);
      return tableSource(hepmass(train, test), 'the signal of mass 1000, columns whose smallest value repeats dropped, standardised by the training rows, their last tenth valid, test as in the source');
    },
  },
  {
    id: 'miniboone',
    title: 'MINIBOONE',
    licence: mafLicence,
    source: maf,
    files: mafArchive,
    members: ['miniboone/data.npy'],
    instead: ['MiniBooNE_PID.txt'],
    byHand: null,
    async read({ path }, _, signal) {
      const original = join(path, 'MiniBooNE_PID.txt');
      const table = existsSync(original) ? minibooneFilter(await readSignal(original, signal)) : await numpyTable(join(path, 'data.npy'), signal);
      return tableSource(miniboone(table), 'the signal without its outliers, columns whose smallest value repeats dropped, last tenths test and valid, standardised by train and valid');
    },
  },
  {
    id: 'bsds300',
    title: 'BSDS300 patches',
    licence: 'free for research with a citation',
    source: `${maf}; Martin, Fowlkes, Tal and Malik, "A Database of Human Segmented Natural Images", 2001`,
    files: [{ name: 'BSDS300.npz', bytes: 0, sum: null, urls: [] }],
    byHand: 'Its published file is HDF5, which Elbo does not read. Unpack data.tar.gz of Zenodo record 1161203 and write its arrays for NumPy: python -c "import h5py, numpy; f = h5py.File(\'data/BSDS300/BSDS300.hdf5\'); numpy.savez(\'BSDS300.npz\', train=f[\'train\'], validation=f[\'validation\'], test=f[\'test\'])". Patches of 8 x 8 bytes under these names are filtered first.',
    read: readPatches,
  },
];

const tableSource = ({ columns, splits: arrays }: SplitTable, made: string): Source => ({
  kind: 'arrays',
  height: 1,
  width: 1,
  channels: columns.length,
  columns,
  arrays: Object.fromEntries(splits.map((split) => [split, { values: arrays[split], labels: null }])),
  classes: null,
  files: [],
  made: `as Papamakarios et al. 2017 have it (${made})`,
});

async function numpyTable(path: string, signal: AbortSignal): Promise<Table> {
  const [place] = await findArrays(path);
  const { shape, values } = place ? await readArray(place, { signal }) : refuse('bad-file', 'There is no array in it.', { where: path });
  if (shape.length !== 2) refuse('bad-file', `Its shape is [${shape.join(', ')}]; a table is [rows, columns].`, { where: path });
  return { columns: Array.from({ length: shape[1] ?? 0 }, (_, i) => `c${i}`), values: Float64Array.from(values) };
}

/** UCI's `MiniBooNE_PID.txt`: the numbers of signal and background rows, then the rows, the signal first. */
async function readSignal(path: string, signal: AbortSignal): Promise<Table> {
  const width = 50;
  const { columns, values, firstLine } = await readLines(path, () => Array.from({ length: width }, (_, i) => `c${i}`), signal);
  const rows = Number(firstLine[0]);
  if (firstLine.length !== 2 || !Number.isInteger(rows) || rows * width > values.length) refuse('bad-file', 'The first line gives the numbers of signal and background rows.', { where: `${path}, line 1` });
  return { columns, values: values.subarray(0, rows * width) };
}

/** The 63 columns as they were published, or of patches. */
async function readPatches(request: ImportRequest, onProgress: Progress, signal: AbortSignal): Promise<Source> {
  const path = join(request.path, 'BSDS300.npz');
  const source = await openSource({ ...request, path }, onProgress, signal);
  const { columns, height, width, channels, arrays } = source;
  if (columns?.length === 63) return { ...source, made: 'as Papamakarios et al. 2017 have it (8 x 8 patches with uniform noise, less their mean, without their last pixel)' };
  if (columns || height !== 8 || width !== 8 || channels !== 1) return refuse('bad-file', 'These are neither rows of 63 numbers nor patches of 8 x 8 bytes.', { where: path });
  const bytes: Partial<Record<Split, Uint8Array>> = {};
  for (const split of splits) if (arrays[split]?.values instanceof Uint8Array) bytes[split] = arrays[split].values;
  return tableSource(patches(bytes), '8 x 8 patches with uniform noise, less their mean, without their last pixel');
}

/** Larochelle's text files: a line of 784 zeros and ones a picture. */
async function readBinarised({ path }: ImportRequest, onProgress: Progress, signal: AbortSignal): Promise<Source> {
  const pixels = 784;
  const arrays: Source['arrays'] = {};
  for (const [i, split] of splits.entries()) {
    onProgress(i, splits.length);
    const file = join(path, `binarized_mnist_${split}.amat`);
    const text = await readFile(file, { signal });
    const values = new Uint8Array(Math.ceil(text.length / 2));
    let [count, line] = [0, 1];
    for (const [at, byte] of text.entries()) {
      if (byte === 0x30 || byte === 0x31) values[count++] = byte - 0x30;
      else if (byte === 0x0a && count % pixels !== 0) refuse('bad-file', `Lines have ${pixels} pixels; this one has ${count % pixels} more or less.`, { where: `${file}, line ${line}` });
      else if (byte !== 0x0a && byte !== 0x20 && byte !== 0x0d) refuse('bad-file', 'There are other characters than 0 and 1.', { where: `${file}, byte ${at}` });
      if (byte === 0x0a) line += 1;
    }
    if (count === 0 || count % pixels !== 0) refuse('bad-file', `${count} pixels are no whole pictures of ${pixels}.`, { where: file });
    arrays[split] = { values: values.slice(0, count), labels: null };
  }
  return { kind: 'arrays', height: 28, width: 28, channels: 1, arrays, classes: null, files: [], made: 'as drawn once by Salakhutdinov and Murray' };
}

/** A MATLAB 5 file with one matrix of bytes, 560 x n: column j is picture j, 28 rows of 20 ("MAT-File Format", The MathWorks, section 1). */
async function readFrey({ path }: ImportRequest): Promise<Source> {
  const [height, width] = [28, 20];
  const file = join(path, 'frey_rawface.mat');
  const bytes = await readFile(file);
  const bad = (rule: string, byte: number): never => refuse('bad-file', `This is not the matrix of the Frey faces: ${rule}.`, { where: `${file}, byte ${byte}` });
  if (bytes.length < 184 || bytes.toString('latin1', 126, 128) !== 'IM' || bytes.readUInt32LE(128) !== 14) bad('no matrix in a MATLAB 5 file of this byte order', 128);
  const [pixels, count] = [bytes.readUInt32LE(160), bytes.readUInt32LE(164)];
  if (pixels !== height * width || count === 0) bad(`its size is ${pixels} x ${count}`, 160);
  // Behind the flags, the sizes and a name of up to four letters.
  if (bytes.readUInt32LE(176) !== 2 || bytes.readUInt32LE(180) !== pixels * count || bytes.length < 184 + pixels * count) bad('its values are no bytes, or cut off', 176);
  return { kind: 'arrays', height, width, channels: 1, arrays: { train: { values: new Uint8Array(bytes.subarray(184, 184 + pixels * count)), labels: null } }, classes: null, files: [], made: 'as in the source' };
}
