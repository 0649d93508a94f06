import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, extname, join, sep } from 'node:path';
import type { Metadata, Sharp } from 'sharp';
import type { Split } from '../../contract/datasets';
import { refuse } from '../../contract/errors';
import { cancelled } from './cancelled';
import type { SplitArrays } from './dataset-folder';
import { idxLimit } from './idx';

export interface PictureFile {
  path: string;
  split: Split;
  /** Name of its class, or null. */
  className: string | null;
}

export interface DecodedPictures {
  height: number;
  width: number;
  channels: 1 | 3;
  arrays: Partial<Record<Split, SplitArrays>>;
}

const extensions = new Set(['.png', '.jpg', '.jpeg', '.webp', '.gif', '.tif', '.tiff']);
const loaders = ['Png', 'Jpeg', 'Webp', 'Nsgif', 'Tiff'];
/** The most pixels that one picture may have before it is made smaller. */
const pixelLimit = 1 << 26;
const atOnce = 8;

/** Folder names that stand for a split. */
export const splitNames: Record<string, Split> = { train: 'train', training: 'train', valid: 'valid', val: 'valid', validation: 'valid', test: 'test', testing: 'test' };
const byName = (a: { name: string }, b: { name: string }): number => a.name.localeCompare(b.name, 'en', { numeric: true }) || (a.name < b.name ? -1 : 1);

/**
 * The pictures in a folder, in the order of their names: `[train|valid|test/][class/]picture.png`. Other files are passed over.
 * @throws Refusal `bad-file` on a link that leads out of the folder, on folders deeper than that, on pictures both beside and in class folders
 */
export async function findPictures(root: string): Promise<PictureFile[]> {
  const entries = await list(root, await realpath(root));
  const tops = entries.filter((entry) => entry.folder && splitNames[entry.name.toLowerCase()]);
  if (tops.length === 0) return classFolders(root, root, 'train');
  const others = entries.filter((entry) => !tops.includes(entry) && (entry.folder || entry.picture));
  if (others[0]) refuse('bad-file', 'There are folders for splits, and this beside them.', { where: others[0].path, repair: 'Move it into one of them, or out of the folder.' });
  const found: PictureFile[] = [];
  for (const top of tops) found.push(...(await classFolders(root, top.path, splitNames[top.name.toLowerCase()] ?? 'train')));
  return found;
}

async function classFolders(root: string, folder: string, split: Split): Promise<PictureFile[]> {
  const real = await realpath(root);
  const entries = await list(folder, real);
  const pictures = entries.filter((entry) => entry.picture).map(({ path }) => ({ path, split, className: null as string | null }));
  for (const { path, name } of entries.filter((entry) => entry.folder)) {
    const inside = await list(path, real);
    const deeper = inside.find((entry) => entry.folder);
    if (deeper) refuse('bad-file', 'A folder of a class holds pictures, and no folders.', { where: deeper.path });
    pictures.push(...inside.filter((entry) => entry.picture).map((entry) => ({ path: entry.path, split, className: name })));
  }
  return pictures;
}

interface Entry {
  name: string;
  path: string;
  folder: boolean;
  picture: boolean;
}

async function list(folder: string, real: string): Promise<Entry[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter((entry) => !entry.name.startsWith('.') && entry.name !== '__MACOSX').sort(byName);
  return Promise.all(
    entries.map(async (entry: Dirent) => {
      const path = join(folder, entry.name);
      if (entry.isSymbolicLink()) await refuseOutside(path, real);
      const found = entry.isSymbolicLink() ? await stat(path) : entry;
      return { name: entry.name, path, folder: found.isDirectory(), picture: found.isFile() && extensions.has(extname(entry.name).toLowerCase()) };
    }),
  );
}

/** @throws Refusal `bad-file` when `path` is, through links, not below the real folder `real` */
export async function refuseOutside(path: string, real: string): Promise<void> {
  const target = await realpath(path).catch(() => null);
  if (!target?.startsWith(real.endsWith(sep) ? real : real + sep))
    refuse('bad-file', 'This link leads out of the folder, or nowhere.', { where: path, repair: 'Copy what it leads to into the folder.' });
}

