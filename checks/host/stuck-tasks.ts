import {
  type Absent,
  absent,
  defineCheck,
  type Fact,
  type Gpu,
  type Judgement,
  type KernelEvent,
  type StuckTask,
  type TaskTable,
} from '../../src/api.ts';
import { span } from '../shared/growth.ts';
import { judgeHostEvents, type Told } from '../shared/host-events.ts';
import { condition, drain, event, stay } from '../shared/rules.ts';

const TWO_HOURS = { clearedAfterSeconds: 7200 };

/**
 * Tasks that rest in state D on purpose: in the freezer, as a suspended job (control groups of version 1), and after
 * vfork, until the child runs its own program.
 */
const RESTS_IN = new Set(['__refrigerator', 'kernel_clone', '_do_fork', 'wait_for_vfork_done']);

/** Programs and threads of the driver, and the functions in which its callers wait (NVIDIA open-gpu-kernel-modules). */
const OF_THE_DRIVER = { name: /^(nvidia|nv-|nv_queue|UVM )/, waitsIn: /^(nv_|nvidia_|uvm_|os_acquire_)/ };

const isOfDriver = ({ name, waitsIn }: StuckTask): boolean =>
  OF_THE_DRIVER.name.test(name) || (waitsIn.ok && OF_THE_DRIVER.waitsIn.test(waitsIn.value));

const isResting = ({ waitsIn }: StuckTask): boolean => waitsIn.ok && RESTS_IN.has(waitsIn.value);

const kinds = ['hung-task'] as const;
const eventRules = {
  'hung-task': event('WARNING', 'The kernel reported a task that was blocked', stay('watch'), TWO_HOURS),
};

export default defineCheck({
  apiVersion: 1,
  id: 'host/stuck-tasks',
  title: 'Tasks are stuck in the kernel',
  why: 'A task in uninterruptible sleep cannot be killed: its job does not end, its files and GPUs stay taken, and what waits for it waits too.',
  source:
    'Linux kernel/hung_task.c (state D and not scheduled once in between) and its log; gpud os component and gcm check-process (five minutes)',
  remedy:
    'See where it waits: `cat /proc/PID/stack`, `ps -o pid,stat,wchan:32,etime,cmd -p PID`, `dmesg -T | grep -A20 "blocked for more"`. ' +
    'Mostly a file server that does not answer (`mount -t nfs,nfs4,lustre`, `nfsstat -m`): bring it back. In the NVIDIA driver only a reboot helps.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: [],
  uses: ['tasks', 'kernelLog', 'gpus'],
  kernelEvents: kinds,
  options: {
    stuck_seconds: {
      default: 300,
      unit: 'seconds',
      source:
        'gpud (5 consecutive checks a minute apart) and gcm check-process (300 s); the kernel itself complains at 120 s',
      help: 'A task in state D that was not scheduled for this long is stuck.',
    },
  },
  rules: {
    stuck: condition('WARNING', 'A task does not return from the kernel', stay('watch')),
    'stuck-in-driver': condition(
      'CRITICAL',
      'A task does not return from the NVIDIA driver',
      drain('reboot'),
      'where Muster may see in which function a task waits (CAP_SYS_PTRACE); without it, of the driver’s own tasks alone',
    ),
    ...eventRules,
  },
  judge: ({ tasks, kernelLog, gpus }, { node, now, bootedAt, options }) => [
    ...judgeTasks(tasks, gpus, node, options.stuck_seconds),
    ...judgeHostEvents({
      log: kernelLog,
      kinds,
      codes: ['hung-task'],
      rules: eventRules,
      tell: hungTask,
      node,
      now,
      bootedAt,
    }),
  ],
});

const hungTask = ({ fields: { name, pid, seconds } }: KernelEvent): Told<'hung-task'> => ({
  code: 'hung-task',
  what: `${name} (pid ${pid}) was blocked for more than ${seconds} s`,
  evidence: { pid: pid ?? '' },
});

const judgeTasks = (
  tasks: Fact<TaskTable>,
  gpus: Fact<readonly Gpu[]>,
  node: TaskTable['ref'],
  limit: number,
): readonly Judgement<'stuck' | 'stuck-in-driver'>[] => {
  const codes = ['stuck', 'stuck-in-driver'] as const;
  const unjudged = (because: Absent) => codes.map((code) => ({ unjudged: node, code, because }));
  if (!tasks.ok) return unjudged(tasks);
  const { stuck: asleep, watchedSeconds } = tasks.value;
  if (!asleep.ok) return unjudged(asleep);
  const waiting = asleep.value.filter((task) => !isResting(task));
  return codes.map((code) => {
    const own = waiting.filter((task) => isOfDriver(task) === (code === 'stuck-in-driver'));
    const stuck = own.filter(({ stuckSeconds }) => stuckSeconds >= limit);
    const [longest, ...others] = stuck.sort((a, b) => b.stuckSeconds - a.stuckSeconds);
    if (longest !== undefined) {
      const known = code === 'stuck-in-driver' && isDriverHung(gpus);
      return { finding: { component: node, code, ...detailsOf([longest, ...others], longest, limit, known) } };
    }
    const [hidden] = waiting.filter(({ waitsIn, stuckSeconds }) => !waitsIn.ok && stuckSeconds >= limit);
    if (code === 'stuck-in-driver' && hidden !== undefined) {
      const detail = `${hidden.name} (pid ${hidden.pid}) is stuck; to see whether in the driver takes CAP_SYS_PTRACE`;
      return { unjudged: node, code, because: absent('unsupported', detail) };
    }
    if (own.length === 0 || watchedSeconds >= limit) return { pass: node, code };
    const detail = `tasks in state D: ${own.length}, watched for ${Math.round(watchedSeconds)} s; such a task is stuck only after ${limit} s`;
    return { unjudged: node, code, because: absent('no-history', detail) };
  });
};

/** A query of ours that hangs is told by gpu/driver-unresponsive, with the same cause and the same remedy. */
const isDriverHung = (gpus: Fact<readonly Gpu[]>): boolean =>
  !gpus.ok && (gpus.reason === 'hung' || gpus.reason === 'timeout');

const MOST_NAMES = 3;

/** `python3, slurmd, dd and 4 more`. */
const listed = (names: readonly string[]): string => {
  const more = names.length - MOST_NAMES;
  return more > 0 ? `${names.slice(0, MOST_NAMES).join(', ')} and ${more} more` : names.join(', ');
};

const detailsOf = (stuck: readonly StuckTask[], longest: StuckTask, limit: number, isToldElsewhere: boolean) => {
  const { pid, name, waitsIn, stuckSeconds } = longest;
  const where = waitsIn.ok ? ` in ${waitsIn.value}` : '';
  const others = stuck.length > 1 ? `, and ${stuck.length - 1} more` : '';
  return {
    message: `${name} (pid ${pid}) has waited${where} for ${span({ seconds: stuckSeconds })} without running once${others}; the limit is ${limit} s`,
    observed: `${Math.round(stuckSeconds)} s`,
    expected: `less than ${limit} s`,
    evidence: {
      tasks: stuck.length,
      pids: stuck
        .map((task) => task.pid)
        .slice(0, 20)
        .join(' '),
      names: listed([...new Set(stuck.map((task) => task.name))]),
      longest_seconds: Math.round(stuckSeconds),
      ...(waitsIn.ok ? { waits_in: waitsIn.value } : {}),
    },
    ...(isToldElsewhere ? { override: { severity: 'INFO', action: stay('none') } as const } : {}),
  };
};
