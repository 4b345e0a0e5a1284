import type { Engine } from '../engine/engine.ts';
import type { EventLog } from '../store/event-log.ts';
import type { StateFile } from '../store/state-file.ts';
import { type AgentMemory, toFile } from './memory.ts';

/** Brings what the agent knows to the disk: first the events, then the state that goes on from them. */
export interface Keeper {
  /** Soon, in the background. */
  wake(): void;
  /** True once what is known now is on disk, false when the disk was given up. */
  keep(): Promise<boolean>;
}

export const createKeeper = (o: {
  readonly engine: Engine;
  readonly events: EventLog;
  readonly stateFile: StateFile;
}): Keeper => {
  let running: Promise<boolean> | undefined;
  let again = false;

  const round = async (): Promise<boolean> => {
    // Taken together, before the events are awaited: an older state than the events is what a restart can mend.
    const memory: AgentMemory = { engine: o.engine.memory(), lastEventId: o.events.lastId() };
    if (!(await o.events.flushed())) return false;
    o.stateFile.save(toFile(memory));
    return o.stateFile.flushed();
  };

  const start = (): Promise<boolean> => {
    const mine = round().finally(() => {
      running = undefined;
      if (!again) return;
      again = false;
      void start();
    });
    running = mine;
    return mine;
  };

  return {
    wake: () => {
      if (running === undefined) void start();
      else again = true;
    },
    keep: async () => {
      // A round that is under way may have begun before the last change.
      while (running !== undefined) await running;
      return start();
    },
  };
};
