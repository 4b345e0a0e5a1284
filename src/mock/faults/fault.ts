import type { MachineSpec } from '../machine.ts';
import type { GpuState, KernelRecord, NicState, World } from '../world/state.ts';

/** Which part of the machine breaks: a position in `gpus` or `nics`, 0 for faults of the whole node. */
export interface Target {
  readonly index: number;
  /** The number in `xid<N>`. */
  readonly code: number;
}

/** When a fault began and how far it has come (Unix ms): to the present, or to where it was recovered. */
export interface Period {
  readonly fromMs: number;
  readonly toMs: number;
  /** False: of the command line, and so older than the simulation. */
  readonly injected: boolean;
}

/** One thing that can go wrong, as pure transformations of the machine's state. */
export interface Fault {
  /** As written in `--mock`; `xid<N>` stands for a family. */
  readonly name: string;
  readonly component: 'gpu' | 'nic' | 'node';
  readonly help: string;
  /** Why the fault makes no sense on a machine; nothing when it does. */
  readonly unfit?: (machine: MachineSpec) => string | undefined;
  /** What is wrong while it lasts. */
  readonly breaks?: (world: World, target: Target) => World;
  /** What it has counted and said by now. This stays when it is over: no counter falls because a part got well. */
  readonly leaves?: (world: World, target: Target, period: Period) => World;
  /** It happens rather than lasts, and so can happen again. */
  readonly event?: true;
  /** It is in the board, the chassis or the flash, where no reset of the GPU reaches. */
  readonly survivesReset?: true;
}

/** Faults of the command line are some minutes old when the simulation starts, so that lifetime totals are not zero. */
const FAULT_AGE_MS = 600_000;
const EVENT_AGE_MS = 20_000;
const RECORD_SPACING_MS = 10;

/** When a fault of the command line began. */
export const beforeStart = (startMs: number): number => startMs - FAULT_AGE_MS;

/** Whole seconds for which a fault has lasted, those before `sinceMs` left out; they grow by one a second. */
export const lastedSeconds = ({ fromMs, toMs }: Period, sinceMs = fromMs): number =>
  Math.max(0, Math.floor((toMs - Math.max(fromMs, sinceMs)) / 1000));

export const changeGpu = (world: World, { index }: Target, change: (gpu: GpuState) => Partial<GpuState>): World => ({
  ...world,
  gpus: world.gpus.map((gpu, i) => (i === index ? { ...gpu, ...change(gpu) } : gpu)),
});

export const changeNic = (world: World, { index }: Target, change: (nic: NicState) => Partial<NicState>): World => ({
  ...world,
  nics: world.nics.map((nic, i) => (i === index ? { ...nic, ...change(nic) } : nic)),
});

/** Records of the command line come shortly before the start, one after the other whatever is injected later. */
const nextBeforeStart = ({ kernel, startMs }: World): number => {
  const earlier = kernel.filter(({ atMs }) => atMs > startMs - EVENT_AGE_MS && atMs < startMs).length;
  return startMs - EVENT_AGE_MS + 1000 + earlier * RECORD_SPACING_MS;
};

/** The kernel says something when the fault begins. */
export const kernelSays = (
  world: World,
  { fromMs, injected }: Period,
  texts: readonly string[],
  priority = 4,
): World => {
  const first = injected ? fromMs : nextBeforeStart(world);
  const apartMs = injected ? 0 : RECORD_SPACING_MS;
  const records = texts.map((text, i): KernelRecord => ({ priority, atMs: first + i * apartMs, text }));
  return { ...world, kernel: [...world.kernel, ...records] };
};
