import type { VerdictReport } from './verdict-report.ts';

/** `-o json`. */
export const jsonReport = (verdict: VerdictReport): string => `${JSON.stringify(verdict, undefined, 2)}\n`;
