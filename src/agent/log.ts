import pino from 'pino';
import { createPatientOutput } from './patient-output.ts';

export type LogFormat = 'text' | 'json';

/** The systemd priority of a line (sd-daemon(3)), by pino's level. */
const priority = (level: number): number => (level >= 50 ? 3 : level >= 40 ? 4 : level >= 30 ? 6 : 7);

const word = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /[\s="]/.test(text) ? JSON.stringify(text) : text;
};

/** One line for a person: what it says, then what it is about. */
export const asText = (line: string, o: { readonly withPriority: boolean }): string => {
  const { level, time, msg, err, ...about } = JSON.parse(line) as Record<string, unknown>;
  const reason = typeof err === 'object' && err !== null && 'message' in err ? [['error', err.message] as const] : [];
  const words = [...Object.entries(about), ...reason].map(([name, value]) => `${name}=${word(value)}`);
  const said = [String(msg), ...words].join('  ');
  // The journal dates its lines itself.
  return o.withPriority ? `<${priority(Number(level))}>${said}\n` : `${String(time)} ${said}\n`;
};

export interface Log {
  readonly logger: pino.Logger;
  /** True when every line is out; false when it is not by the deadline. */
  flushed(deadlineMs: number): Promise<boolean>;
}

/** Writes to stderr: text for the journal and for a terminal, JSON for what collects the logs of containers. */
export const createLog = (o: {
  readonly level: string;
  readonly format?: LogFormat;
  readonly env: Readonly<Record<string, string | undefined>>;
}): Log => {
  const toJournal = (o.env.JOURNAL_STREAM ?? '') !== '';
  const format = o.format ?? (toJournal || process.stderr.isTTY ? 'text' : 'json');
  const stderr = createPatientOutput(2);
  const destination =
    format === 'json'
      ? stderr
      : { write: (line: string): void => void stderr.write(asText(line, { withPriority: toJournal })) };
  return {
    logger: pino({ level: o.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination),
    flushed: stderr.flushed,
  };
};
