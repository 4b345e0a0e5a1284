import { jobLabel } from './job-label.ts';

/**
 * The job that a file of dcgm-exporter's job mapping directory names (`--hpc-job-mapping-dir`: the file is called as the
 * GPU's index, its lines are job ids). Of several the last: prologs append, and the newest job is the one at work.
 */
export const mappedJob = (text: string): string | undefined =>
  text
    .split('\n')
    .map((line) => jobLabel(line.trim()))
    .filter((id) => id !== undefined)
    .at(-1);
