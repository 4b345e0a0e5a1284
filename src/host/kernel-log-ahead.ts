import { known } from '../api.ts';
import type { OpenKernelLog } from './kernel-record.ts';

// A ring of 128 KiB, the smallest that distributions build (LOG_BUF_SHIFT 17), holds about a thousand records: it
// outlives the second between two polls as long as fewer come.
const BUSY_RECORDS = 200;
// At 10,000 records a second two hundred come in the meantime, and reading them takes a millisecond or two.
const PERIOD_MS = 20;
/** A second of calm ends it. */
const TURNS_TO_CALM = 50;
// Some megabytes. Beyond it the records stay in the ring, and what the ring drops is counted as it always is.
const MAX_RECORDS = 50_000;

/**
 * Reads on by itself while records come so fast that the ring would drop them before the next poll, and hands out at
 * the next poll what it has read.
 */
export const readAhead = (source: OpenKernelLog): OpenKernelLog & { stop(): void } => {
  let held: string[] = [];
  let lost = 0;
  let timer: NodeJS.Timeout | undefined;
  let turns = 0;
  /** Records since the last look at whether they come fast. */
  let came = 0;
  let lastSequence = source.lastSequence;

  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
  };

  const read = (): ReturnType<OpenKernelLog['poll']> => {
    const records = source.poll();
    if (!records.ok) {
      stop();
      return records;
    }
    for (const line of records.value.lines) held.push(line);
    lost += records.value.lost;
    came += records.value.lines.length;
    return records;
  };

  const turn = (): void => {
    if (held.length < MAX_RECORDS) read();
    turns = (turns + 1) % TURNS_TO_CALM;
    if (turns > 0) return;
    if (came < BUSY_RECORDS) stop();
    came = 0;
  };

  return {
    poll: () => {
      if (timer === undefined) came = 0;
      const records = read();
      // What was read before a failure is handed out first; the next poll meets the failure again.
      if (!records.ok && held.length === 0) return records;
      const all = known({ lines: held, lost });
      held = [];
      lost = 0;
      lastSequence = source.lastSequence;
      if (records.ok && came >= BUSY_RECORDS) timer ??= setInterval(turn, PERIOD_MS).unref();
      return all;
    },
    /** Of the last record handed out. */
    get lastSequence() {
      return lastSequence;
    },
    stop,
  };
};
