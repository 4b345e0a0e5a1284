import type { Engine } from '../engine/engine.ts';
import type { EventLog } from '../store/event-log.ts';
import type { StateFile } from '../store/state-file.ts';
import { type AgentMemory, toFile } from './memory-file.ts';

/** Brings what the agent knows to the disk: first the events, then the state that goes on from them. */
export interface Keeper {
  /** Soon, in the background. */
  wake(): void;
  /** Resolves once what is known now is on disk, or the disk was given up. */
  keep(): Promise<void>;
}

export const createKeeper = (o: {
  readonly engine: Engine;
  readonly events: EventLog;
  readonly stateFile: StateFile;
  readonly lastEventId: () => number;
}): Keeper => {
  let running: Promise<void> | undefined;
  let again = false;

  const round = async (): Promise<void> => {
    // Taken together, before the events are awaited: an older state than the events is what a restart can mend.
    const memory: AgentMemory = { engine: o.engine.memory(), lastEventId: o.lastEventId() };
    if (!(await o.events.flushed())) return;
    o.stateFile.save(toFile(memory));
    await o.stateFile.flushed();
  };

  const wake = (): void => {
    if (running !== undefined) {
      again = true;
      return;
    }
    running = round().finally(() => {
      running = undefined;
      if (!again) return;
      again = false;
      wake();
    });
  };

  return {
    wake,
    keep: async () => {
      // A round that is under way may have begun before the last change.
      await running;
      wake();
      await running;
    },
  };
};
