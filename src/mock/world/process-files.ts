import type { World } from './state.ts';
import type { Files } from './sys-pci.ts';

/** The job that `busy` stands for. */
const JOB = 4242;

/** What the kernel says of the processes on the GPUs: a step of a Slurm job, a task a GPU. */
export const processFiles = (world: World): Files =>
  world.gpus.flatMap(({ processes, position }) =>
    processes.flatMap(
      ({ pid }): Files => [
        [`proc/${pid}/cgroup`, `0::/system.slice/slurmstepd.scope/job_${JOB}/step_0/user/task_${position}\n`],
        [`proc/${pid}/environ`, `SLURM_JOB_ID=${JOB}\0SLURM_PROCID=${position}\0`],
      ],
    ),
  );
