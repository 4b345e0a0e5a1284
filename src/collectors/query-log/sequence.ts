import type { QuerySample } from '../../parse/nvidia-smi/query.ts';

/** What was done to the lines of one log to bring them into the order of time. */
export interface SequenceNotes {
  /** Lines whose time belongs to no neighbour, or that say again what was said. */
  readonly strays: number;
  /** Lines that a log repeats because it was appended to itself. */
  readonly repeated: number;
  /** How often, and by how much, the clock of the node was set back: summer time, or a correction. */
  readonly setBack: readonly number[];
}

/** Brings the samples of one node into the order of time. */
export interface Sequence {
  /** Hands on what is certain now: nothing, this sample, or one that was held back and this one. */
  take(sample: QuerySample): void;
  /** What is still held back at the end is a stray, unless it is all there is. */
  finish(): void;
  notes(): SequenceNotes;
}

/** Two loggers that write into one file are some seconds apart; a clock that was set is further off. */
const STEP_BACK_MS = 60_000;
/** A longer silence is believed only when the next line agrees: one wrong time must not move a log by years. */
const LEAP_MS = 3_600_000;
/** How far a line may be from the one before it to bear it out. */
const NEIGHBOUR_MS = 600_000;
/** Between the last line before the clock was set back and the first one after: the usual interval is not known yet. */
const RESUMED_MS = 1000;

/** What a log that was appended to itself goes back to: its first lines, of which some may be damaged. */
const FIRST_LINES = 8;

/** With its values: a clock that was set back says the same millisecond again, but no sensor says the same beside it. */
const fingerprint = ({ ref, sample }: QuerySample): string => JSON.stringify([ref.key, sample]);

const movedBy = (query: QuerySample, offsetMs: number): QuerySample =>
  offsetMs === 0 ? query : { ...query, sample: { ...query.sample, at: query.sample.at + offsetMs } };

/**
 * Time in a log goes forwards. Where it goes back, the clock was set (the end of summer time, a correction): what
 * follows is moved on, so that no minute is judged twice; what is there a second time, line by line, is left out.
 * `offsetMs` is added to every time.
 */
export const createSequence = (handOn: (sample: QuerySample) => void, offsetMs = 0): Sequence => {
  const lastOfGpu = new Map<string, number>();
  const setBack: number[] = [];
  let offset = offsetMs;
  let last: number | undefined;
  let held: QuerySample | undefined;
  let strays = 0;
  let repeated = 0;
  let isRepeating = false;
  const beginning = new Set<string>();

  const emit = (query: QuerySample): void => {
    const { at } = query.sample;
    const previous = lastOfGpu.get(query.ref.key);
    if (previous !== undefined && at <= previous) {
      strays += 1;
      return;
    }
    lastOfGpu.set(query.ref.key, at);
    last = last === undefined ? at : Math.max(last, at);
    handOn(query);
  };

  /** So does the first line: the time of a log must not rest on one line. */
  const leaps = (at: number): boolean => last === undefined || at < last - STEP_BACK_MS || at > last + LEAP_MS;

  /** As it was at the beginning, before the clock was set back. */
  const isOfBeginning = (query: QuerySample): boolean => beginning.has(fingerprint(movedBy(query, offsetMs - offset)));

  return {
    take: (printed) => {
      if (beginning.size < FIRST_LINES) beginning.add(fingerprint(movedBy(printed, offsetMs)));
      const query = movedBy(printed, offset);
      const { at } = query.sample;
      if (isRepeating) {
        isRepeating = last !== undefined && at <= last;
        if (isRepeating) repeated += 1;
        else emit(query);
        return;
      }
      if (held !== undefined) {
        const before = held;
        held = undefined;
        if (Math.abs(at - before.sample.at) <= NEIGHBOUR_MS) {
          const back = (last ?? before.sample.at) - before.sample.at;
          if (back <= 0) {
            emit(before);
            emit(query);
            return;
          }
          if (isOfBeginning(before) && isOfBeginning(query)) {
            repeated += 2;
            isRepeating = true;
            return;
          }
          const step = back + RESUMED_MS;
          setBack.push(back);
          offset += step;
          emit(movedBy(before, step));
          emit(movedBy(query, step));
          return;
        }
        strays += 1;
      }
      if (leaps(at)) held = query;
      else emit(query);
    },
    finish: () => {
      const rest = held;
      held = undefined;
      if (rest === undefined) return;
      if (last === undefined) emit(rest);
      else strays += 1;
    },
    notes: () => ({ strays, repeated, setBack }),
  };
};
