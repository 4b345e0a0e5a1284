import { absent, known, type Reading } from '../api.ts';
import { csvFields } from './csv.ts';

export interface NodeJob {
  readonly node: string;
  readonly jobId: string;
}

/** Where the columns of a list of jobs stand. */
export interface JobColumns {
  readonly node: number;
  readonly jobId: number;
}

/** The order of the columns in a file that begins without a header. */
export const PLAIN_JOB_COLUMNS: JobColumns = { node: 0, jobId: 1 };

/** The columns of a header line; nothing where the line is none. */
export const readJobHeader = (line: string): JobColumns | undefined => {
  const names = csvFields(line).map((name) => name.toLowerCase());
  const node = names.indexOf('node');
  const jobId = names.indexOf('job_id');
  return node < 0 || jobId < 0 ? undefined : { node, jobId };
};

/** One line of a CSV `node,job_id`. */
export const readJobLine = (columns: JobColumns, line: string): Reading<NodeJob> => {
  const fields = csvFields(line);
  const node = fields[columns.node] ?? '';
  const jobId = fields[columns.jobId] ?? '';
  if (node === '' || jobId === '') return absent('failed', 'expected node,job_id');
  return known({ node, jobId });
};
