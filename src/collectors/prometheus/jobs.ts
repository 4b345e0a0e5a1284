import type { AnswerSeries } from '../../parse/prometheus/answer.ts';
import { nodeName } from '../../parse/prometheus/node-name.ts';
import type { Client } from './client.ts';
import { prometheusFailure } from './failure.ts';
import { joblessQuery, jobsQuery } from './queries.ts';

/** A job and the targets that its GPUs are read from, by node. */
export interface JobTargets {
  /** Empty for the GPUs of which no job is known. */
  readonly jobId: string;
  readonly instancesOfNode: ReadonlyMap<string, ReadonlySet<string>>;
}

const gather = (answers: readonly AnswerSeries[]): readonly JobTargets[] => {
  const jobs = new Map<string, Map<string, Set<string>>>();
  for (const { labels } of answers) {
    const { job_id: jobId = '', instance } = labels;
    const node = nodeName(labels);
    if (node === undefined || instance === undefined) continue;
    const nodes = jobs.get(jobId) ?? new Map<string, Set<string>>();
    jobs.set(jobId, nodes);
    nodes.set(node, (nodes.get(node) ?? new Set()).add(instance));
  }
  return [...jobs]
    .map(([jobId, instancesOfNode]) => ({ jobId, instancesOfNode }))
    .sort((a, b) => Number(a.jobId === '') - Number(b.jobId === '') || (a.jobId < b.jobId ? -1 : 1));
};

/** The jobs of these minutes by name, the GPUs without one last. That there are none is a failure, not a clean fleet. */
export const findJobs = async (
  client: Client,
  { atMs, minutes, job }: { readonly atMs: number; readonly minutes: number; readonly job?: string },
): Promise<readonly JobTargets[]> => {
  const [known, jobless] = await Promise.all([
    client.query(jobsQuery(minutes, job), atMs),
    job === undefined ? client.query(joblessQuery(minutes), atMs) : [],
  ]);
  const jobs = gather([...known, ...jobless]);
  if (jobs.length > 0) return jobs;
  const when = `in the ${minutes} minutes before ${new Date(atMs).toISOString()}`;
  throw prometheusFailure(
    job === undefined
      ? `${client.name} has no GPUs of muster agents ${when}; does it scrape them, and is the time right?`
      : `${client.name} knows no GPU of job ${JSON.stringify(job)} ${when}; is the job's name right? Without --job all jobs are looked at`,
  );
};
