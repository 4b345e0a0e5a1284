import { countsInWords, countsOf } from './counts.ts';
import { printable } from './printable.ts';
import type { VerdictReport } from './verdict-report.ts';
import { headline, notEnforced } from './verdict-words.ts';

const WORD = {
  PASS: 'OK',
  INFO: 'OK',
  WARNING: 'WARNING',
  CRITICAL: 'CRITICAL',
  UNKNOWN: 'UNKNOWN',
  SKIPPED: 'UNKNOWN',
} as const;

/** A bar begins the performance data (Monitoring Plugins guidelines), so no message may hold one. */
const withoutBar = (text: string): string => printable(text).replaceAll('|', '/');

/** `-o nagios`: one line with performance data. */
export const nagiosReport = (verdict: VerdictReport): string => {
  const { overall_severity, validation } = verdict;
  const counts = countsOf(verdict);
  const first = headline(verdict);
  const pulled = notEnforced(verdict);
  const state = withoutBar(pulled ?? WORD[overall_severity]);
  const text = withoutBar([countsInWords(verdict), ...(first === undefined ? [] : [first])].join(': '));
  const perfdata = [
    `critical=${counts.critical};;1;0`,
    `unknown=${counts.unknown};;;0`,
    `warning=${counts.warning};1;;0`,
    `passed=${counts.pass};;;0`,
    `suppressed=${counts.suppressed};;;0`,
    `duration=${validation.duration_seconds}s;;;0`,
  ].join(' ');
  return `MUSTER ${state} - ${text} | ${perfdata}\n`;
};
