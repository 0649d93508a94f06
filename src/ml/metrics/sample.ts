/** Mean and variance of a stream of numbers (Welford 1962). */
export class Sample {
  private n = 0;
  private mean = 0;
  private squares = 0;

  add(values: Iterable<number>): void {
    for (const value of values) {
      const before = value - this.mean;
      this.mean += before / ++this.n;
      this.squares += before * (value - this.mean);
    }
  }

  /** The standard error of the mean; null of one number. */
  summary(): { value: number; standardError: number | null; n: number } {
    return { value: this.mean, standardError: this.n > 1 ? Math.sqrt(this.squares / (this.n - 1) / this.n) : null, n: this.n };
  }
}
