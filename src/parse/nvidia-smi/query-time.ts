import { ownText } from '../own-text.ts';
import { digitsAt } from '../quantity.ts';

/** `2026/11/26 14:30:01.123`, as `nvidia-smi --help-query-gpu` gives it: "YYYY/MM/DD HH:MM:SS.msec". */
const LENGTH = 23;
const MINUTE_LENGTH = 16;

const startOfMinute = (text: string): number => {
  const year = digitsAt(text, 0, 4);
  const month = digitsAt(text, 5, 2);
  const day = digitsAt(text, 8, 2);
  const hour = digitsAt(text, 11, 2);
  const minute = digitsAt(text, 14, 2);
  if (`${text[4]}${text[7]}${text[10]}${text[13]}` !== '// :') return Number.NaN;
  const at = Date.UTC(year, month - 1, day, hour, minute);
  // Date.UTC takes the 31st of February for the 3rd of March.
  const date = new Date(at);
  const isDate = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60;
  return isDate ? at : Number.NaN;
};

/**
 * Reads times of nvidia-smi as Unix ms; NaN for anything else. They are local and say no zone, so they are read as if
 * they were UTC. The last minute is remembered: lines come in the order of time, and a date costs more than a line.
 */
export const createTimeReader = (): ((line: string, from: number, to: number) => number) => {
  let minute = 'none yet';
  let minuteAt = Number.NaN;
  return (line, from, to) => {
    if (to - from !== LENGTH) return Number.NaN;
    if (!line.startsWith(minute, from)) {
      minute = ownText(line.slice(from, from + MINUTE_LENGTH));
      minuteAt = startOfMinute(minute);
    }
    if (line[from + 16] !== ':' || line[from + 19] !== '.') return Number.NaN;
    const seconds = digitsAt(line, from + 17, 2);
    // 60 is a leap second.
    return seconds > 60 ? Number.NaN : minuteAt + seconds * 1000 + digitsAt(line, from + 20, 3);
  };
};
