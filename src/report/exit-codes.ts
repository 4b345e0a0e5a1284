import type { JobVerdict } from '../api.ts';
import type { Verdict } from '../engine/snapshot.ts';
import type { VerdictReport } from './verdict-report.ts';

/** Every exit code that means something, in one table. */
export const EXIT_CODES = {
  /** `validate`, and what every other verb uses for "could not run": usage or configuration. */
  validate: { ready: 0, notReady: 1, couldNotRun: 2 },
  /** `ack`, `suppress`, `unsuppress`, `control`: what the agent said to it. */
  ask: { done: 0, refused: 1, couldNotAsk: 2 },
  /** `doctor`: whether an operator should mend something. */
  doctor: { right: 0, toMend: 1, couldNotRun: 2 },
  /** `agent`, which ends by SIGTERM or SIGINT only. */
  agent: { stopped: 0, couldNotRun: 2 },
  /** `mock` ends as its command ends; these are what a shell says of one that did not start (POSIX, 2.8.2). */
  mock: { couldNotRun: 2, cannotBeExecuted: 126, notFound: 127 },
  /** Suspects alone are none. */
  stragglers: { none: 0, likely: 1, couldNotRun: 2 },
  /** Monitoring Plugins guidelines. */
  nagios: { ok: 0, warning: 1, critical: 2, unknown: 3 },
  /** node-problem-detector, docs/custom_plugin_monitor.md. */
  npd: { ok: 0, problem: 1, unknown: 2 },
  /** 128 + the number of the signal, as a shell reports it; SIGPIPE: the reader of standard output has left. */
  signal: { SIGINT: 130, SIGPIPE: 141, SIGTERM: 143 },
} as const;

export type ExitProtocol = 'validate' | 'nagios' | 'npd';

const NAGIOS: Readonly<Record<Verdict, number>> = {
  PASS: EXIT_CODES.nagios.ok,
  INFO: EXIT_CODES.nagios.ok,
  WARNING: EXIT_CODES.nagios.warning,
  CRITICAL: EXIT_CODES.nagios.critical,
  UNKNOWN: EXIT_CODES.nagios.unknown,
  SKIPPED: EXIT_CODES.nagios.unknown,
};

const npdCodeOf = ({ ready, overall_severity }: VerdictReport): number => {
  if (ready) return EXIT_CODES.npd.ok;
  return overall_severity === 'UNKNOWN' ? EXIT_CODES.npd.unknown : EXIT_CODES.npd.problem;
};

/** The exit code of a verdict; `ready` and a 0 of `validate` are the same thing. */
export const exitCodeOf = (verdict: VerdictReport, protocol: ExitProtocol = 'validate'): number => {
  switch (protocol) {
    case 'nagios':
      return verdict.enforcement.enabled ? NAGIOS[verdict.overall_severity] : EXIT_CODES.nagios.ok;
    case 'npd':
      return npdCodeOf(verdict);
    default:
      return verdict.ready ? EXIT_CODES.validate.ready : EXIT_CODES.validate.notReady;
  }
};

/** The exit code of `stragglers`: a suspect alone, a slow job and a common cause accuse nobody. */
export const stragglersExitCode = (jobs: readonly Pick<JobVerdict, 'verdict' | 'stragglers'>[]): number => {
  const accuses = ({ verdict, stragglers }: Pick<JobVerdict, 'verdict' | 'stragglers'>): boolean =>
    verdict === 'likely' || verdict === 'confirmed' || stragglers.some(({ level }) => level !== 'suspect');
  return jobs.some(accuses) ? EXIT_CODES.stragglers.likely : EXIT_CODES.stragglers.none;
};
