import { framesOfJobs } from '../collectors/prometheus/frames-of-jobs.ts';
import { configError } from '../errors.ts';
import { printable } from '../report/printable.ts';
import type { StragglersEvaluation } from '../report/stragglers/report.ts';
import { createDetector } from '../straggler/detector.ts';
import { createEpisodes } from '../straggler/episodes.ts';
import { readOptionFile } from './option-file.ts';

/** Where the agents' series are, and how to be let in. */
export interface FleetOptions {
  readonly url: string;
  readonly job?: string;
  /** Unix ms; without it the server's present. */
  readonly timeMs?: number;
  readonly windowSeconds: number;
  readonly username?: string;
  readonly passwordFile?: string;
  readonly bearerTokenFile?: string;
  readonly caFile?: string;
  readonly insecureSkipVerify?: boolean;
}

const secretOf = (option: string, file: string): string => {
  const secret = readOptionFile(option, file);
  if (secret === '') throw configError(`${option} ${file}: is empty; write the secret into it`);
  return secret;
};

/** Twelve of fifteen minutes make a verdict, and three end it: none is missed by looking every five. */
const VERDICT_MINUTES = 5;

/** Judges the jobs of a fleet from what its agents have told a Prometheus. */
export const judgeFleet = async (o: FleetOptions): Promise<StragglersEvaluation> => {
  const { url, job, timeMs, windowSeconds, username, passwordFile, bearerTokenFile, caFile, insecureSkipVerify } = o;
  const jobs: StragglersEvaluation['jobs'][number][] = [];
  let evaluatedAt = timeMs ?? 0;
  const told = framesOfJobs({
    url,
    windowSeconds,
    ...(job === undefined ? {} : { job }),
    ...(timeMs === undefined ? {} : { timeMs }),
    ...(username === undefined ? {} : { username }),
    ...(passwordFile === undefined ? {} : { password: secretOf('--password-file', passwordFile) }),
    ...(bearerTokenFile === undefined ? {} : { bearerToken: secretOf('--bearer-token-file', bearerTokenFile) }),
    ...(caFile === undefined ? {} : { ca: readOptionFile('--ca-file', caFile) }),
    ...(insecureSkipVerify === undefined ? {} : { insecureSkipVerify }),
  });
  for await (const { jobId, frames, problems } of told) {
    for (const problem of problems) process.stderr.write(`muster: ${printable(problem)}\n`);
    // Minutes of history teach nothing about a board or a slot.
    const detector = createDetector({ learn: false });
    const episodes = createEpisodes();
    for (const [minute, frame] of frames.entries()) {
      if ((frames.length - 1 - minute) % VERDICT_MINUTES === 0) episodes.add(detector.next(frame), frame.at);
      else detector.add(frame);
      evaluatedAt = Math.max(evaluatedAt, frame.at);
    }
    jobs.push(...episodes.verdicts().filter((verdict) => verdict.jobId === jobId));
  }
  return { evaluatedAt: evaluatedAt === 0 ? Date.now() : evaluatedAt, windowSeconds, source: 'prometheus', jobs };
};
