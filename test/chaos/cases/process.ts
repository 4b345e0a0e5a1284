import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { SOURCES } from '../../../src/config/known-names.ts';
import type { ChaosCase } from '../chaos-case.ts';

const limitDescriptors = (pid: number | undefined, soft: number | 'unlimited'): void => {
  const { status, stderr } = spawnSync('prlimit', ['--pid', `${pid}`, `--nofile=${soft}:`], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`prlimit: ${stderr}`);
};

const softLimit = (pid: number | undefined): number =>
  Number(spawnSync('prlimit', ['--pid', `${pid}`, '--nofile', '--raw', '--noheadings', '--output', 'SOFT']).stdout);

/** One connection that a scraper has kept is answered; a new one is refused until the limit is raised again. */
const noDescriptors: ChaosCase = {
  name: 'no descriptors are left (EMFILE)',
  missing: () => (spawnSync('prlimit', ['--version']).status === 0 ? undefined : 'needs prlimit'),
  seconds: { short: 14, full: 60 },
  breaks: SOURCES,
  blinds: ['gpu/ecc-errors'],
  finds: ['host/agent-degraded', 'gpu/driver-unresponsive'],
  inflict: ({ agent }) => {
    const { pid } = agent.process;
    const before = softLimit(pid);
    limitDescriptors(pid, readdirSync(`/proc/${pid}/fd`).length + 2);
    return async () => limitDescriptors(pid, before);
  },
};

/** What was read before is old when the agent goes on, and says so until it is read again. */
const stopped: ChaosCase = {
  name: 'the agent is stopped and goes on (SIGSTOP)',
  seconds: { short: 12, full: 60 },
  breaks: SOURCES,
  blinds: [],
  stopsAgent: true,
  inflict: ({ agent }) => {
    agent.process.kill('SIGSTOP');
    return async () => {
      agent.process.kill('SIGCONT');
    };
  },
};

export const processCases: readonly ChaosCase[] = [noDescriptors, stopped];
