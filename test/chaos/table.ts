import type { Outcome } from './outcome.ts';

const HEAD = ['case', 'broken s', 'worst scrape ms', 'UNKNOWN', 'recovered', 'processes', 'left', 'RSS MB', 'verdict'];

const rowOf = (one: Outcome): readonly string[] => [
  one.name,
  one.seconds.toFixed(0),
  one.worstMs.toFixed(0),
  one.unknown.length === 0 ? 'none' : `${one.unknown.length} checks`,
  `${one.recoveryIntervals.toFixed(1)} intervals`,
  `${one.mostProcesses}`,
  `${one.leftProcesses}`,
  (one.residentBytes / 1e6).toFixed(0),
  one.problems.length === 0 ? 'holds' : 'DOES NOT HOLD',
];

/** The outcomes as a person reads them: a row each, then what is wrong. */
export const table = (outcomes: readonly Outcome[]): string => {
  const rows = [HEAD, ...outcomes.map(rowOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const problems = outcomes.flatMap(({ name, problems: all }) => all.map((problem) => `${name}: ${problem}`));
  return `${[...lines, ...(problems.length === 0 ? [] : ['', ...problems])].join('\n')}\n`;
};
