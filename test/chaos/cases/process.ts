import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import type { ChaosCase } from '../chaos-case.ts';

const EVERY_SOURCE = [
  'nvidia-smi',
  'nvidia-smi-nvlink',
  'nvidia-smi-topo',
  'driver-module',
  'pci',
  'infiniband',
  'kernel-log',
  'hwmon',
  'inventory',
];

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
  breaks: EVERY_SOURCE,
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
  breaks: EVERY_SOURCE,
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
