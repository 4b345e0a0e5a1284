import { absent, defineCheck, type Judgement, type N, type TaskTable } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { together } from '../shared/readings.ts';
import { condition, drain, stay } from '../shared/rules.ts';
import { percent } from '../shared/sizes.ts';

export default defineCheck({
  apiVersion: 1,
  id: 'host/table-exhaustion',
  title: 'A table of the kernel is nearly full',
  why: 'When threads, process numbers or file handles run out, every fork and open of every program on the node fails at once.',
  source: 'docs.kernel.org, sysctl/kernel and sysctl/fs; gpud os component (80 % and 95 %, 1,000 zombies)',
  remedy:
    "Find who fills it: `ps -eo nlwp,pid,user,comm --sort=-nlwp | head`, `lsof -n | awk '{print $1}' | sort | uniq -c | sort -n | tail`, " +
    '`ps -eo stat,ppid,comm | grep ^Z`. End that program (zombies end with their parent), or raise kernel.threads-max, kernel.pid_max, fs.file-max.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['tasks'],
  options: {
    warning_share: {
      default: 0.8,
      unit: 'share of the table',
      source: 'gpud os component: degraded',
      help: 'A table that is this full is a warning.',
    },
    critical_share: {
      default: 0.95,
      unit: 'share of the table',
      source: 'gpud os component: unhealthy',
      help: 'A table that is this full keeps jobs away.',
    },
    zombies: {
      default: 1000,
      unit: 'processes',
      source: 'gpud os component: degraded',
      help: 'So many dead processes that nobody waited for are a warning.',
    },
  },
  rules: {
    threads: condition('CRITICAL', 'The host has almost as many threads as it can have', drain('reboot')),
    'open-files': condition('CRITICAL', 'The host has almost as many open files as it can have', drain('reboot')),
    zombies: condition('WARNING', 'Many dead processes are left', stay('watch')),
  },
  raise: { hits: 2, of: 3, clear: 3 },
  judge: ({ tasks }, { options }) => [
    judgeTable(tasks, 'threads', tasks.threads, tasks.maxThreads, options),
    judgeTable(tasks, 'open-files', tasks.openFiles, tasks.maxOpenFiles, options),
    about(tasks.ref, 'zombies', tasks.zombies, (count) =>
      count >= options.zombies
        ? {
            message: `${count} dead processes are left that nobody waited for; the limit is ${options.zombies}`,
            observed: `${count}`,
            expected: `fewer than ${options.zombies}`,
            evidence: { zombies: count },
          }
        : undefined,
    ),
  ],
});

const judgeTable = (
  { ref }: TaskTable,
  code: 'threads' | 'open-files',
  used: N,
  max: N,
  limits: { readonly warning_share: number; readonly critical_share: number },
): Judgement<typeof code> =>
  about(ref, code, together({ used, max: limited(max) }), (table) => {
    const share = table.used / table.max;
    if (share < limits.warning_share) return undefined;
    const isCritical = share >= limits.critical_share;
    return {
      message: `The host has ${table.used} ${code === 'threads' ? 'threads' : 'open files'} of at most ${table.max} (${percent(share)})`,
      observed: percent(share),
      expected: `below ${percent(limits.warning_share)}`,
      evidence: { used: table.used, limit: table.max },
      ...(isCritical ? {} : { override: { severity: 'WARNING', action: stay('watch') } as const }),
    };
  });

/** A table without room is a limit that was misread. */
const limited = (max: N): N => (max.ok && max.value <= 0 ? absent('failed', `a limit of ${max.value} is none`) : max);
