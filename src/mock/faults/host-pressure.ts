import type { Fault } from './fault.ts';

/** Percent of the time: a neighbour that fills the CPUs and the disk, and leaves the memory alone. */
const BESIEGED = { cpu: 62, memory: 0.4, io: 44 } as const;

export const hostPressure: Fault = {
  name: 'host-pressure',
  component: 'node',
  help: 'tasks of the host wait for CPU and disk most of the time',
  breaks: (world) => ({ ...world, hostPressure: BESIEGED }),
};
