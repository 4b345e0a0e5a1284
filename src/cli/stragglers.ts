import { timeOf } from '../duration.ts';
import { usageError } from '../errors.ts';
import { decimal } from '../parse/quantity.ts';
import { paletteFor } from '../report/colour.ts';
import { stragglersExitCode } from '../report/exit-codes.ts';
import { stragglersJson } from '../report/stragglers/json.ts';
import { type StragglersEvaluation, stragglersReport } from '../report/stragglers/report.ts';
import { stragglersText } from '../report/stragglers/text.ts';

export interface StragglersOptions {
  readonly from?: readonly string[];
  readonly jobs?: string;
  readonly steps?: string;
  readonly prometheus?: string;
  readonly job?: string;
  readonly time?: string;
  /** Seconds. */
  readonly window?: number;
  readonly username?: string;
  readonly passwordFile?: string;
  readonly bearerTokenFile?: string;
  readonly caFile?: string;
  readonly insecureSkipVerify?: boolean;
  readonly output: 'text' | 'json';
}

/** As long as the detector needs to be sure of a deviation: 12 of 15 minutes. */
const DEFAULT_WINDOW_SECONDS = 900;

const OF_LOGS: readonly (readonly [keyof StragglersOptions, string])[] = [
  ['jobs', '--jobs'],
  ['steps', '--steps'],
];
const OF_PROMETHEUS: readonly (readonly [keyof StragglersOptions, string])[] = [
  ['job', '--job'],
  ['time', '--time'],
  ['window', '--window'],
  ['username', '--username'],
  ['passwordFile', '--password-file'],
  ['bearerTokenFile', '--bearer-token-file'],
  ['caFile', '--ca-file'],
  ['insecureSkipVerify', '--insecure-skip-verify'],
];

const refuseContradictions = (options: StragglersOptions): void => {
  const { from, prometheus } = options;
  if (from === undefined && prometheus === undefined)
    throw usageError('stragglers reads logs (--from FILE…) or a fleet (--prometheus URL); name one of the two');
  if (from !== undefined && prometheus !== undefined)
    throw usageError('--from reads logs and --prometheus a fleet; keep one of the two');
  const foreign = (from === undefined ? OF_LOGS : OF_PROMETHEUS).find(([name]) => options[name] !== undefined);
  if (foreign !== undefined)
    throw usageError(`${foreign[1]} goes with ${from === undefined ? '--from' : '--prometheus'}; drop it`);
  if (options.passwordFile !== undefined && options.username === undefined)
    throw usageError('--password-file needs --username');
  if (options.username !== undefined && options.passwordFile === undefined)
    throw usageError('--username needs --password-file');
  if (options.username !== undefined && options.bearerTokenFile !== undefined)
    throw usageError('--username and --bearer-token-file are two ways to be let in; keep one');
};

const timeMsOf = (text: string): number => {
  const seconds = decimal(text);
  const at = seconds.ok ? seconds.value * 1000 : timeOf(text);
  // What a Date can hold (ECMA-262, 21.4.1.1); in milliseconds by mistake it is beyond.
  if (!(at > 0) || at > 8.64e15 / 100)
    throw usageError(`--time ${text}: write Unix seconds, or RFC 3339 such as 2026-11-26T14:30:00Z`);
  return Math.round(at);
};

const evaluate = async (options: StragglersOptions): Promise<StragglersEvaluation> => {
  const { from, jobs, steps, prometheus, job, time, username, passwordFile, bearerTokenFile, caFile } = options;
  if (prometheus === undefined) {
    const { judgeLogs } = await import('./query-logs.ts');
    return judgeLogs({
      from: from ?? [],
      ...(jobs === undefined ? {} : { jobs }),
      ...(steps === undefined ? {} : { steps }),
    });
  }
  const timeMs = time === undefined ? undefined : timeMsOf(time);
  const { judgeFleet } = await import('./fleet.ts');
  return judgeFleet({
    url: prometheus,
    windowSeconds: options.window ?? DEFAULT_WINDOW_SECONDS,
    ...(job === undefined ? {} : { job }),
    ...(timeMs === undefined ? {} : { timeMs }),
    ...(username === undefined ? {} : { username }),
    ...(passwordFile === undefined ? {} : { passwordFile }),
    ...(bearerTokenFile === undefined ? {} : { bearerTokenFile }),
    ...(caFile === undefined ? {} : { caFile }),
    ...(options.insecureSkipVerify === true ? { insecureSkipVerify: true } : {}),
  });
};

/** Names who holds a job back, with the evidence, or says that nobody does. */
export const stragglers = async (options: StragglersOptions): Promise<number> => {
  refuseContradictions(options);
  const evaluation = await evaluate(options);
  const exitCode = stragglersExitCode(evaluation.jobs);
  const report = stragglersReport(evaluation);
  process.stdout.write(
    options.output === 'json'
      ? stragglersJson(report)
      : stragglersText(report, {
          exitCode,
          palette: paletteFor(process.env, process.stdout.isTTY === true),
          ...(process.stdout.columns === undefined ? {} : { columns: process.stdout.columns }),
        }),
  );
  return exitCode;
};
