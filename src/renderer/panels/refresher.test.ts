import { describe, expect, it } from 'vitest';
import { Refresher, type Clock, type Rest, type Source } from './refresher';

/** Time that passes only when told to. */
class FakeClock implements Clock {
  time = 0;
  private timers: { at: number; then: () => void }[] = [];
  drawingMs = 0;
  now = () => this.time;
  drawn = () => Promise.resolve(this.drawingMs);
  after(milliseconds: number, then: () => void) {
    const timer = { at: this.time + milliseconds, then };
    this.timers.push(timer);
    return () => void (this.timers = this.timers.filter((other) => other !== timer));
  }
  async pass(milliseconds: number) {
    this.time += milliseconds;
    const due = this.timers.filter((timer) => timer.at <= this.time);
    this.timers = this.timers.filter((timer) => timer.at > this.time);
    due.forEach((timer) => timer.then());
    await settle();
  }
}

const settle = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

/** A source whose answers come when told to, each costing `milliseconds`. */
function source(log: string[], name: string, milliseconds: number, visible = true) {
  const waiting: (() => void)[] = [];
  const made: Source & { shown: boolean; answer(): Promise<void> } = {
    shown: visible,
    visible: () => made.shown,
    ask: () => {
      log.push(name);
      return new Promise((resolve) => waiting.push(() => resolve(milliseconds)));
    },
    answer: async () => {
      waiting.shift()?.();
      await settle();
    },
  };
  return made;
}

function bench(...costs: number[]) {
  const clock = new FakeClock();
  const rest: Rest = { until: -Infinity };
  const refresher = new Refresher(clock, rest);
  const log: string[] = [];
  const sources = costs.map((cost, i) => source(log, 'abcdef'.charAt(i), cost));
  const ends = sources.map((made) => refresher.add(made));
  const [first, second] = sources;
  if (!first || !second) throw new Error('two sources at least');
  return { clock, rest, refresher, log, first, second, ends };
}

