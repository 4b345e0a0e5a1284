import { eachLine } from '../collectors/query-log/csv-lines.ts';
import { usageError } from '../errors.ts';
import { type JobColumns, PLAIN_JOB_COLUMNS, readJobHeader, readJobLine } from '../parse/job-list.ts';
import { plural } from '../report/plural.ts';
import { listed, warn } from './warn.ts';

export type JobOfNode = (node: string) => string | undefined;

/** Which job each node was in, from the file of `--jobs`; without one all nodes are one job. */
export const readJobs = async (file: string | undefined, nodes: readonly string[]): Promise<JobOfNode> => {
  if (file === undefined) return () => '';
  const jobs = new Map<string, string>();
  let columns: JobColumns | undefined;
  let bad = 0;
  let firstBad = '';
  const read = await eachLine(file, ({ line, text }) => {
    if (columns === undefined) {
      const header = readJobHeader(text);
      columns = header ?? PLAIN_JOB_COLUMNS;
      if (header !== undefined) return;
    }
    const job = readJobLine(columns, text);
    const other = job.ok ? jobs.get(job.value.node) : undefined;
    if (job.ok && (other === undefined || other === job.value.jobId)) {
      jobs.set(job.value.node, job.value.jobId);
      return;
    }
    bad += 1;
    const why = job.ok ? `node ${job.value.node} was in job ${other} before; a node is in one job` : job.detail;
    if (firstBad === '') firstBad = `${file}:${line}: ${why}`;
  });
  if (!read.ok) throw usageError(`--jobs: ${read.detail}`);
  if (!nodes.some((node) => jobs.has(node)))
    throw usageError(`--jobs: ${bad > 0 ? firstBad : `${file} names none of the nodes ${listed(nodes)}`}`);
  if (bad > 0) warn(`${firstBad} (${plural(bad, 'line')} skipped)`);
  return (node) => jobs.get(node);
};
