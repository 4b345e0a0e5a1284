import type { MachineSpec } from '../machine.ts';

/** A process, or a thread of the kernel, as `/proc` shows it. */
export interface TaskState {
  readonly pid: number;
  readonly name: string;
  /** `S` asleep, `D` uninterruptible, `Z` zombie. */
  readonly state: string;
  /** The function of the kernel in which it waits; `0` for none. */
  readonly waitsIn: string;
}

/** The machine around the GPUs: tasks, memory, CPUs, clock. */
export interface HostState {
  readonly tasks: readonly TaskState[];
  readonly threads: number;
  readonly openFiles: number;
  readonly memory: { readonly totalKib: number; readonly availableKib: number };
  readonly cpus: { readonly count: number; readonly offline: number };
  readonly governor: string;
  readonly clock: { readonly synchronized: boolean; readonly source: string };
}

const asleep = (pid: number, name: string, waitsIn = 'ep_poll'): TaskState => ({ pid, name, state: 'S', waitsIn });

/** A small node: what a real one has is this a hundred times. */
const TASKS = [
  asleep(1, 'systemd'),
  asleep(2, 'kthreadd', 'kthreadd'),
  asleep(17, 'kcompactd0', 'kcompactd'),
  asleep(2211, 'nvidia-persiste', 'do_select'),
  asleep(2302, 'chronyd', 'do_select'),
  asleep(2977, 'slurmd', 'do_poll'),
];

/** `0-55,112-167` has 112. */
const sizeOf = (list: string): number =>
  list.split(',').reduce((sum, range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return sum + last - first + 1;
  }, 0);

// 2 TiB less what the firmware and the kernel keep; a third of it in use.
const TOTAL_KIB = 2_113_513_236;

export const healthyHost = ({ host }: MachineSpec): HostState => ({
  tasks: TASKS,
  threads: 3980,
  openFiles: 21_472,
  memory: { totalKib: TOTAL_KIB, availableKib: Math.round(TOTAL_KIB * 0.66) },
  cpus: { count: host.cpuAffinity.reduce((sum, list) => sum + sizeOf(list), 0), offline: 0 },
  governor: 'performance',
  clock: { synchronized: true, source: host.cpuSensor === undefined ? 'arch_sys_counter' : 'tsc' },
});
