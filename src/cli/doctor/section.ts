/** Something that an operator should mend: one line each, with the cure. */
export interface Problem {
  /** What it is about: a source, a check, a file, a setting. */
  readonly about: string;
  readonly message: string;
  readonly cure: string;
}

/** One part of the report. */
export interface Section {
  /** Its heading, and its key in JSON. */
  readonly name: string;
  readonly problems: readonly Problem[];
  /** For people. */
  readonly lines: readonly string[];
  /** For machines; the same in snake case, with all that the lines leave out. */
  readonly json: unknown;
}

/** Columns that line up; the last may be of any length. */
export const columns = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
};
