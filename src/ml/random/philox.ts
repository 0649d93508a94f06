const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const weyl0 = 0x9e3779b9;
const weyl1 = 0xbb67ae85;

/** The upper 32 bits of the 64-bit product of two unsigned 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carried = aLow * bHigh + (middle & 0xffff);
  return aHigh * bHigh + (middle >>> 16) + (carried >>> 16);
}

/**
 * Philox4x32-10: four random unsigned 32-bit words from a counter and a key, written to `block` in place of the counter.
 * Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC 2011), section 3.3.
 */
export function philox4x32(block: Uint32Array, key0: number, key1: number): void {
  let [x0 = 0, x1 = 0, x2 = 0, x3 = 0] = block;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(multiplier0, x0);
    const high1 = multiplyHigh(multiplier1, x2);
    const low0 = Math.imul(multiplier0, x0);
    const low1 = Math.imul(multiplier1, x2);
    x0 = (high1 ^ x1 ^ key0) >>> 0;
    x1 = low1 >>> 0;
    x2 = (high0 ^ x3 ^ key1) >>> 0;
    x3 = low0 >>> 0;
    key0 = (key0 + weyl0) >>> 0;
    key1 = (key1 + weyl1) >>> 0;
  }
  block[0] = x0;
  block[1] = x1;
  block[2] = x2;
  block[3] = x3;
}

/** The int32 that keys all draws for one purpose under one seed. */
export function streamKey(seed: number, purpose: string): number {
  // FNV-1a (Fowler, Noll, Vo), then one Philox block to spread near-equal names and seeds.
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(purpose)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  const block = Uint32Array.of(hash, purpose.length, 0, 0);
  philox4x32(block, seed, 0x456c626f);
  return (block[0] ?? 0) | 0;
}

/** `count` random words of (key, step), by the scrambling and the counting of TensorFlow's stateless ops (int32 seeds). */
export function philoxWords(count: number, key: number, step: number): Uint32Array {
  // A negative int32 is extended by its sign to 64 bits.
  const block = Uint32Array.of(key, key < 0 ? -1 : 0, step, step < 0 ? -1 : 0);
  philox4x32(block, 0x3ec8f720, 0x02461e29);
  const [key0 = 0, key1 = 0, counter2 = 0, counter3 = 0] = block;
  const words = new Uint32Array(Math.ceil(count / 4) * 4);
  for (let group = 0; group * 4 < count; group++) {
    block.set([group, 0, counter2, counter3]);
    philox4x32(block, key0, key1);
    words.set(block, group * 4);
  }
  return words;
}

/** The 23 low bits as a float in [0, 1). */
const unit = (word: number): number => (word & 0x7fffff) / 0x800000;

/** What `StatelessRandomUniform` gives for the seed [key, step], to the bit. */
export function philoxUniforms(count: number, key: number, step: number): Float32Array {
  return Float32Array.from(philoxWords(count, key, step).subarray(0, count), unit);
}

/** What `StatelessRandomNormal` gives for the seed [key, step], up to the rounding of logarithm, sine and cosine (Box-Muller). */
export function philoxNormals(count: number, key: number, step: number): Float32Array {
  const words = philoxWords(count, key, step);
  const normals = new Float32Array(words.length);
  for (let i = 0; i < words.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(Math.max(unit(words[i] ?? 0), 1e-7)));
    const angle = 2 * Math.PI * unit(words[i + 1] ?? 0);
    normals[i] = radius * Math.sin(angle);
    normals[i + 1] = radius * Math.cos(angle);
  }
  return normals.subarray(0, count);
}

/** A permutation of 0 to `count` - 1, a function of seed, number and purpose alone (Fisher-Yates). The bias of reducing 32 bits to a range is below count / 2^32. */
export function permutation(count: number, seed: number, number: number, purpose = 'data-order'): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  const words = philoxWords(count, streamKey(seed, purpose), number);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(((words[i] ?? 0) / 2 ** 32) * (i + 1));
    const held = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = held;
  }
  return order;
}
