import type { HostState, TaskState } from '../world/host-state.ts';
import type { World } from '../world/state.ts';
import { type Fault, kernelSays } from './fault.ts';

const changeHost = (world: World, change: (host: HostState) => Partial<HostState>): World => ({
  ...world,
  host: { ...world.host, ...change(world.host) },
});

const withTask =
  (task: TaskState) =>
  (world: World): World =>
    changeHost(world, ({ tasks }) => ({ tasks: [...tasks, task] }));

const broken = (name: string, help: string, breaks: (world: World) => World): Fault => ({
  name,
  component: 'node',
  help,
  breaks,
});

const said = (name: string, help: string, texts: readonly string[]): Fault => ({
  name,
  component: 'node',
  help,
  event: true,
  leaves: (world, _, period) => kernelSays(world, period, texts),
});

export const stuckTask: Fault = {
  ...broken(
    'stuck-task',
    'a process waits for a file server that does not answer, and the kernel says so',
    withTask({ pid: 51_920, name: 'python3', state: 'D', waitsIn: 'rpc_wait_bit_killable' }),
  ),
  leaves: (world, _, period) =>
    kernelSays(world, period, ['INFO: task python3:51920 blocked for more than 120 seconds.'], 3),
};

export const stuckDriverTask = broken(
  'stuck-driver-task',
  'nvidia-persistenced waits in the NVIDIA driver for good',
  withTask({ pid: 51_921, name: 'nvidia-persiste', state: 'D', waitsIn: 'os_acquire_rwlock_write' }),
);

export const softLockup = said('soft-lockup', 'a CPU ran one task for 22 s without a break', [
  'watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [python3:51920]',
]);

export const kernelOops = said(
  'kernel-oops',
  'the kernel used a pointer that leads nowhere, and killed a task for it',
  ['BUG: kernel NULL pointer dereference, address: 0000000000000018', 'Oops: 0000 [#1] PREEMPT SMP NOPTI'],
);

export const outOfMemory = said('oom', 'the kernel killed a process for want of memory', [
  'Out of memory: Killed process 51920 (python3) total-vm:91232012kB, anon-rss:80124000kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:170212kB oom_score_adj:0',
]);

export const ncclCrash = said('nccl-crash', 'a process of a job crashed inside libnccl', [
  'pt_main_thread[51920]: segfault at 7f797fe00000 ip 00007f7c7ac69996 sp 00007f7c12fd7c30 error 4 in libnccl.so.2[7f7c7ac00000+d3d3000]',
]);

export const lowMemory = broken('low-memory', 'less than 1 % of the memory is available', (world) =>
  changeHost(world, ({ memory }) => ({ memory: { ...memory, availableKib: 81_920 } })),
);

export const cpusOffline = broken('cpus-offline', 'four CPUs are offline', (world) =>
  changeHost(world, ({ cpus }) => ({ cpus: { ...cpus, offline: 4 } })),
);

export const powersave = broken('powersave', 'the CPUs run under the governor powersave', (world) =>
  changeHost(world, () => ({ governor: 'powersave' })),
);

export const clockUnsynchronised = broken('clock-unsynchronised', 'no time server corrects the clock', (world) =>
  changeHost(world, ({ clock }) => ({ clock: { ...clock, synchronized: false } })),
);

export const slowClocksource = broken(
  'slow-clocksource',
  'the kernel gave up the TSC and reads the time from the HPET',
  (world) => changeHost(world, ({ clock }) => ({ clock: { ...clock, source: 'hpet' } })),
);

export const threadsExhausted = broken(
  'threads-exhausted',
  'the host has almost as many threads as it can number',
  (world) => changeHost(world, () => ({ threads: 4_150_000 })),
);
