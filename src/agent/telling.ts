import type { Engine } from '../engine/engine.ts';
import type { NewEvent } from '../engine/event.ts';
import type { Snapshot } from '../engine/snapshot.ts';
import type { EventLog } from '../store/event-log.ts';
import type { StateFile } from '../store/state-file.ts';
import type { Health } from './health.ts';
import type { Journal } from './journal.ts';
import type { Keeper } from './keeper.ts';
import type { Recorder } from './recorder.ts';
import { suppressionName } from './suppression-name.ts';

export interface Teller {
  /** To the store and the journal. */
  tell(event: NewEvent): void;
  /** Everything that a Snapshot brings: what changed, what was reset, what has ended, whether the disk keeps it. */
  tellOf(snapshot: Snapshot): void;
}

const describeStep = (ms: number): string => `${ms > 0 ? 'forward' : 'back'} by ${Math.abs(ms / 1000).toFixed(1)} s`;

export const createTeller = (o: {
  readonly engine: Engine;
  readonly events: EventLog;
  readonly stateFile: StateFile;
  readonly journal: Journal;
  readonly recorder: Recorder;
  readonly health: Health;
  readonly keeper: Keeper;
  readonly now: () => number;
}): Teller => {
  const { engine, events, stateFile, recorder, health } = o;

  const tell = (event: NewEvent): void => o.journal.tell(events.append(event));

  const tellDurability = (): void => {
    const { durable, reason } = [events.status(), stateFile.status()].find((one) => !one.durable) ?? { durable: true };
    if (!health.notDurable(durable ? undefined : (reason ?? 'the disk does not answer'))) return;
    engine.offer('agent', health.value());
    if (durable) tell(recorder.event('events_durable', 'events reach the disk again'));
    else tell(recorder.event('events_not_durable', `events are in memory only: ${reason}`, { severity: 'WARNING' }));
  };

  return {
    tell,
    tellOf: (snapshot) => {
      const before = events.lastId();
      const stepMs = engine.takeClockStep();
      if (stepMs !== 0) tell(recorder.event('clock_stepped', `the wall clock was set ${describeStep(stepMs)}`));
      for (const reset of engine.takeResets()) tell(recorder.reset(reset));
      for (const event of recorder.eventsOf(snapshot)) tell(event);
      for (const ended of engine.suppressions.takeEnded(o.now())) {
        const { check, owner } = ended;
        tell(
          recorder.event('unsuppressed', `the suppression of ${suppressionName(ended)} is over`, {
            check,
            owner,
            reason: 'it has expired',
          }),
        );
      }
      tellDurability();
      if (events.lastId() !== before) o.keeper.wake();
    },
  };
};
