import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AnyCollector } from '../../src/api.ts';
import { startDaemon } from '../../src/engine/daemon.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { createScheduler } from '../../src/engine/scheduler.ts';

afterEach(() => vi.useRealTimers());

/** An engine that knows nothing but whether the source answers, and counts how often it was asked. */
const asking = (everySeconds: number) => {
  vi.useFakeTimers();
  const state = { answers: true, asked: 0 };
  const collector = { id: 'topology', provides: ['rails'], schedule: { everySeconds }, deadlineMs: 1000 };
  const engine = {
    collect: async () => {
      state.asked += 1;
      return true;
    },
    answers: () => state.answers,
    expect: () => {},
    assess: () => ({ sources: [] }),
  };
  const scheduler = createScheduler({ node: 'n', onError: () => {} });
  const start = () =>
    startDaemon({
      engine: engine as unknown as Engine,
      collectors: [collector as unknown as AnyCollector],
      scheduler,
      intervals: {},
      onSnapshot: () => {},
    });
  return { state, start };
};

const MINUTE_MS = 60_000;

describe('a source that is asked once an hour', () => {
  it('is asked again within two minutes while it does not answer, and no more once it has', async () => {
    const { state, start } = asking(3600);
    state.answers = false;
    const daemon = start();
    await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
    expect(state.asked).toBeGreaterThan(1);
    state.answers = true;
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    const asked = state.asked;
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
    expect(state.asked).toBe(asked);
    daemon.stop();
  });

  it('is left to its schedule while it answers', async () => {
    const { state, start } = asking(3600);
    const daemon = start();
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
    expect(state.asked).toBe(1);
    daemon.stop();
  });
});
