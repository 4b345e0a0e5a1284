import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, RunningAgent } from '../support/agent.ts';
import { processesNaming } from '../support/cli.ts';

const COUNT_EVERY_MS = 500;

/** Processes of a bench besides its agent and the owner of its machine: the tools that run, and what they left. */
export const strangers = (bench: Bench, agent?: RunningAgent): readonly string[] =>
  processesNaming(basename(bench.machine.dir)).filter(
    (line) => !line.startsWith(`${agent?.process.pid} `) && !line.includes(' mock-owner '),
  );

/** Counts them all the time. */
export const watchProcesses = (bench: Bench, agent: RunningAgent) => {
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, strangers(bench, agent).length);
  }, COUNT_EVERY_MS);
  return { most: () => most, stop: () => clearInterval(timer) };
};

/** The agent ends its tools when it ends; after kill -9 they come to their own end. */
const LAST_CALL_MS = 10_000;

/** What is there of a bench although its agent has ended. */
export const leftOver = async (bench: Bench): Promise<readonly string[]> => {
  for (const endsAt = Date.now() + LAST_CALL_MS; Date.now() < endsAt && strangers(bench).length > 0; ) await sleep(100);
  return strangers(bench);
};
