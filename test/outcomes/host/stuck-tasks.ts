import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';

const LOOKS = [0, 60, 120, 180, 240, 300];
const at = (looks: readonly number[] = LOOKS) => simulated('hgx-h100-8', looks);
const BLOCKED = 'INFO: task python3:51920 blocked for more than 120 seconds.';

interface Task {
  readonly name?: string;
  readonly state?: string;
  readonly waitsIn?: string;
}
const stat = (pid: number, name: string, state: string): string =>
  `${pid} (${name}) ${state} 1 ${pid} ${pid} 0 -1 4194560 1204 0 3 0 12 7 0 0 20 0 1 0 990011 172032000 3072 0\n`;
const switches = (count: number): string =>
  `Name:\tx\nvoluntary_ctxt_switches:\t${count}\nnonvoluntary_ctxt_switches:\t3\n`;
const task = (pid: number, { name = 'python3', state = 'D', waitsIn = 'rpc_wait_bit_killable' }: Task = {}) => ({
  [`proc/${pid}/stat`]: stat(pid, name, state),
  [`proc/${pid}/status`]: switches(812),
  [`proc/${pid}/wchan`]: waitsIn,
});

const asleep = at().with(task(700));
const inDriver = at().with(task(700, { name: 'nvidia-smi', waitsIn: 'rwsem_down_write_slowpath' }));

/** Busy I/O: in state D whenever one looks, but it runs in between. */
const busy = LOOKS.reduce(
  (machine: RawMachine, _, look) => machine.with({ 'proc/700/status': switches(812 + look) }, { from: look }),
  asleep,
);

const blocked = (names: readonly string[]) => simulated().saying(names.map((name) => BLOCKED.replace('python3', name)));

const limitedTo = (seconds: number, machine = asleep) =>
  machine.configured({
    checks: { 'host/stuck-tasks': { mode: 'enforce', options: { stuck_seconds: seconds } } },
  });

export default {
  pass: [
    simulated(),
    simulated('gb200-nvl72'),
    at(),
    busy,
    // The same pid is another process at the last look but one.
    asleep.with({ 'proc/700/stat': (text) => text.replace('990011', '990012') }, { from: 1 }),
    // What ends is not stuck, nor is what rests on purpose: a suspended job, a parent after vfork.
    asleep.with(task(700, { state: 'S' }), { from: 5 }),
    asleep.with({ 'proc/700/stat': undefined, 'proc/700/status': undefined, 'proc/700/wchan': undefined }, { from: 5 }),
    at().with(task(700, { waitsIn: '__refrigerator' })),
    ...['kernel_clone', '_do_fork', 'wait_for_vfork_done'].map((waitsIn) => at().with(task(700, { waitsIn }))),
    // Watched for exactly as long as it takes.
    at().with({ ...task(700) }, { from: 1 }),
    at().saying([BLOCKED], { secondsAgo: 7201 }),
    at().saying([BLOCKED], { facility: 1 }),
    at().with({ 'proc/700/stat': stat(700, 'defunct) D 1', 'Z') }),
  ],
  findings: {
    stuck: [
      {
        on: asleep,
        about: ['node'],
        severity: 'WARNING',
        saying:
          /^python3 \(pid 700\) has waited in rpc_wait_bit_killable for 5 min without running once; the limit is 300 s$/,
      },
      {
        on: limitedTo(240, asleep.with(task(650, { name: 'dd' }), { from: 1 })),
        about: ['node'],
        saying: /^python3 \(pid 700\) .* for 5 min .*, and 1 more; the limit is 240 s/,
      },
      {
        on: at().with({
          ...task(700, { name: 'a' }),
          ...task(701, { name: 'b' }),
          ...task(702, { name: 'c' }),
          ...task(703),
        }),
        about: ['node'],
        saying: /, and 3 more; the limit is 300 s$/,
      },
      {
        on: at().with({ ...task(700, { name: 'a' }), ...task(701, { name: 'b' }), ...task(702, { name: 'c' }) }),
        about: ['node'],
        saying: /, and 2 more; the limit is 300 s$/,
      },
      // Asked of root alone: without it nobody knows where the task waits.
      { on: asleep.failing({ 'proc/700/wchan': 'denied: EACCES' }), about: ['node'], saying: /has waited for 5 min/ },
    ],
    'stuck-in-driver': [
      // Nobody can tell: it is neither found nor ruled out.
      { on: asleep.failing({ 'proc/700/wchan': 'denied: EACCES' }), about: [] },
      { on: inDriver, about: ['node'], severity: 'CRITICAL', saying: /^nvidia-smi \(pid 700\)/ },
      { on: at().with(task(700, { waitsIn: 'os_acquire_rwlock_write' })), about: ['node'], severity: 'CRITICAL' },
      ...['nv-hostengine', 'nv_queue', 'UVM global queue'].map((name) => ({
        on: at().with(task(700, { name })),
        about: ['node'],
      })),
      ...['nv_wait', 'nvidia_ioctl', 'uvm_ioctl'].map((waitsIn) => ({
        on: at().with(task(700, { waitsIn })),
        about: ['node'],
      })),
      // Said by gpu/driver-unresponsive too.
      ...['hung', 'timeout'].map((how) => ({
        on: inDriver.failing({ 'commands/nvidia-smi_-q_-x': `${how}: no answer in 10 s` }),
        about: ['node'],
        severity: 'INFO' as const,
      })),
      {
        on: inDriver.failing({ 'commands/nvidia-smi_-q_-x': 'no-tool: nvidia-smi: not on PATH' }),
        about: ['node'],
        severity: 'CRITICAL',
      },
    ],
    'hung-task': [
      { on: at().saying([BLOCKED], { secondsAgo: 7199 }), about: ['node'], severity: 'WARNING' },
      {
        on: simulated()
          .saying([BLOCKED], { secondsAgo: 200 })
          .saying([BLOCKED.replace('python3:51920', 'kworker/u8:2:77').replace('120', '241')]),
        about: ['node'],
        saying: /^kworker\/u8:2 \(pid 77\) was blocked for more than 241 s, 2 times since /,
      },
      {
        on: blocked(['a', 'b', 'c']),
        about: ['node'],
        saying: /^a \(pid 51920\) was blocked for more than 120 s, 3 times since /,
      },
      {
        on: at().saying([BLOCKED]),
        about: ['node'],
        saying: /^python3 \(pid 51920\) was blocked for more than 120 s, at /,
      },
    ],
  },
  skipped: [
    at([0]).without('proc/**', 'kmsg'),
    // A single look sees that a task sleeps, not that it is stuck; nor do 300 s show what takes 301.
    simulated().with(task(700)),
    limitedTo(301),
  ],
  unknown: [
    asleep.failing({ 'proc/700/status': 'denied: EACCES' }),
    at().failing({ 'proc/17/stat': 'timeout: no answer in 2 s' }),
    at().with({ 'proc/17/stat': '17 (kcompactd0' }),
    at().failing({ kmsg: 'denied: EACCES' }),
  ],
} satisfies Outcomes;
