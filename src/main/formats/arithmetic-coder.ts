import { refuse } from '../../contract/errors';

// Arithmetic coding by integers (Witten, Neal and Cleary 1987): an interval of 32-bit numbers shrinks to each symbol's share in turn. Symbols are whole
// numbers from 0; what a symbol's distribution is, a model says anew each time from the symbols before it. The code's length is -log2 of the product of
// the shares, and at most two bits more. Encoder and decoder have to be given the very same numbers, to the bit.

const total = 2 ** 20;
const [quarter, half, whole] = [2 ** 30, 2 ** 31, 2 ** 32];

/**
 * Where each symbol's share of 2^20 begins, and at last 2^20 itself. Each gets one at least, so that what a model deems impossible can be coded.
 * @throws Refusal `bad-request` when the probabilities are not 1 to 65,536 finite numbers from 0 on, with one above 0
 */
export function shares(probabilities: ArrayLike<number>): Uint32Array {
  const n = probabilities.length;
  const values = Array.from(probabilities);
  const sum = values.reduce((before, p) => before + p, 0);
  if (n < 1 || n > 65_536 || !(sum > 0) || !Number.isFinite(sum) || values.some((p) => p < 0))
    return refuse('bad-request', 'These are not probabilities that a coder can use.', { where: 'probabilities', repair: 'Give finite numbers from 0 on, one of them above 0.' });
  const counts = values.map((p) => 1 + Math.floor((p / sum) * (total - n)));
  const likeliest = values.indexOf(Math.max(...values));
  counts[likeliest] = (counts[likeliest] ?? 0) + total - counts.reduce((before, count) => before + count, 0);
  const begins = new Uint32Array(n + 1);
  counts.forEach((count, k) => (begins[k + 1] = (begins[k] ?? 0) + count));
  return begins;
}

/** The interval that encoder and decoder have in common, both ends included. */
class Interval {
  low = 0;
  high = whole - 1;

  narrow(begin: number, end: number): void {
    const width = this.high - this.low + 1;
    this.high = this.low + Math.floor((width * end) / total) - 1;
    this.low += Math.floor((width * begin) / total);
  }

  /** Doubles it while its ends agree on the first bit (0, 1), or straddle the middle closely (null). */
  *doublings(): Generator<0 | 1 | null> {
    for (;;) {
      const bit = this.high < half ? 0 : this.low >= half ? 1 : null;
      if (bit === null && (this.low < quarter || this.high >= half + quarter)) return;
      const moved = bit === 0 ? 0 : bit === 1 ? half : quarter;
      this.low = 2 * (this.low - moved);
      this.high = 2 * (this.high - moved) + 1;
      yield bit;
    }
  }
}

export class ArithmeticEncoder {
  private readonly interval = new Interval();
  private readonly bytes: number[] = [];
  private bits = 0;
  private undecided = 0;

  /** @throws Refusal `bad-request` when there is no such symbol, or no such probabilities (see `shares`) */
  put(symbol: number, probabilities: ArrayLike<number>): void {
    const begins = shares(probabilities);
    if (!Number.isInteger(symbol) || symbol < 0 || symbol >= probabilities.length)
      refuse('bad-request', `There is no symbol ${symbol} among ${probabilities.length}.`, { where: 'symbol', repair: 'Give a whole number below the number of probabilities.' });
    this.interval.narrow(begins[symbol] as number, begins[symbol + 1] as number);
    for (const bit of this.interval.doublings()) {
      if (bit === null) this.undecided++;
      else this.decide(bit);
    }
  }

  /** The code of all symbols put; the encoder is then done with. */
  finish(): Uint8Array {
    this.undecided++;
    this.decide(this.interval.low < quarter ? 0 : 1);
    return Uint8Array.from(this.bytes);
  }

  private decide(bit: 0 | 1): void {
    this.write(bit);
    for (; this.undecided > 0; this.undecided--) this.write(1 - bit);
  }

  private write(bit: number): void {
    if (this.bits % 8 === 0) this.bytes.push(0);
    const last = this.bytes.length - 1;
    this.bytes[last] = (this.bytes[last] as number) | (bit << (7 - (this.bits++ % 8)));
  }
}

/** Reads what an encoder wrote. A code that is cut short or wrong gives wrong symbols and no error: keep a checksum beside it. */
export class ArithmeticDecoder {
  private readonly interval = new Interval();
  private position = 0;
  private value = 0;

  constructor(private readonly bytes: Uint8Array) {
    for (let k = 0; k < 32; k++) this.value = 2 * this.value + this.read();
  }

  /** @throws Refusal `bad-request` (see `shares`) */
  take(probabilities: ArrayLike<number>): number {
    const begins = shares(probabilities);
    const { low, high } = this.interval;
    const place = Math.floor(((this.value - low + 1) * total - 1) / (high - low + 1));
    let [symbol, after] = [0, begins.length - 1];
    while (after - symbol > 1) {
      const middle = (symbol + after) >> 1;
      if ((begins[middle] as number) <= place) symbol = middle;
      else after = middle;
    }
    this.interval.narrow(begins[symbol] as number, begins[symbol + 1] as number);
    for (const bit of this.interval.doublings()) this.value = 2 * (this.value - (bit === 0 ? 0 : bit === 1 ? half : quarter)) + this.read();
    return symbol;
  }

  private read(): number {
    const byte = this.bytes[this.position >> 3] ?? 0;
    return (byte >> (7 - (this.position++ & 7))) & 1;
  }
}
