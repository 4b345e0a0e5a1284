/** What came of a case: a row of the table. */
export interface Outcome {
  readonly name: string;
  /** How long the machine was broken (s). */
  readonly seconds: number;
  readonly worstMs: number;
  readonly unknown: readonly string[];
  /** Until the last check that was blind saw again, in intervals of its source. */
  readonly recoveryIntervals: number;
  /** Processes of the case besides the agent and the machine: the most at any time, and at the end. */
  readonly mostProcesses: number;
  readonly leftProcesses: number;
  readonly residentBytes: number;
  readonly problems: readonly string[];
}
