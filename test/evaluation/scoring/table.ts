import type { Interval } from './intervals.ts';
import { DIMENSIONS, type FalseAlarms, type LevelScore, type Rate } from './score.ts';

const between = ({ low, high }: Interval, digits: number): string => `${low.toFixed(digits)}–${high.toFixed(digits)}`;

const rateText = ({ hits, of, share, interval }: Rate): string =>
  of === 0 ? '– (0 of 0)' : `${share.toFixed(3)} (${between(interval, 3)}; ${hits} of ${of})`;

const alarmText = ({ count, perThousandNodeHours, interval }: FalseAlarms): string =>
  Number.isNaN(perThousandNodeHours)
    ? '– (no node-hours)'
    : `${perThousandNodeHours.toFixed(3)} (${between(interval, 3)}; ${count})`;

const minutesText = (minutes: number): string => (Number.isNaN(minutes) ? '–' : `${minutes.toFixed(1)} min`);

/** Columns as wide as their widest cell. */
const aligned = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

const headline = (levels: readonly LevelScore[]): string =>
  aligned([
    ['level and above', ...levels.map(({ level }) => level)],
    ['precision', ...levels.map(({ precision }) => rateText(precision))],
    ['recall', ...levels.map(({ recall }) => rateText(recall))],
    ['F1', ...levels.map(({ f1 }) => (Number.isNaN(f1) ? '–' : f1.toFixed(3)))],
    ['time to detect, median', ...levels.map(({ minutesToDetect }) => minutesText(minutesToDetect.median))],
    ['time to detect, p95', ...levels.map(({ minutesToDetect }) => minutesText(minutesToDetect.p95))],
    ['false alarms / 1000 healthy node-hours', ...levels.map(({ falseAlarms }) => alarmText(falseAlarms))],
    ['  of jobs without a fault', ...levels.map((level) => alarmText(level.falseAlarmsOfHealthyJobs))],
    ['false alarms on the right node', ...levels.map(({ mislocated }) => String(mislocated))],
    ['cause correct', ...levels.map(({ causeCorrect }) => rateText(causeCorrect))],
    ['slowdown inside its interval', ...levels.map(({ slowdownCovered }) => rateText(slowdownCovered))],
  ]);

const breakdowns = (levels: readonly LevelScore[]): readonly string[] =>
  DIMENSIONS.map((dimension) => {
    const keys = levels[0]?.recallBy[dimension].map(({ key }) => key) ?? [];
    const cell = (level: LevelScore, key: string): string => {
      const recall = level.recallBy[dimension].find((entry) => entry.key === key)?.recall;
      return recall === undefined ? '–' : rateText(recall);
    };
    return aligned([
      [`recall by ${dimension}`, ...levels.map(({ level }) => level)],
      ...keys.map((key) => [key, ...levels.map((level) => cell(level, key))]),
    ]);
  });

const alarmsByWorkload = (levels: readonly LevelScore[]): string =>
  aligned([
    ['false alarms by workload', ...levels.map(({ level }) => level), 'node-hours'],
    ...(levels[0]?.falseAlarmsBy ?? []).map(({ key, nodeHours }) => [
      key,
      ...levels.map((level) => String(level.falseAlarmsBy.find((entry) => entry.key === key)?.count ?? 0)),
      nodeHours.toFixed(0),
    ]),
  ]);

/** Everything about a detector on one set of jobs as text; intervals are 95 %, Wilson's for shares, exact Poisson for counts. */
export const scoreTable = (levels: readonly LevelScore[]): string =>
  `${[headline(levels), ...breakdowns(levels), alarmsByWorkload(levels)].join('\n\n')}\n`;
