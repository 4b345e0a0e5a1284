import type { Component, Gpu, Raw, Reading } from '../api.ts';
import { recoveryAction } from '../knowledge/recovery-action.ts';

/** A GPU that was reset between two readings (Unix ms). */
export interface GpuReset {
  readonly component: Component;
  /** The last reading that shows that it had not been reset yet. */
  readonly after: number;
  /** The reading that shows that it has been. */
  readonly at: number;
  /** What shows it, for people. */
  readonly evidence: string;
}

/** Watches for resets of GPUs. */
export interface GpuResetWatch {
  /** Takes a reading of the GPUs; tells which of them were reset since the readings before. */
  next(gpus: readonly Raw<Gpu>[], at: number): readonly GpuReset[];
  /** The wall clock was stepped by so much. */
  shift(deltaMs: number): void;
  /** What each GPU last said, for a later process of the same boot: a reset while no agent runs is seen by it. */
  export(): SavedSigns;
  restore(saved: SavedSigns): void;
}

/** By UUID and sign; plain data. */
export type SavedSigns = Readonly<
  Record<string, Readonly<Record<string, { readonly value: number; readonly at: number }>>>
>;

/**
 * Numbers that only a reset of the GPU or a load of the driver takes back, by name: how long it was throttled since the
 * driver loaded, which ECC errors it counted since then (`nvidia-smi --reset-ecc-errors` takes these back too), and 1 for
 * each way in which a reset is asked for.
 */
type Signs = ReadonlyMap<string, number>;
/** What a GPU last said, and when (Unix ms). */
type Memory = ReadonlyMap<string, { readonly value: number; readonly at: number }>;

const THROTTLE = 'throttle time';
const ECC = 'volatile ECC';

/** A reboot that the driver asks for says nothing about the reset that it asked for before. */
const asksForReset = ({ recoveryAction: said }: Raw<Gpu>): Reading<boolean> => {
  if (!said.ok) return said;
  const { needed, action } = recoveryAction(said.value);
  const isReset = action.then === 'reset_gpu';
  return needed && !isReset ? { ok: false, reason: 'unsupported', detail: said.value } : { ok: true, value: needed };
};

const isKeptLoaded = ({ persistenceMode }: Raw<Gpu>): boolean => persistenceMode.ok && persistenceMode.value;
const isCounter = (name: string): boolean => name.startsWith(THROTTLE) || name.startsWith(ECC);

const signsOf = (gpu: Raw<Gpu>): Signs => {
  // Without persistence mode the driver lets go of a GPU that nobody uses, and its counters begin anew each time
  // (docs.nvidia.com/deploy/driver-persistence).
  const counters = isKeptLoaded(gpu)
    ? [
        ...Object.entries(gpu.throttle).map(
          ([reason, { seconds }]) => [`${THROTTLE} ${reason}`, seconds.counter] as const,
        ),
        ...Object.entries(gpu.ecc.volatile).map(([location, { counter }]) => [`${ECC} ${location}`, counter] as const),
      ]
    : [];
  const asked = [
    // A reset puts the spare row in place (docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt, row remapping).
    ['row remap pending', gpu.rows.pending],
    ['recovery action', asksForReset(gpu)],
    ['reset required', gpu.resetRequired],
  ] as const;
  const readings: readonly (readonly [string, Reading<number | boolean>])[] = [...counters, ...asked];
  return new Map(readings.flatMap(([name, reading]) => (reading.ok ? [[name, Number(reading.value)]] : [])));
};

/** What fell that only a reset takes back, and when it was last seen to stand (Unix ms). */
const evidenceOf = (before: Memory, now: Signs): readonly { readonly name: string; readonly at: number }[] => {
  const compared = [...now].flatMap(([name, value]) => {
    const known = before.get(name);
    return known === undefined || known.value === 0 ? [] : [{ name, at: known.at, fell: value < known.value }];
  });
  // ECC counters alone may have been cleared by somebody (nvidia-smi --reset-ecc-errors): they count beside another sign.
  const fallen = compared.filter(({ fell }) => fell);
  return fallen.some(({ name }) => !name.startsWith(ECC)) ? fallen : [];
};

/** GPUs by UUID; one that broken or masking tools give to several GPUs names none. */
const byUuid = (gpus: readonly Raw<Gpu>[]): ReadonlyMap<string, Raw<Gpu>> => {
  const found = new Map<string, Raw<Gpu>>();
  const twice = new Set<string>();
  for (const gpu of gpus) {
    const { uuid } = gpu.ref;
    if (uuid === undefined) continue;
    if (found.has(uuid)) twice.add(uuid);
    found.set(uuid, gpu);
  }
  for (const uuid of twice) found.delete(uuid);
  return found;
};

/**
 * Takes a GPU for reset on positive evidence only: something fell that only a reset takes back. What a GPU last said is
 * remembered while it is silent, as it is during a reset. The kernel log holds no evidence: the driver prints no line of
 * its own about a reset, and what the tools that do one write there any user may write.
 */
export const createGpuResetWatch = (): GpuResetWatch => {
  const memories = new Map<string, Memory>();

  return {
    next: (gpus, at) =>
      [...byUuid(gpus)].flatMap(([uuid, gpu]) => {
        const before: Memory = memories.get(uuid) ?? new Map();
        const signs = signsOf(gpu);
        const evidence = evidenceOf(before, signs);
        const said = [...signs].map(([name, value]) => [name, { value, at }] as const);
        // Counters that begin anew while nobody keeps the GPU loaded are no evidence when somebody does again.
        const kept = isKeptLoaded(gpu) ? [...before] : [...before].filter(([name]) => !isCounter(name));
        memories.set(uuid, new Map(evidence.length === 0 ? [...kept, ...said] : said));
        if (evidence.length === 0) return [];
        const after = Math.max(...evidence.map((one) => one.at));
        return [{ component: gpu.ref, after, at, evidence: evidence.map(({ name }) => name).join(', ') }];
      }),
    export: () => Object.fromEntries([...memories].map(([uuid, memory]) => [uuid, Object.fromEntries(memory)])),
    restore: (saved) => {
      for (const [uuid, memory] of Object.entries(saved)) memories.set(uuid, new Map(Object.entries(memory)));
    },
    shift: (deltaMs) => {
      for (const [uuid, memory] of memories)
        memories.set(uuid, new Map([...memory].map(([name, one]) => [name, { ...one, at: one.at + deltaMs }])));
    },
  };
};
