/** What a generator that pauses returns, run without the pauses. */
export function finished<T>(going: Generator<unknown, T>): T {
  for (;;) {
    const { done, value } = going.next();
    if (done) return value;
  }
}
