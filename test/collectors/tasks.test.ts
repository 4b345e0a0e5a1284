import { describe, expect, it } from 'vitest';
import { absent, type Host } from '../../src/api.ts';
import { createTasksCollector } from '../../src/collectors/tasks.ts';
import { machineOf } from '../support/machine-tree.ts';

const { signal } = new AbortController();

const PIDS = Array.from({ length: 20 }, (_, i) => i + 1);
const stat = (pid: number, state = 'S', start = 990): string =>
  `${pid} (task) ${state} 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 ${start} 0 0\n`;
const status = (switches: number): string => `voluntary_ctxt_switches:\t${switches}\nnonvoluntary_ctxt_switches:\t0\n`;

const treeAt = (uptime: number, changed: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  'proc/uptime': `${uptime}.00 1.00\n`,
  'proc/loadavg': '0.1 0.1 0.1 1/40 9\n',
  'proc/sys/kernel/threads-max': '1000\n',
  'proc/sys/kernel/pid_max': '900\n',
  'proc/sys/fs/file-nr': '3\t0\t9\n',
  ...Object.fromEntries(PIDS.map((pid) => [`proc/${pid}/stat`, stat(pid)])),
  ...changed,
});
const stuckAt = (uptime: number, switches = 5) =>
  treeAt(uptime, { 'proc/7/stat': stat(7, 'D'), 'proc/7/status': status(switches), 'proc/7/wchan': 'io_schedule' });

/** One collector over several moments, with the paths that each look read. */
const looksAt = async (trees: readonly Readonly<Record<string, string>>[]) => {
  const collector = createTasksCollector();
  const looks = [];
  for (const tree of trees) {
    const read: string[] = [];
    const machine = machineOf(tree);
    const host: Host = {
      ...machine,
      read: (path) => {
        read.push(path);
        return machine.read(path);
      },
    };
    const { tasks } = await collector.collect(host, signal);
    if (!tasks.ok) throw new Error(tasks.detail);
    looks.push({ tasks: tasks.value, stats: read.filter((path) => path.endsWith('/stat')) });
  }
  return looks;
};

describe('tasks', () => {
  it('are counted, with the tables that they fill', async () => {
    const [look] = await looksAt([treeAt(100, { 'proc/9/stat': stat(9, 'Z') })]);
    expect(look?.tasks).toEqual({
      ref: { kind: 'node', key: 'node' },
      count: { ok: true, value: 20 },
      zombies: { ok: true, value: 1 },
      stuck: { ok: true, value: [] },
      watchedSeconds: 0,
      threads: { ok: true, value: 40 },
      maxThreads: { ok: true, value: 900 },
      openFiles: { ok: true, value: 3 },
      maxOpenFiles: { ok: true, value: 9 },
    });
  });

  it('are all read at the first look and within five more, and those in question at each', async () => {
    const zombie = { 'proc/9/stat': stat(9, 'Z') };
    const looks = await looksAt([0, 1, 2, 3, 4, 5].map((look) => ({ ...stuckAt(100 + 60 * look), ...zombie })));
    expect(looks[0]?.stats).toHaveLength(20);
    const later = looks.slice(1).map(({ stats }) => stats);
    for (const stats of later) {
      expect(stats).toContain('/proc/7/stat');
      expect(stats).toContain('/proc/9/stat');
      expect(stats.length).toBeLessThanOrEqual(6);
    }
    expect(new Set(later.flat()).size).toBe(20);
    expect(looks.map(({ tasks }) => tasks.count)).toEqual(looks.map(() => ({ ok: true, value: 20 })));
  });

  it('that are new are read at once, and those that ended are forgotten', async () => {
    const { 'proc/7/stat': _, 'proc/7/status': __, 'proc/7/wchan': ___, ...ended } = stuckAt(160);
    const looks = await looksAt([stuckAt(100), { ...ended, 'proc/500/stat': stat(500, 'Z') }]);
    expect(looks[1]?.tasks).toMatchObject({
      count: { value: 20 },
      zombies: { value: 1 },
      stuck: { value: [] },
      watchedSeconds: 60,
    });
  });

  it('are stuck from the look at which they were first seen so', async () => {
    const looks = await looksAt([treeAt(40), stuckAt(100), stuckAt(160), stuckAt(400)]);
    // The second look does not read pid 7: it is not yet in question.
    expect(looks.map(({ tasks }) => tasks.stuck.ok && tasks.stuck.value.map((one) => one.stuckSeconds))).toEqual([
      [],
      [],
      [0],
      [240],
    ]);
    expect(looks[3]?.tasks.stuck).toMatchObject({
      value: [{ pid: 7, name: 'task', waitsIn: { ok: true, value: 'io_schedule' } }],
    });
  });

  it('that ran in between are not stuck, nor is another process under the same pid', async () => {
    const other = { ...stuckAt(220, 6), 'proc/7/stat': stat(7, 'D', 991) };
    const looks = await looksAt([stuckAt(100, 5), stuckAt(160, 6), other]);
    expect(looks.map(({ tasks }) => tasks.stuck.ok && tasks.stuck.value[0]?.stuckSeconds)).toEqual([0, 0, 0]);
  });

  it('of which one cannot be read leave open whether any is stuck', async () => {
    const machine = machineOf(stuckAt(100));
    const refusing = (suffix: string): Host => ({
      ...machine,
      read: async (path) => (path.endsWith(suffix) ? absent('denied', `${path}: EACCES`) : machine.read(path)),
    });
    for (const suffix of ['/status', '/7/stat']) {
      const { tasks } = await createTasksCollector().collect(refusing(suffix), signal);
      const zombies = suffix === '/status' ? { value: 0 } : { reason: 'denied' };
      expect(tasks).toMatchObject({ value: { count: { value: 20 }, zombies, stuck: { reason: 'denied' } } });
    }
    const { tasks } = await createTasksCollector().collect(refusing('/wchan'), signal);
    expect(tasks).toMatchObject({ value: { stuck: { value: [{ pid: 7, waitsIn: { reason: 'denied' } }] } } });
  });

  it('are not taken for well where the look was cut short', async () => {
    const { tasks } = await createTasksCollector().collect(machineOf(treeAt(100)), AbortSignal.abort());
    expect(tasks).toMatchObject({ ok: false, reason: 'timeout' });
  });
});