/**
 * Decodes pictures to bytes: grey when all are grey or `grey` is asked for, else red, green, blue; turned as their camera says; what is
 * transparent becomes black; stretched to `height` x `width` where these are given, else all have to be of one size. Labels are
 * places in `classes`. Only decoders of PNG, JPEG, WebP, GIF and TIFF are let run.
 * @throws Refusal `bad-file` naming the picture, `bad-request` on too many pixels, `cancelled`
 */
export async function decodePictures(
  files: PictureFile[],
  classes: string[] | null,
  size: { height?: number | undefined; width?: number | undefined; grey: boolean },
  onProgress: (done: number, total: number) => void,
  signal: AbortSignal | undefined,
): Promise<DecodedPictures> {
  const { default: sharp } = await import('sharp');
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: loaders.map((loader) => `VipsForeignLoad${loader}`) });
  const open = (path: string): Sharp => sharp(path, { limitInputPixels: pixelLimit });

  const heads = await inBatches(files, signal, ({ path }) => named(path, () => open(path).metadata()));
  const [first] = heads;
  if (!first) return refuse('bad-file', 'There are no pictures.');
  const { height, width } = size.height && size.width ? { height: size.height, width: size.width } : upright(first);
  if (!size.height)
    heads.forEach((head, i) => {
      const other = upright(head);
      if (other.height !== height || other.width !== width)
        refuse('bad-file', `This picture has ${other.width} x ${other.height} pixels, the first has ${width} x ${height}.`, { where: files[i]?.path ?? '', repair: 'Say to which height and width all should be resized.' });
    });
  const channels = size.grey || heads.every(({ space }) => space === 'b-w' || space === 'grey16') ? 1 : 3;
  const exampleBytes = height * width * channels;
  if (exampleBytes * files.length > idxLimit)
    refuse('bad-request', `${files.length} pictures of ${width} x ${height} are more than ${idxLimit} bytes.`, { repair: 'Resize them, or import fewer.' });

  let done = 0;
  const arrays: DecodedPictures['arrays'] = {};
  for (const split of new Set(files.map((file) => file.split))) {
    const own = files.filter((file) => file.split === split);
    const pixels = new Uint8Array(own.length * exampleBytes);
    await inBatches(own, signal, async ({ path }, i) => {
      const picture = open(path).autoOrient().flatten().resize(width, height, { fit: 'fill' }).toColourspace(channels === 1 ? 'b-w' : 'srgb');
      const { data } = await named(path, () => picture.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true }));
      if (data.length !== exampleBytes) refuse('bad-file', `Its ${data.length} values are not ${width} x ${height} x ${channels}.`, { where: path });
      pixels.set(data, i * exampleBytes);
      onProgress(++done, files.length);
    });
    arrays[split] = { values: pixels, labels: classes && Uint16Array.from(own, ({ className }) => classes.indexOf(className ?? '')) };
  }
  return { height, width, channels, arrays };
}

/** Height and width once turned as the camera says (Exif orientations 5 to 8 lie on their side). */
const upright = ({ height, width, orientation = 1 }: Metadata): { height: number; width: number } => (orientation >= 5 ? { height: width, width: height } : { height, width });

async function named<T>(path: string, decode: () => Promise<T>): Promise<T> {
  try {
    return await decode();
  } catch (thrown) {
    return refuse('bad-file', `The picture ${basename(path)} cannot be read: ${(thrown as Error).message.trim()}`, { where: path });
  }
}

async function inBatches<A, B>(items: A[], signal: AbortSignal | undefined, work: (item: A, index: number) => Promise<B>): Promise<B[]> {
  const results: B[] = [];
  for (let start = 0; start < items.length; start += atOnce) {
    if (signal?.aborted) cancelled();
    results.push(...(await Promise.all(items.slice(start, start + atOnce).map((item, i) => work(item, start + i)))));
  }
  return results;
}
