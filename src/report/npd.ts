import { printable } from './printable.ts';
import type { VerdictReport } from './verdict-report.ts';
import { headline, notEnforced } from './verdict-words.ts';

/** node-problem-detector cuts a plugin's output after `max_output_length`, by default 80 bytes. */
const MAX_BYTES = 80;

const cut = (text: string): string => {
  const ascii = text.replaceAll(/[^\x20-\x7e]/g, '?');
  return ascii.length <= MAX_BYTES ? ascii : `${ascii.slice(0, MAX_BYTES - 3)}...`;
};

/** `-o npd`: one line that becomes the message of a node condition. */
export const npdReport = (verdict: VerdictReport): string => {
  const first = headline(verdict);
  const pulled = notEnforced(verdict);
  if (pulled !== undefined) return `${cut(printable(`${verdict.overall_severity}, ${pulled}`))}\n`;
  const text = verdict.ready || first === undefined ? `${verdict.overall_severity}: ready for jobs` : first;
  return `${cut(printable(text))}\n`;
};
