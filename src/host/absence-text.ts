import { ABSENCE_REASONS, type Absent, absent } from '../api.ts';

/** An absence as one line, `reason: detail`. */
export const absenceText = ({ reason, detail }: Absent): string => `${reason}: ${detail.replaceAll(/\s+/g, ' ')}`;

/** Reads it back; `undefined` when the text is none. */
export const parseAbsence = (text: string): Absent | undefined => {
  const line = text.trim();
  const colon = line.indexOf(':');
  const word = colon === -1 ? line : line.slice(0, colon);
  const reason = ABSENCE_REASONS.find((known) => known === word);
  return reason === undefined ? undefined : absent(reason, colon === -1 ? '' : line.slice(colon + 1).trim());
};
