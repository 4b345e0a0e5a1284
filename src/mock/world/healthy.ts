import type { MachineSpec } from '../machine.ts';
import { bootLog } from './boot-log.ts';
import { healthyGpu } from './healthy-gpu.ts';
import { healthyNic } from './healthy-nic.ts';
import { healthyStorage } from './healthy-storage.ts';
import { healthyHost } from './host-state.ts';
import { fraction, uuidOf } from './noise.ts';
import type { World } from './state.ts';

const DAY_MS = 86_400_000;

export interface Moment {
  readonly machine: MachineSpec;
  readonly seed: string;
  /** When the simulation began (Unix ms); the machine booted some days before. */
  readonly startMs: number;
  readonly atMs: number;
}

/** The machine at a moment, without any fault. */
export const healthyWorld = ({ machine, seed, startMs, atMs }: Moment): World => {
  const bootMs = Math.floor((startMs - (2 + 3 * fraction(`${seed}/uptime`)) * DAY_MS) / 1000) * 1000;
  return {
    machine,
    seed,
    startMs,
    atMs,
    bootMs,
    bootId: uuidOf(`${seed}/${machine.name}/boot/${startMs}`),
    nvidiaSmi: 'answers',
    gpus: machine.gpus.map((slot, i) => healthyGpu(machine, machine.gpu, slot, i, seed, atMs, bootMs)),
    nics: machine.nics.map((spec) => healthyNic(spec, seed, startMs, atMs)),
    kernel: bootLog(machine, bootMs),
    host: healthyHost(machine),
    storage: healthyStorage(seed),
  };
};
