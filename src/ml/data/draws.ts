import { philoxWords, streamKey } from '../random/philox';

/** Random numbers that make one example: a function of (seed, purpose, example), so that any example can be made alone. */
export class Draws {
  private readonly words: Uint32Array;
  private next = 0;

  /** @param most how many uniforms may be taken at the most; a normal takes two */
  constructor(seed: number, purpose: string, example: number, most = 16) {
    this.words = philoxWords(most, streamKey(seed, purpose), example);
  }

  /** In (0, 1), 32 bits. */
  uniform(): number {
    const word = this.words[this.next++];
    if (word === undefined) throw new RangeError(`More than ${this.words.length} numbers were drawn for one example.`);
    return (word + 0.5) / 2 ** 32;
  }

  /** N(0, 1), by Box and Muller. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** 0 to `count` - 1. */
  integer(count: number): number {
    return Math.floor(this.uniform() * count);
  }
}
