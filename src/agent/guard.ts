/** What the agent takes of the node at one moment. */
export interface Consumption {
  /** Monotonic ms. */
  readonly at: number;
  /** User and system time since start. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

export interface Limits {
  /** Where the kernel or the site ends the agent. */
  readonly memoryBytes: number;
  /** Share of one core, over a minute. */
  readonly cpuRatio: number;
}

export interface Guard {
  /** Why optional sources are not to be asked; nothing while there is no reason. */
  consider(now: Consumption, limits: Limits): string | undefined;
}

/** Above this share of the limit there is no room left for one answer of nvidia-smi (0.9 MB of XML, parsed). */
const SHED_ABOVE = 0.8;
/** Below, so that what was shed does not come and go; V8 gives little back of what it once took. */
const RESTORE_BELOW = 0.7;
const WINDOW_MS = 60_000;
/** Quiet for so long before the sources are asked again: five periods of the slowest of them. */
const QUIET_MS = 5 * 60_000;

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`;

/** Sheds optional work before the agent is killed or in the way of the job. Pure but for what it remembers. */
export const createGuard = (): Guard => {
  let window: Consumption[] = [];
  let reason: string | undefined;
  let calmSince: number | undefined;

  const cpuOf = (now: Consumption): number | undefined => {
    const first = window[0];
    // A share over some seconds is the noise of one collection.
    if (first === undefined || now.at - first.at < WINDOW_MS / 2) return undefined;
    return ((now.cpuSeconds - first.cpuSeconds) * 1000) / (now.at - first.at);
  };

  return {
    consider: (now, limits) => {
      window = [...window.filter(({ at }) => now.at - at <= WINDOW_MS), now];
      const memory = now.residentBytes / limits.memoryBytes;
      const cpu = cpuOf(now);
      const tooMuch =
        memory > SHED_ABOVE
          ? `the agent takes ${megabytes(now.residentBytes)} of ${megabytes(limits.memoryBytes)} of memory`
          : cpu !== undefined && cpu > limits.cpuRatio
            ? `the agent takes ${percent(cpu)} of a core, more than ${percent(limits.cpuRatio)}`
            : undefined;
      const isCalm = memory < RESTORE_BELOW && (cpu ?? 0) < limits.cpuRatio * RESTORE_BELOW;
      calmSince = isCalm ? (calmSince ?? now.at) : undefined;
      if (tooMuch !== undefined) reason ??= tooMuch;
      else if (calmSince !== undefined && now.at - calmSince >= QUIET_MS) reason = undefined;
      return reason;
    },
  };
};
