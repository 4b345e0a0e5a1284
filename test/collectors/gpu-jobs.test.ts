import { describe, expect, it } from 'vitest';
import { absent, type Gpu, type GpuProcess, known, type S } from '../../src/api.ts';
import { readGpuJobs } from '../../src/collectors/gpu-jobs/gpu-jobs.ts';
import { healthyGpu } from '../support/healthy-gpu.ts';

const process = (pid: number, gigabytes = 10, type = 'C'): GpuProcess => ({
  pid,
  name: 'python3',
  type,
  memoryBytes: known(gigabytes * 2 ** 30),
});
const gpuWith = (index: number, ...processes: GpuProcess[]): Gpu => healthyGpu(index, { processes: known(processes) });

const slurm = (job: number): string => `0::/system.slice/slurmstepd.scope/job_${job}/step_0/user/task_0\n`;

const machine = (files: Readonly<Record<string, string>>) => {
  const read: string[] = [];
  return {
    paths: read,
    read: async (path: string): Promise<S> => {
      read.push(path);
      const text = files[path];
      return text === undefined ? absent('no-device', `${path}: ENOENT`) : known(text);
    },
  };
};

const jobsOf = async (
  gpus: readonly Gpu[],
  files: Readonly<Record<string, string>>,
  o: { readonly mappingDirectory?: string } = {},
) => (await readGpuJobs(machine(files), gpus, o)).map(({ ref, ...job }) => ({ gpu: ref.index, ...job }));

describe('the job of a GPU', () => {
  it('is that of its processes: the control group before the environment', async () => {
    expect(
      await jobsOf([gpuWith(0, process(10)), gpuWith(1, process(11)), gpuWith(2)], {
        '/proc/10/cgroup': slurm(1234),
        '/proc/10/environ': 'MUSTER_JOB_ID=forged\0MUSTER_ROLE=decoder\0RANK=3\0',
        '/proc/11/cgroup': '0::/user.slice\n',
        '/proc/11/environ': 'PBS_JOBID=77.server\0',
      }),
    ).toEqual([
      { gpu: 0, jobId: '1234', role: 'decoder', rank: 3 },
      { gpu: 1, jobId: '77.server' },
    ]);
  });

  it('is the pod where nothing names the whole job', async () => {
    const pod = '0::/kubepods/pod3f2a0b1c-1111-4222-8333-444455556666/ab\n';
    expect(
      await jobsOf([gpuWith(0, process(10)), gpuWith(1, process(11))], {
        '/proc/10/cgroup': pod,
        '/proc/11/cgroup': pod,
        '/proc/11/environ': 'MUSTER_JOB_ID=llama\0',
      }),
    ).toEqual([
      { gpu: 0, jobId: '3f2a0b1c-1111-4222-8333-444455556666' },
      { gpu: 1, jobId: 'llama' },
    ]);
  });

  it('of two is the one that holds more memory, over all its processes', async () => {
    const files = { '/proc/1/cgroup': slurm(1), '/proc/2/cgroup': slurm(2), '/proc/3/cgroup': slurm(2) };
    expect(await jobsOf([gpuWith(0, process(1, 15), process(2, 10), process(3, 9))], files)).toEqual([
      { gpu: 0, jobId: '2' },
    ]);
  });

  it('is not that of a display', async () => {
    const files = { '/proc/1/cgroup': slurm(1) };
    expect(await jobsOf([gpuWith(0, process(1, 1, 'G'))], files)).toEqual([]);
    expect(await jobsOf([gpuWith(0, process(1, 1, 'C+G'))], files)).toEqual([{ gpu: 0, jobId: '1' }]);
  });

  it('is not known, without an error, where the process is gone or may not be looked at', async () => {
    expect(await jobsOf([gpuWith(0, process(10))], {})).toEqual([]);
    const silent = healthyGpu(0, { processes: absent('denied', 'Insufficient Permissions') });
    expect(await jobsOf([silent], {})).toEqual([]);
  });

  it('comes from the mapping directory where no process tells it, and only there', async () => {
    const files = { '/proc/10/cgroup': slurm(1234), '/maps/0': '9\n', '/maps/1': '55\n' };
    const gpus = [gpuWith(0, process(10)), gpuWith(1), gpuWith(2)];
    expect(await jobsOf(gpus, files, { mappingDirectory: '/maps' })).toEqual([
      { gpu: 0, jobId: '1234' },
      { gpu: 1, jobId: '55' },
    ]);
    expect(await jobsOf(gpus, files)).toEqual([{ gpu: 0, jobId: '1234' }]);
  });

  it('costs a bounded number of reads, whatever runs on the GPU', async () => {
    const crowd = Array.from({ length: 500 }, (_, i) => process(1000 + i, 1));
    const host = machine({});
    await readGpuJobs(host, [gpuWith(0, ...crowd)]);
    expect(host.paths.length).toBeLessThanOrEqual(16);
  });
});