describe('the refresher of a run', () => {
  it('asks one source after another and never two at a time', async () => {
    const { refresher, log, first, second } = bench(5, 5);
    refresher.stepArrived(1);
    refresher.stepArrived(2);
    expect(log).toEqual(['a']);
    await first.answer();
    expect(log).toEqual(['a', 'b']);
    await second.answer();
    expect(log).toEqual(['a', 'b']);
  });

  it.each([
    ['kept the engine busy', 0, 50],
    ['took to be drawn, each answer 10 ms', 10, 70],
  ])('rests for twenty times as long as a round %s', async (_, drawingMs, tookMs) => {
    const { clock, refresher, log, first, second } = bench(30, 20);
    clock.drawingMs = drawingMs;
    refresher.stepArrived(10);
    await first.answer();
    await second.answer();
    refresher.stepArrived(20);
    await clock.pass(20 * tookMs - 1);
    expect(log).toEqual(['a', 'b']);
    await clock.pass(1);
    expect(log).toEqual(['a', 'b', 'a']);
  });

  it('shows the last step of a run that has ended at once, and rests again when it goes on', async () => {
    const { clock, refresher, log, first, second } = bench(300, 300);
    refresher.stepArrived(90);
    await first.answer();
    await second.answer();
    refresher.stepArrived(100);
    expect(log).toEqual(['a', 'b']);
    refresher.stepArrived(100, false);
    await first.answer();
    await second.answer();
    expect(log).toEqual(['a', 'b', 'a', 'b']);
    refresher.stepArrived(110);
    await clock.pass(12_000);
    expect(log).toEqual(['a', 'b', 'a', 'b']);
    await clock.pass(12_000);
    expect(log).toEqual(['a', 'b', 'a', 'b', 'a']);
  });

  it('rests for what others of the same page took, too', async () => {
    const { clock, rest, refresher, log, first, second } = bench(50, 50);
    const others = new Refresher(clock, rest);
    const other = source(log, 'o', 150);
    others.add(other);
    refresher.stepArrived(1);
    await first.answer();
    await second.answer();
    others.stepArrived(1);
    refresher.stepArrived(2);
    await clock.pass(1999);
    expect(log).toEqual(['a', 'b']);
    await clock.pass(1);
    await other.answer();
    await first.answer();
    await second.answer();
    refresher.stepArrived(3);
    await clock.pass(4999);
    expect(log.filter((name) => name === 'a')).toHaveLength(2);
    await clock.pass(1);
    expect(log.filter((name) => name === 'a')).toHaveLength(3);
  });

  it('waits a second at least, however cheap the answers were', async () => {
    const { clock, refresher, log, first, second } = bench(0, 1);
    refresher.stepArrived(10);
    await first.answer();
    await second.answer();
    refresher.stepArrived(11);
    await clock.pass(999);
    expect(log).toHaveLength(2);
    await clock.pass(1);
    expect(log).toHaveLength(3);
  });

  it('asks what a person wants at once: before the rest of a round, and without waiting for the rest to be over', async () => {
    const { refresher, log, first, second } = bench(100, 100, 100);
    refresher.stepArrived(1);
    refresher.askNow(first);
    expect(log).toEqual(['a']);
    await first.answer();
    expect(log).toEqual(['a', 'a']);
    await first.answer();
    await second.answer();
    expect(log).toEqual(['a', 'a', 'b', 'c']);
  });

  it('asks once, last, for wishes that changed many times while an answer was under way', async () => {
    const { refresher, log, first, second } = bench(5, 5);
    refresher.askNow(first);
    refresher.askNow(second);
    refresher.askNow(second);
    refresher.askNow(second);
    await first.answer();
    await second.answer();
    expect(log).toEqual(['a', 'b']);
  });

  it('does not count what a person asked for against the next round', async () => {
    const { clock, refresher, log, first, second } = bench(50, 50);
    const hidden = source(log, 'h', 5000, false);
    refresher.add(hidden);
    refresher.stepArrived(1);
    refresher.askNow(hidden);
    await first.answer();
    await hidden.answer();
    await second.answer();
    expect(log).toEqual(['a', 'h', 'b']);
    refresher.stepArrived(2);
    await clock.pass(20 * 100 - 1);
    expect(log).toHaveLength(3);
    await clock.pass(1);
    expect(log).toHaveLength(4);
  });

  it('rests after a round also when a person asked for the last of it first', async () => {
    const { clock, refresher, log, first, second } = bench(50, 50);
    refresher.stepArrived(1);
    refresher.askNow(second);
    await first.answer();
    await second.answer();
    refresher.stepArrived(2);
    await clock.pass(1999);
    expect(log).toEqual(['a', 'b']);
    await clock.pass(1);
    expect(log).toEqual(['a', 'b', 'a']);
  });

  it('asks nothing that is out of view, and asks it once it comes into view', async () => {
    const { refresher, log, first, second } = bench(5, 5);
    second.shown = false;
    refresher.stepArrived(4);
    await first.answer();
    expect(log).toEqual(['a']);
    second.shown = true;
    refresher.wake();
    expect(log).toEqual(['a', 'b']);
    await second.answer();
    refresher.wake();
    expect(log).toEqual(['a', 'b']);
  });

  it('follows a run that was resumed from an earlier checkpoint', async () => {
    const { clock, refresher, log, first, second } = bench(1, 1);
    refresher.stepArrived(900);
    await first.answer();
    await second.answer();
    await clock.pass(1000);
    refresher.stepArrived(500);
    expect(log).toEqual(['a', 'b', 'a']);
  });

  it('forgets a source that was taken away', async () => {
    const { refresher, log, first, ends } = bench(5, 5);
    refresher.stepArrived(1);
    ends[1]?.();
    await first.answer();
    expect(log).toEqual(['a']);
  });

  it('says how many steps pass between rounds and what they cost', async () => {
    const { clock, refresher, first, second } = bench(10, 30);
    const paces: unknown[] = [];
    refresher.onPace(() => paces.push(refresher.pace()));
    refresher.stepArrived(100);
    await first.answer();
    await second.answer();
    refresher.stepArrived(300);
    await clock.pass(1000);
    expect(paces).toEqual([{ everySteps: 200, cost: 0.04 }]);
  });
});
