const size = 624;
const middle = 397;

/**
 * MT19937 (Matsumoto and Nishimura, "Mersenne Twister", ACM TOMACS 8, 1998), drawn from as NumPy's `RandomState(seed)` does: protocols that
 * were published as code with its seed are repeated to the row.
 */
export class MersenneTwister {
  private readonly state = new Uint32Array(size);
  private at = size;

  constructor(seed: number) {
    this.state[0] = seed;
    for (let i = 1; i < size; i++) {
      const before = this.word(i - 1);
      this.state[i] = Math.imul(1_812_433_253, before ^ (before >>> 30)) + i;
    }
  }

  /** `rand()`: a number in [0, 1) of 53 random bits. */
  uniform(): number {
    const high = this.next() >>> 5;
    const low = this.next() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** `permutation` of 0 to n - 1 as `shuffle` makes it: Fisher and Yates's, each place drawn under a mask until it fits. */
  shuffled(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let last = n - 1; last > 0; last--) {
      const other = this.upTo(last);
      const moved = order[last] ?? 0;
      order[last] = order[other] ?? 0;
      order[other] = moved;
    }
    return order;
  }

  private upTo(largest: number): number {
    const mask = 0xffffffff >>> Math.clz32(largest);
    for (;;) {
      const value = (this.next() & mask) >>> 0;
      if (value <= largest) return value;
    }
  }

  private next(): number {
    if (this.at === size) this.twist();
    let word = this.word(this.at++);
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  private twist(): void {
    for (let i = 0; i < size; i++) {
      const joined = (this.word(i) & 0x80000000) | (this.word((i + 1) % size) & 0x7fffffff);
      this.state[i] = this.word((i + middle) % size) ^ (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
    }
    this.at = 0;
  }

  private word(i: number): number {
    return this.state[i] ?? 0;
  }
}
