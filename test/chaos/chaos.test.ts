import { afterAll, describe, it } from 'vitest';
import { clockCases } from './cases/clock.ts';
import { diskCases } from './cases/disk.ts';
import { nvidiaSmiCases } from './cases/nvidia-smi.ts';
import { processCases } from './cases/process.ts';
import { sysfsCases } from './cases/sysfs.ts';
import { killRounds } from './kill-rounds.ts';
import { isFull, ofThisRun } from './lengths.ts';
import type { Outcome } from './outcome.ts';
import { runCase } from './run-case.ts';
import { table } from './table.ts';

const cases = [...nvidiaSmiCases, ...sysfsCases, ...clockCases, ...diskCases, ...processCases];
/** A case takes its own time, and that of an agent to start and to settle before and after. */
const OVERHEAD_MS = 240_000;

const KILLS = ofThisRun({ short: 8, full: 200 });

const outcomes: Outcome[] = [];
afterAll(() => {
  if (isFull) process.stdout.write(`\n${table(outcomes)}`);
});

const holds = (title: string, limitMs: number, play: () => Promise<Outcome>): void =>
  it(title, { timeout: limitMs }, async ({ expect }) => {
    const outcome = await play();
    outcomes.push(outcome);
    expect(outcome.problems).toEqual([]);
  });

describe.concurrent('/metrics answers, every other verdict stays right, and nothing is lost or left behind when', () => {
  // The longest first, so that the others run beside it.
  const killed = `the agent is killed at random, ${KILLS} times`;
  holds(killed, KILLS * 15_000 + OVERHEAD_MS, () => killRounds(killed, KILLS));

  for (const one of cases) {
    const missing = one.missing?.();
    if (missing === undefined) holds(one.name, ofThisRun(one.seconds) * 1000 + OVERHEAD_MS, () => runCase(one));
    else it.skip(`${one.name} (${missing})`);
  }
});
