import { performance } from 'node:perf_hooks';
import type { MockSpec } from './fault-spec.ts';
import { injectFault, recoverFault } from './inject.ts';
import { treeWriter } from './owner-files.ts';
import type { OwnerRequest } from './owner-requests.ts';
import { good, type Result } from './result.ts';
import { renderWorld } from './world.ts';

/** A machine that lives in a directory. Both methods throw what the file system throws. */
export interface Simulation {
  /** Writes the machine as it is now. */
  advance(): void;
  /** Changes what is wrong with it and writes it, so that a tool that is called after the answer sees the change. */
  change(request: OwnerRequest): Result<void>;
}

/**
 * Unix ms from `startMs` on, each later than the one before. Steps of the wall clock do not show, as they do not in the
 * uptime and the kernel log of a real machine, and kernel records keep the order in which they were injected.
 */
const risingClock = (startMs: number): (() => number) => {
  const origin = performance.now();
  let last = startMs - 1;
  return () => {
    last = Math.max(last + 1, Math.floor(startMs + performance.now() - origin));
    return last;
  };
};

export const createSimulation = (dir: string, mock: MockSpec, seed: string): Simulation => {
  const startMs = Date.now();
  const now = risingClock(startMs);
  const write = treeWriter(dir);
  let current = mock;
  const show = (atMs: number): void => write(renderWorld({ ...current, seed, startMs, atMs }));
  return {
    advance: () => show(now()),
    change: (request) => {
      const atMs = now();
      const changed =
        'inject' in request ? injectFault(current, request.inject, atMs) : recoverFault(current, request.recover, atMs);
      if (!changed.ok) return changed;
      current = changed.value;
      show(atMs);
      return good(undefined);
    },
  };
};
