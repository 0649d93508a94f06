import type { FromEngine, ToEngine } from '../../contract/engine';

/** What the core asks between two steps. */
export type Request = Exclude<ToEngine, { type: 'open' } | { type: 'stored' }>;

/** The engine's end of the channel to its core. */
export class Link {
  private readonly requests: Request[] = [];
  private storedStep = 0;
  private wake: () => void = () => undefined;
  private lastBreath = performance.now();
  private sent: unknown;

  /** Whoever is given what is sent and calls `receive` is the other end. @param transmit resolves when the message is on its way out */
  constructor(private readonly transmit: (message: FromEngine) => unknown) {}

  send(message: FromEngine): void {
    this.sent = this.transmit(message);
  }

  /** Resolves when all that was sent is on its way out. A large message takes several turns of the event loop, which a training loop gives seldom. */
  async flush(): Promise<void> {
    await this.sent;
  }

  receive(message: Exclude<ToEngine, { type: 'open' }>): void {
    if (message.type === 'stored') this.storedStep = message.step;
    else this.requests.push(message);
    this.wake();
  }

  /** The oldest request that has not been taken yet. */
  take(): Request | undefined {
    return this.requests.shift();
  }

  /** Lets messages in, if none had a chance for 5 ms. */
  async breathe(): Promise<void> {
    if (performance.now() - this.lastBreath < 5) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.lastBreath = performance.now();
  }

  /** Resolves when there is a request to take. */
  async request(): Promise<void> {
    while (this.requests.length === 0) await this.message();
  }

  /** Resolves when the core has stored every metric up to `step`. */
  async stored(step: number): Promise<void> {
    while (this.storedStep < step) await this.message();
  }

  private message(): Promise<void> {
    return new Promise((resolve) => (this.wake = resolve));
  }
}
