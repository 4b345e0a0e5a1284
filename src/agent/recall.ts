import type { AnyCheck } from '../api.ts';
import type { Engine } from '../engine/engine.ts';
import type { EventRecord } from '../engine/event.ts';
import type { EventLog } from '../store/event-log.ts';
import type { StateFile } from '../store/state-file.ts';
import { fromFile } from './memory.ts';
import { replayed } from './replay.ts';

/** More than are told between two saves of the state, a minute apart. */
const REPLAYED_EVENTS = 10_000;
/** Of kernel events: as many as the history of a boot holds (derive/kernel-history.ts). */
const TOLD_EVENTS = 1100;

export interface Recalled {
  /** What the store tells of the kernel log of this boot; it is not told again. */
  readonly told: readonly EventRecord[];
  /** Why what an earlier agent knew cannot be used, on one line; nothing where it can, or where there was none. */
  readonly lost?: string;
}

/** Puts into the engine what earlier agents knew: the state, and what the store holds beyond it. */
export const recall = async (o: {
  readonly engine: Engine;
  readonly events: EventLog;
  readonly stateFile: StateFile;
  readonly checks: readonly AnyCheck[];
  readonly bootId: string;
  readonly resumeKernelLog: (sequence: number) => void;
}): Promise<Recalled> => {
  const { engine, events, checks, bootId } = o;
  const loaded = await o.stateFile.load();
  const memory = loaded.ok ? fromFile(loaded.value) : loaded;
  const isOfThisBoot = ({ boot_id }: EventRecord): boolean => boot_id === bootId && bootId !== '';
  const afterId = memory.ok ? memory.value.lastEventId : 0;
  events.continueAfter(afterId);
  const types = ['finding_raised', 'finding_changed', 'finding_cleared'] as const;
  const since = await events.query({ types, afterId, limit: REPLAYED_EVENTS });

  if (memory.ok) {
    const { engine: known } = memory.value;
    // What this boot has cleared already is not told to be over once more.
    const older = since.filter(
      (one) => !isOfThisBoot(one) || known.bootId === bootId || one.type === 'finding_cleared',
    );
    engine.remember({ ...known, findings: replayed(known.findings, older, checks) });
    const { sequence } = known.kernel;
    if (known.bootId === bootId && sequence !== undefined) o.resumeKernelLog(sequence);
  }
  if (!memory.ok || memory.value.engine.bootId !== bootId)
    engine.hold(replayed([], since.filter(isOfThisBoot), checks));

  const kernel = await events.query({ types: ['kernel_event', 'kernel_log_gap'], limit: TOLD_EVENTS });
  const told = kernel.filter(isOfThisBoot);
  if (memory.ok || memory.reason === 'no-history') return { told };
  // What is there but cannot be used; what could not be read may be whole.
  if (loaded.ok || loaded.reason === 'failed') await o.stateFile.setAside();
  return { told, lost: memory.detail };
};
