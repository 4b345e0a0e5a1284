import { defineCheck } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { condition, stay } from '../shared/rules.ts';

export default defineCheck({
  apiVersion: 1,
  id: 'gpu/leftover-processes',
  title: 'Processes left on a GPU',
  why: 'What the last job left behind keeps memory and time of the GPU: the next job runs out of memory or is slow.',
  source: 'nvidia-smi manual, compute processes; Slurm prolog guide (a node is expected to be empty before a job)',
  remedy: 'Find the owner with `ps -fp PID` and `cat /proc/PID/cgroup`; end it; reset the GPU if it does not go away.',
  contexts: ['prejob', 'deep'],
  requires: ['gpus'],
  options: {
    allowed_processes: {
      default: ['nvidia-cuda-mps-server', 'nv-hostengine', 'dcgm-exporter'],
      source: 'docs.nvidia.com/deploy/mps; DCGM user guide: services that hold GPUs on purpose',
      help: 'Names of programs, without their path, that may be on a GPU before a job.',
    },
  },
  // INFO: nvidia-smi does not say whose a process is, and on a shared node it may be another job at work.
  rules: { leftover: condition('INFO', 'Compute processes before a job', stay('watch')) },
  judge: ({ gpus }, { options }) => {
    const allowed = new Set(options.allowed_processes);
    const program = (name: string): string => name.split(' ')[0]?.split('/').at(-1) ?? name;
    return gpus.map(({ ref, processes }) =>
      about(ref, 'leftover', processes, (list, name) => {
        const left = list.filter((process) => process.type.includes('C') && !allowed.has(program(process.name)));
        const [first] = left;
        if (first === undefined) return undefined;
        return {
          message: `${name} is used by ${left.length === 1 ? 'a compute process' : `${left.length} compute processes`} before the job starts: ${program(first.name)} (pid ${first.pid})${left.length > 1 ? ' and others' : ''}`,
          observed: left.length === 1 ? '1 process' : `${left.length} processes`,
          expected: 'none',
          evidence: { pids: left.map(({ pid }) => pid).join(' ') },
        };
      }),
    );
  },
});
