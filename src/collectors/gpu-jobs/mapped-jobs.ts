import type { Host } from '../../api.ts';
import { mappedJob } from '../../parse/job-mapping.ts';

/** The jobs that the mapping directory names, by the index of the GPU; none where there is no such directory. */
export const mappedJobs = async (
  host: Pick<Host, 'read'>,
  directory: string,
  indexes: readonly number[],
): Promise<ReadonlyMap<number, string>> => {
  const jobs = new Map<number, string>();
  await Promise.all(
    indexes.map(async (index) => {
      const file = await host.read(`${directory}/${index}`);
      const job = file.ok ? mappedJob(file.value) : undefined;
      if (job !== undefined) jobs.set(index, job);
    }),
  );
  return jobs;
};
