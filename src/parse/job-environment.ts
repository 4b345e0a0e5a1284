import { jobLabel } from './job-label.ts';
import { integer } from './quantity.ts';

/** What a process was told of its job when it was started. */
export interface JobEnvironment {
  readonly jobId?: string;
  readonly role?: string;
  /** Of the process among all of its job. */
  readonly rank?: number;
}

/** In the order in which they count: the first is set for Muster on purpose, the others by Slurm, PBS and LSF. */
const JOB_IDS = ['MUSTER_JOB_ID', 'SLURM_JOB_ID', 'PBS_JOBID', 'LSB_JOBID'] as const;
const ROLE = 'MUSTER_ROLE';
/** torchrun, Slurm, Open MPI. The launcher of a rank overwrites what the scheduler's step had set. */
const RANKS = ['RANK', 'SLURM_PROCID', 'OMPI_COMM_WORLD_RANK'] as const;

const WANTED: ReadonlySet<string> = new Set([...JOB_IDS, ROLE, ...RANKS]);
/** As the job socket takes them (docs/sockets.md). */
const MAX_RANK = 1_000_000;

const rankOf = (text: string | undefined): number | undefined => {
  const rank = integer(text ?? '');
  return rank.ok && rank.value >= 0 && rank.value <= MAX_RANK ? rank.value : undefined;
};

/** /proc/PID/environ: `NAME=VALUE`, each ended by a NUL (proc(5)). What cannot be a label is as if it were not set. */
export const jobEnvironment = (environ: string): JobEnvironment => {
  const values = new Map<string, string>();
  for (const entry of environ.split('\0')) {
    const name = entry.slice(0, Math.max(0, entry.indexOf('=')));
    // The first counts, as for getenv(3).
    if (WANTED.has(name) && !values.has(name)) values.set(name, entry.slice(name.length + 1));
  }
  const first = <T>(names: readonly string[], read: (text: string | undefined) => T | undefined): T | undefined => {
    for (const name of names) {
      const value = read(values.get(name));
      if (value !== undefined) return value;
    }
    return undefined;
  };
  const jobId = first(JOB_IDS, jobLabel);
  const role = jobLabel(values.get(ROLE));
  const rank = first(RANKS, rankOf);
  return {
    ...(jobId === undefined ? {} : { jobId }),
    ...(role === undefined ? {} : { role }),
    ...(rank === undefined ? {} : { rank }),
  };
};
