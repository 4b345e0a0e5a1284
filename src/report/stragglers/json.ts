import type { StragglersReport } from './report.ts';

/** `-o json`. */
export const stragglersJson = (report: StragglersReport): string => `${JSON.stringify(report, undefined, 2)}\n`;
