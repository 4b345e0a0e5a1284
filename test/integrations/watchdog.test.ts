import { describe, expect, it } from 'vitest';
import { createWatchdog, earnsPing } from '../../src/integrations/watchdog.ts';

const PERIOD_MS = 60_000;

describe('a ping', () => {
  const state = { periodMs: PERIOD_MS, nowMs: 20_000, pingedAtMs: 0, turnedAt: 19_000, turnedAtPing: 0 };

  it('is earned by a turn, a third of the period after the last', () => {
    expect(earnsPing(state)).toBe(true);
  });

  it('is not earned without a turn since the last ping, however late it is', () => {
    expect(earnsPing({ ...state, nowMs: 59_999, turnedAt: 0 })).toBe(false);
  });

  it('is not sent again before a third of the period', () => {
    expect(earnsPing({ ...state, nowMs: 19_999 })).toBe(false);
  });

  it('is earned when the clock by which turns are dated was set back', () => {
    expect(earnsPing({ ...state, turnedAt: -3_600_000 })).toBe(true);
  });
});

describe('the watchdog', () => {
  /** Lets time pass in seconds and answers when pings were sent. */
  const pingsOf = (seconds: number, o: { turnsUntil: number; turnEverySeconds: number }): readonly number[] => {
    let now = 0;
    let turned = 0;
    const pings: number[] = [];
    const watchdog = createWatchdog({
      periodMs: PERIOD_MS,
      now: () => now,
      turned: () => turned,
      ping: async () => {
        pings.push(now / 1000);
      },
    });
    for (now = 1000; now <= seconds * 1000; now += 1000) {
      if (now <= o.turnsUntil * 1000 && (now / 1000) % o.turnEverySeconds === 0) turned = now;
      // As from a bare timer, which goes on when the scheduler does not.
      watchdog.beat();
    }
    return pings;
  };

  it('pings three times a period while the scheduler turns every second', () => {
    expect(pingsOf(125, { turnsUntil: 125, turnEverySeconds: 1 })).toEqual([20, 40, 60, 80, 100, 120]);
  });

  it('stops with the scheduler, at most one ping later', () => {
    expect(pingsOf(600, { turnsUntil: 45, turnEverySeconds: 1 })).toEqual([20, 40, 60]);
  });

  it('never pings for a scheduler that has not turned', () => {
    expect(pingsOf(600, { turnsUntil: 0, turnEverySeconds: 1 })).toEqual([]);
  });

  it('stays within the period when the fastest source is slower than a third of it', () => {
    expect(pingsOf(120, { turnsUntil: 120, turnEverySeconds: 30 })).toEqual([30, 60, 90, 120]);
  });
});
