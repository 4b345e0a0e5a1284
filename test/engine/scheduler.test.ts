import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { createScheduler, phaseOf } from '../../src/engine/scheduler.ts';

it('gives every node of a fleet its own place in the period', () => {
  const phases = Array.from({ length: 1000 }, (_, i) => phaseOf(`node-${i}`, 'nvidia-smi', 30));
  expect(Math.min(...phases)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...phases)).toBeLessThan(30);
  const perThird = [0, 10, 20].map((from) => phases.filter((phase) => phase >= from && phase < from + 10).length);
  for (const count of perThird) expect(count).toBeGreaterThan(250);
  expect(phaseOf('node-1', 'nvidia-smi', 30)).toBe(phaseOf('node-1', 'nvidia-smi', 30));
});

it('never runs a task beside itself, and a failing task goes on being run', async () => {
  vi.useFakeTimers();
  let running = 0;
  let most = 0;
  let runs = 0;
  const failures: unknown[] = [];
  const scheduler = createScheduler({ node: 'n', onError: (_, error) => failures.push(error) });
  scheduler.every('slow', 1, async () => {
    running += 1;
    runs += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    running -= 1;
    throw new Error('always');
  });
  await vi.advanceTimersByTimeAsync(20_000);
  scheduler.stop();
  vi.useRealTimers();
  expect(most).toBe(1);
  expect(runs).toBeGreaterThan(4);
  expect(failures.length).toBeGreaterThan(3);
});

it('moves a task to another period, leaves it alone where the period is the same, and cancels it', async () => {
  vi.useFakeTimers();
  const runs = { a: 0, b: 0 };
  const scheduler = createScheduler({ node: 'n', onError: () => undefined });
  const runA = async () => {
    runs.a += 1;
  };
  const runB = async () => {
    runs.b += 1;
  };
  scheduler.every('a', 10, runA);
  await vi.advanceTimersByTimeAsync(100_000);
  expect(runs.a).toBeGreaterThan(7);
  scheduler.every('a', 10, runB);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(runs.b).toBe(0);
  const before = runs.a;
  scheduler.every('a', 1, runB);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(runs).toMatchObject({ a: before });
  expect(runs.b).toBeGreaterThan(6);
  scheduler.cancel('a');
  const last = runs.b;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(runs.b).toBe(last);
  vi.useRealTimers();
});

it('runs a cron schedule through node-cron, and stops', async () => {
  let runs = 0;
  const scheduler = createScheduler({ node: 'n', onError: () => undefined });
  scheduler.cron('nightly', '* * * * * *', async () => {
    runs += 1;
  });
  await vi.waitUntil(() => runs > 0, { timeout: 5000 });
  scheduler.stop();
  const stopped = runs;
  await sleep(1500);
  expect(runs).toBe(stopped);
});
