import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChaosCase } from '../chaos-case.ts';
import { isFull } from '../lengths.ts';

const LIBRARY = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
].find(existsSync);

const HOUR = 3600;
const DAY = 86_400;
/** How far the clock is from the true one, one after the other (s): an hour and a day, forward and back. */
const OFFSETS = [HOUR, 0, -HOUR, 0, DAY, -DAY, 0];
const BETWEEN_MS = isFull ? 15_000 : 3000;
/** As old as a verdict can be whose oldest source is asked once in five minutes. */
const OLDEST_SECONDS = 300;

const setClock = (dir: string, seconds: number): void => {
  const file = join(dir, 'offset');
  writeFileSync(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
  renameSync(`${file}.new`, file);
};

const steps: ChaosCase = {
  name: 'the wall clock jumps, both ways',
  missing: () => (LIBRARY === undefined ? 'needs libfaketime of the package faketime' : undefined),
  seconds: { short: 6, full: 15 },
  breaks: [],
  blinds: [],
  prepare: ({ dir }) => {
    setClock(dir, 0);
    return {
      env: {
        LD_PRELOAD: LIBRARY ?? '',
        FAKETIME_TIMESTAMP_FILE: join(dir, 'offset'),
        // Looked at once a second: at every reading of the clock it costs more than what the agent does.
        FAKETIME_CACHE_DURATION: '1',
        // Only the wall clock jumps, as when somebody sets it.
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        NO_FAKE_STAT: '1',
      },
    };
  },
  inflict: async ({ dir }) => {
    for (const seconds of OFFSETS.slice(0, -1)) {
      setClock(dir, seconds);
      await sleep(BETWEEN_MS);
    }
    return async () => setClock(dir, OFFSETS.at(-1) ?? 0);
  },
  after: async ({ agent }) => {
    const told = (await agent.events('type=clock_stepped&limit=100')).length;
    const { age_seconds: age } = (await agent.status()).validation;
    return [
      ...(told === OFFSETS.length
        ? []
        : [`${told} events of clock_stepped where the clock was set ${OFFSETS.length} times`]),
      ...(age <= OLDEST_SECONDS ? [] : [`the verdict says that it is ${age} s old`]),
    ];
  },
};

export const clockCases: readonly ChaosCase[] = [steps];
