import { type Absent, absent, type Component, known, type Reading, type SourceState } from '../api.ts';
import type { SourceStatus } from './snapshot.ts';

/** Keeps how each source behaves over time: whether it answers, since when it hangs, how often in a row. */
export interface SourceBook {
  record(source: string, run: { at: number; durationMs: number; readings: readonly Reading<unknown>[] }): void;
  /** A source that has been asked for the first time and has not answered: that is no hang yet. */
  expect(source: string, waiting: Absent): void;
  /** A source that is asked no more has no state. */
  dismiss(source: string): void;
  /** How long the abandoned child of a source has been hanging, as the host knows it. */
  states(node: Component, hungSeconds: (source: string) => number): readonly SourceState[];
  statuses(): readonly SourceStatus[];
  /** The wall clock was stepped. */
  shift(deltaMs: number): void;
}

interface Entry {
  at: number;
  durationMs: number;
  lastSuccessAt?: number;
  absence?: Absent;
  hangsInARow: number;
}

/** A machine without the part has nothing wrong with the source that would read it, nor one that was just started. */
const isAnswer = (absence: Absent): boolean =>
  ['unsupported', 'no-device', 'not-recorded', 'no-history', 'deprecated'].includes(absence.reason);

export const createSourceBook = (): SourceBook => {
  const entries = new Map<string, Entry>();
  return {
    record: (source, { at, durationMs, readings }) => {
      const previous = entries.get(source);
      const absence =
        readings.find((reading): reading is Absent => !reading.ok && !isAnswer(reading)) ??
        readings.find((r): r is Absent => !r.ok);
      const up = absence === undefined || isAnswer(absence);
      const hanging = absence?.reason === 'hung' || absence?.reason === 'timeout';
      const lastSuccessAt = up ? at : previous?.lastSuccessAt;
      entries.set(source, {
        at,
        durationMs,
        ...(lastSuccessAt === undefined ? {} : { lastSuccessAt }),
        ...(absence === undefined ? {} : { absence }),
        hangsInARow: hanging ? (previous?.hangsInARow ?? 0) + 1 : 0,
      });
    },
    expect: (source, waiting) => {
      entries.set(source, { at: 0, durationMs: 0, absence: waiting, hangsInARow: 0 });
    },
    dismiss: (source) => {
      entries.delete(source);
    },
    states: (node, hungSeconds) =>
      [...entries].map(([source, { absence, hangsInARow }]) => ({
        ref: node,
        source,
        answered: absence === undefined || isAnswer(absence) ? known(true) : absent(absence.reason, absence.detail),
        hungSeconds: hungSeconds(source),
        hangsInARow,
      })),
    shift: (deltaMs) => {
      for (const entry of entries.values()) {
        entry.at += deltaMs;
        if (entry.lastSuccessAt !== undefined) entry.lastSuccessAt += deltaMs;
      }
    },
    statuses: () =>
      [...entries].map(([source, { absence, durationMs, lastSuccessAt }]) => ({
        source,
        up: absence === undefined || isAnswer(absence),
        ...(absence === undefined ? {} : { reason: absence.reason, detail: absence.detail }),
        durationSeconds: durationMs / 1000,
        ...(lastSuccessAt === undefined ? {} : { lastSuccessAt }),
      })),
  };
};
