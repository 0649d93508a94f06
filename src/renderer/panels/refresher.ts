/** Something on the screen that can be asked again. */
export interface Source {
  visible(): boolean;
  /** Asks with the newest wishes and shows the answer. Gives the milliseconds that it cost the engine; never rejects. */
  ask(): Promise<number>;
}

export interface Clock {
  now(): number;
  /** Returns the function that cancels it. */
  after(milliseconds: number, then: () => void): () => void;
  /** Resolves when what was just shown is drawn, to the milliseconds that it kept the page busy. */
  drawn(): Promise<number>;
}

const wallClock: Clock = {
  now: () => performance.now(),
  after: (milliseconds, then) => {
    const timer = setTimeout(then, milliseconds);
    return () => clearTimeout(timer);
  },
  // The message comes after the frame was laid out and painted. A page out of sight has no frames.
  drawn: () =>
    new Promise((resolve) => {
      const began = performance.now();
      const done = (): void => resolve(performance.now() - began);
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        done();
      };
      requestAnimationFrame(() => port2.postMessage(null));
      setTimeout(done, 1000);
    }),
};

/** Until when training is left alone by all of a page. */
export interface Rest {
  until: number;
}

const restOfPage: Rest = { until: -Infinity };

/** Between two rounds training gets at least this many times the milliseconds that the round took: rounds take at most 5 % of the time. */
const restFactor = 20;
const shortestRestMs = 1000;

/** How often panels follow training, and what that takes from it. */
export interface Pace {
  everySteps: number;
  /** Part of the time, 0 to 1. */
  cost: number;
}

/**
 * Asks the sources of one run, one at a time. What a person does is asked at once, before anything else that waits. New
 * steps start a round through all visible sources. What a round takes from training is the time of the engine, and, as they
 * share the cores, that of the page's drawing; after it all refreshers of the page rest for 20 times as long, and for a second at least.
 */
export class Refresher {
  /** Sources and the step at which each was last asked. */
  private readonly sources = new Map<Source, number>();
  private readonly urgent = new Set<Source>();
  /** What the round under way has still to ask. */
  private round: Source[] = [];
  private roundOpen = false;
  private busy = false;
  private spentMs = 0;
  private newestStep = 0;
  private trains = true;
  private roundStep = 0;
  private roundBegan = -Infinity;
  private cancelTimer: (() => void) | null = null;
  private readonly listeners = new Set<() => void>();
  private lastPace: Pace | null = null;

  constructor(
    private readonly clock: Clock = wallClock,
    private readonly rest: Rest = restOfPage,
  ) {}

  /** Returns the function that takes the source out. */
  add(source: Source): () => void {
    this.sources.set(source, -1);
    return () => {
      this.sources.delete(source);
      this.urgent.delete(source);
      this.round = this.round.filter((waiting) => waiting !== source);
    };
  }

  /** Because a person wants it: as soon as the answer under way has come; of several, that which was there first, which is the first on the page. */
  askNow(source: Source): void {
    this.urgent.add(source);
    this.pump();
  }

  /** The run stands at `step`: further on, or further back when it was resumed from a checkpoint. One that trains no more is not to be left alone: its last step is shown at once. */
  stepArrived(step: number, trains = true): void {
    this.newestStep = step;
    this.trains = trains;
    this.pump();
  }

  /** Something came into view: asks what missed the newest step. */
  wake(): void {
    for (const [source, step] of this.sources) if (step !== this.newestStep && source.visible()) this.urgent.add(source);
    this.pump();
  }

  pace = (): Pace | null => this.lastPace;

  onPace = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };

  private pump(): void {
    if (this.busy) return;
    const wanted = [...this.sources.keys()].find((source) => this.urgent.has(source));
    const next = wanted ?? this.round[0];
    if (next) return this.ask(next);
    if (this.newestStep !== this.roundStep) this.beginRound();
  }

  private beginRound(): void {
    const now = this.clock.now();
    if (this.trains && now < this.rest.until) {
      this.cancelTimer ??= this.clock.after(this.rest.until - now, () => {
        this.cancelTimer = null;
        this.pump();
      });
      return;
    }
    const visible = [...this.sources.keys()].filter((source) => source.visible());
    if (visible.length === 0) return;
    if (this.roundStep > 0 && this.newestStep > this.roundStep) this.setPace({ everySteps: this.newestStep - this.roundStep, cost: this.spentMs / (now - this.roundBegan) });
    this.roundStep = this.newestStep;
    this.roundBegan = now;
    this.spentMs = 0;
    this.round = visible;
    this.roundOpen = true;
    this.pump();
  }

  private ask(source: Source): void {
    const inRound = this.round.includes(source);
    this.busy = true;
    this.urgent.delete(source);
    this.round = this.round.filter((waiting) => waiting !== source);
    if (this.sources.has(source)) this.sources.set(source, this.newestStep);
    void source.ask().then(async (milliseconds) => {
      const drawing = await this.clock.drawn();
      this.busy = false;
      if (inRound) this.spentMs += milliseconds + drawing;
      if (this.roundOpen && this.round.length === 0) {
        this.roundOpen = false;
        const now = this.clock.now();
        this.rest.until = Math.max(now + shortestRestMs, Math.max(now, this.rest.until) + restFactor * this.spentMs);
      }
      this.pump();
    });
  }

  private setPace(pace: Pace): void {
    this.lastPace = pace;
    this.listeners.forEach((listener) => listener());
  }
}
