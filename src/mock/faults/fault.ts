import type { MachineSpec } from '../machine.ts';
import type { GpuState, KernelRecord, NicState, World } from '../world/state.ts';

/** Which part of the machine breaks: a position in `gpus` or `nics`, 0 for faults of the whole node. */
export interface Target {
  readonly index: number;
  /** The number in `xid<N>`. */
  readonly code: number;
}

/** One thing that can go wrong: a pure transformation of the machine's state. */
export interface Fault {
  /** As written in `--mock`; `xid<N>` stands for a family. */
  readonly name: string;
  readonly component: 'gpu' | 'nic' | 'node';
  readonly help: string;
  /** Why the fault makes no sense on a machine; nothing when it does. */
  readonly unfit?: (machine: MachineSpec) => string | undefined;
  readonly apply: (world: World, target: Target) => World;
}

/** Rising faults are some minutes old when the simulation starts, so that lifetime totals are not zero. */
const FAULT_AGE_SECONDS = 600;
const EVENT_AGE_MS = 20_000;

/** Grows by one a second, so that two samples differ. */
export const secondsSinceStart = (world: World): number => Math.floor((world.atMs - world.startMs) / 1000);

/** Seconds for which a rising fault has lasted. */
export const faultSeconds = (world: World): number => FAULT_AGE_SECONDS + secondsSinceStart(world);

export const changeGpu = (world: World, { index }: Target, change: (gpu: GpuState) => Partial<GpuState>): World => ({
  ...world,
  gpus: world.gpus.map((gpu, i) => (i === index ? { ...gpu, ...change(gpu) } : gpu)),
});

export const changeNic = (world: World, { index }: Target, change: (nic: NicState) => Partial<NicState>): World => ({
  ...world,
  nics: world.nics.map((nic, i) => (i === index ? { ...nic, ...change(nic) } : nic)),
});

/** A kernel record shortly before the simulation starts; later faults of one machine come later. */
export const kernelSays = (world: World, texts: readonly string[], priority = 4): World => {
  const earlier = world.kernel.filter((record) => record.atMs > world.startMs - EVENT_AGE_MS).length;
  const records = texts.map(
    (text, i): KernelRecord => ({ priority, atMs: world.startMs - EVENT_AGE_MS + 1000 + (earlier + i) * 10, text }),
  );
  return { ...world, kernel: [...world.kernel, ...records] };
};
