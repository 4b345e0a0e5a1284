import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { parseHungTask } from '../../../src/parse/kernel-log/hung-task.ts';
import { parseKernelBug } from '../../../src/parse/kernel-log/kernel-bug.ts';
import { parseLockup } from '../../../src/parse/kernel-log/lockup.ts';
import { isRelevant } from '../../../src/parse/kernel-log/relevant.ts';
import { parseSegfault } from '../../../src/parse/kernel-log/segfault.ts';

const parsers = [parseHungTask, parseKernelBug, parseLockup, parseSegfault];
const SEGFAULT =
  'pt_main_thread[4711]: segfault at 7f797fe00000 ip 00007f7c7ac69996 sp 00007f7c12fd7c30 error 4 in libnccl.so.2[7f7c7ac00000+d3d3000]';

describe('a task that is blocked', () => {
  test.each([
    ['INFO: task kcompactd1:1177 blocked for more than 120 seconds.', 'kcompactd1', '1177', '120'],
    ['INFO: task kworker/u8:2:77 blocked for more than 241 seconds.', 'kworker/u8:2', '77', '241'],
    ['INFO: task python3:51920 blocked in I/O wait for more than 122 seconds.', 'python3', '51920', '122'],
  ])('%s', (text, name, pid, seconds) => {
    expect(parseHungTask(text)).toMatchObject({ kind: 'hung-task', fields: { name, pid, seconds }, variant: name });
    expect(isRelevant(text)).toBe(true);
  });
  test.each([
    'task python3:51920 blocked for more than 122 seconds.',
    'INFO: task python3:51920 is blocked on a mutex likely owned by task dd:12.',
    'x INFO: task python3:51920 blocked for more than 122 seconds.',
  ])('%s is not one', (text) => expect(parseHungTask(text)).toBeUndefined());
});

describe('a CPU that stands still', () => {
  test.each([
    ['watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [python3:2254956]', 'soft', '3'],
    ['NMI watchdog: BUG: soft lockup - CPU#18 stuck for 27s! [cuda-EvtHandlr:22]', 'soft', '18'],
    ['BUG: soft lockup - CPU#0 stuck for 67s!', 'soft', '0'],
    ['NMI watchdog: Watchdog detected hard LOCKUP on cpu 7', 'hard', '7'],
    ['watchdog: Watchdog detected hard LOCKUP on cpu 12', 'hard', '12'],
    ['watchdog: CPU4: Watchdog detected hard LOCKUP on cpu 4', 'hard', '4'],
    // Old kernels print the words alone.
    ['Watchdog detected hard LOCKUP on cpu 7', 'hard', '7'],
    ['rcu: INFO: rcu_preempt self-detected stall on CPU', 'rcu', undefined],
    ['rcu: INFO: rcu_sched detected stalls on CPUs/tasks:', 'rcu', undefined],
    ['rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 3-... } 21 jiffies', 'rcu', undefined],
    ['INFO: rcu_sched self-detected stall on CPU', 'rcu', undefined],
    ['rcu: INFO: rcu_tasks detected stalls on tasks:', 'rcu', undefined],
  ])('%s', (text, lockup, cpu) => {
    expect(parseLockup(text)).toMatchObject({ kind: 'lockup', fields: { lockup }, variant: lockup });
    expect(parseLockup(text)?.fields.cpu).toBe(cpu);
    expect(isRelevant(text)).toBe(true);
  });
  test('names what ran', () => {
    expect(parseLockup('watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [a:b:77]')?.fields).toEqual({
      lockup: 'soft',
      cpu: '3',
      seconds: '22',
      name: 'a:b',
      pid: '77',
    });
  });
  test.each([
    'watchdog: Delayed init of the lockup detector failed',
    'NMI watchdog: Enabled.',
    'rcu: INFO: rcu_idle',
    'python3: rcu: INFO: rcu_preempt self-detected stall on CPU',
  ])('%s is not one', (text) => expect(parseLockup(text)).toBeUndefined());
});

describe('a death in the kernel', () => {
  test.each([
    ['Oops: 0002 [#1] PREEMPT SMP NOPTI', 'Oops', '1'],
    ['Oops: 0000 [#12]', 'Oops', '12'],
    ['invalid opcode: 0000 [#2] SMP', 'invalid opcode', '2'],
    ['Internal error: Oops: 0000000096000004 [#1] SMP', 'Internal error: Oops', '1'],
    [
      'general protection fault, probably for non-canonical address 0xdead000000000122: 0000 [#1] SMP',
      'general protection fault, probably for non-canonical address 0xdead000000000122',
      '1',
    ],
  ])('%s', (text, what, number) => {
    expect(parseKernelBug(text)).toMatchObject({ kind: 'kernel-bug', fields: { what, number }, variant: what });
    expect(isRelevant(text)).toBe(true);
  });
  test.each([
    'kernel BUG at mm/slub.c:305!',
    'BUG: kernel NULL pointer dereference, address: 0000000000000018',
    // A program may be called so.
    'Oops: 0000 [#1][4711]: segfault at 0 ip 0000 sp 0000 error 4 in app[1+1]',
    '0000 [#1] SMP',
  ])('%s is none of its own', (text) => expect(parseKernelBug(text)).toBeUndefined());
});

describe('a crash in a library', () => {
  test.each([
    [SEGFAULT, 'libnccl.so.2', '4711'],
    [`${SEGFAULT} likely on CPU 3 (core 3, socket 0)`, 'libnccl.so.2', '4711'],
    [
      'traps: python3[4712] general protection fault ip:7f7c sp:7f7d error:0 in libcuda.so.580.95.05[7f7c+d3d3000]',
      'libcuda.so.580.95.05',
      '4712',
    ],
    [SEGFAULT.replace('libnccl.so.2', 'libibverbs.so.1'), 'libibverbs.so.1', '4711'],
    [SEGFAULT.replace('libnccl.so.2', 'libmlx5.so.1'), 'libmlx5.so.1', '4711'],
    [SEGFAULT.replace('libnccl.so.2', 'libnvidia-ml.so.1'), 'libnvidia-ml.so.1', '4711'],
    [SEGFAULT.replace(/\[7f7c7.*$/, ''), 'libnccl.so.2', '4711'],
  ])('%s', (text, library, pid) => {
    expect(parseSegfault(text)).toMatchObject({ kind: 'segfault', fields: { library, pid }, variant: library });
    expect(isRelevant(text)).toBe(true);
  });
  test.each([
    SEGFAULT.replace('libnccl.so.2', 'libc.so.6'),
    SEGFAULT.replace('libnccl.so.2', 'notlibnccl.so'),
    SEGFAULT.slice(0, 60),
    'segfault in libnccl.so',
  ])('%s is not one of these', (text) => expect(parseSegfault(text)).toBeUndefined());
});

it('no text makes them throw, or is two things at once', () => {
  const heads = ['INFO: task ', 'watchdog: BUG: soft lockup - CPU#', 'Oops: ', SEGFAULT, 'rcu: INFO: rcu_'];
  const text = fc.oneof(
    fc.string(),
    fc.tuple(fc.constantFrom(...heads), fc.string()).map(([head, more]) => head + more),
    fc.tuple(fc.constantFrom(...heads), fc.nat(60)).map(([head, end]) => head.slice(0, end)),
  );
  fc.assert(
    fc.property(text, (given) => {
      const found = parsers.map((parse) => parse(given)).filter((one) => one !== undefined);
      expect(found.length).toBeLessThanOrEqual(1);
      for (const one of found) for (const value of Object.values(one.fields)) expect(value).not.toBe('');
    }),
  );
});
