import type { TaskState } from './host-state.ts';
import type { World } from './state.ts';
import type { Files } from './sys-pci.ts';

/** Limits as kernels of 2 TiB machines set them: threads by memory, handles by none (docs.kernel.org, sysctl). */
const MAX_THREADS = 16_513_254;
const MAX_PID = 4_194_304;
const MAX_FILES = '9223372036854775807';

const stat = ({ pid, name, state }: TaskState): string =>
  `${pid} (${name}) ${state} 1 ${pid} ${pid} 0 -1 4194560 1204 0 3 0 12 7 0 0 20 0 1 0 ${1000 + pid} 172032000 3072 18446744073709551615\n`;

const filesOf = (task: TaskState): Files => [
  [`proc/${task.pid}/stat`, stat(task)],
  [
    `proc/${task.pid}/status`,
    `Name:\t${task.name}\nState:\t${task.state}\nPid:\t${task.pid}\nvoluntary_ctxt_switches:\t812\nnonvoluntary_ctxt_switches:\t3\n`,
  ],
  [`proc/${task.pid}/wchan`, task.waitsIn],
];

/** Jobs on the GPUs are processes of the host too. */
const jobsOf = (world: World): readonly TaskState[] =>
  world.gpus.flatMap(({ processes }) =>
    processes.map(({ pid, name }) => ({ pid, name: name.split('/').at(-1) ?? name, state: 'R', waitsIn: '0' })),
  );

/** Processes, and the tables of the kernel that they fill. */
export const taskFiles = (world: World): Files => [
  ...[...world.host.tasks, ...jobsOf(world)].flatMap(filesOf),
  ['proc/loadavg', `1.12 1.08 1.02 3/${world.host.threads} 48920\n`],
  ['proc/sys/kernel/threads-max', `${MAX_THREADS}\n`],
  ['proc/sys/kernel/pid_max', `${MAX_PID}\n`],
  ['proc/sys/fs/file-nr', `${world.host.openFiles}\t0\t${MAX_FILES}\n`],
];
