import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countInList } from '../../src/parse/cpu-list.ts';
import { memoryLine } from '../../src/parse/meminfo.ts';
import { fileHandles, threadCount } from '../../src/parse/proc-tables.ts';
import { contextSwitches, taskStat, waitChannel } from '../../src/parse/proc-task.ts';
import { chronySynchronized, timedatectlSynchronized } from '../../src/parse/time-sync.ts';

const STAT = '51920 (python3) D 1 51920 51920 0 -1 4194560 1204 0 3 0 12 7 0 0 20 0 1 0 990011 172032000 3072\n';
const STATUS = 'Name:\tpython3\nvoluntary_ctxt_switches:\t812\nnonvoluntary_ctxt_switches:\t3\n';
const CHRONY =
  '0A000001,10.0.0.1,3,1788264000.1,0.000003412,0.000001201,0.000009874,-18.204,0.001,0.012,0.0004,0.0002,64.4,Normal\n';

describe('/proc/<pid>/stat', () => {
  it('gives name, state and start', () => {
    expect(taskStat(STAT)).toEqual({ ok: true, value: { name: 'python3', state: 'D', startTicks: '990011' } });
  });

  it.each(['a b', ') S 1 (', '((sd-pam))', ''])('of a process named %j', (name) => {
    expect(taskStat(STAT.replace('python3', name))).toMatchObject({ ok: true, value: { name, state: 'D' } });
  });

  it.each([
    ['nothing', ''],
    ['cut before the start time', STAT.slice(0, 60)],
    ['without parentheses', STAT.replace(/[()]/g, '')],
    ['with a state that is none', STAT.replace(' D ', ' 7 ')],
    ['with a start time that is none', STAT.replace('990011', '-')],
    ['with a start time before the boot', STAT.replace('990011', '-990011')],
  ])('%s is an absence', (_, text) => expect(taskStat(text)).toMatchObject({ ok: false, reason: 'failed' }));
});

describe('context switches', () => {
  it('are those of both kinds', () => expect(contextSwitches(STATUS)).toEqual({ ok: true, value: 815 }));
  it('are absent where one of them is', () => {
    expect(contextSwitches(STATUS.split('\n').slice(0, 2).join('\n'))).toMatchObject({ ok: false, reason: 'failed' });
  });
});

describe('/proc/<pid>/wchan', () => {
  it('names a function of the kernel', () =>
    expect(waitChannel('rpc_wait_bit_killable')).toEqual({ ok: true, value: 'rpc_wait_bit_killable' }));
  it.each(['0', '', '\n', '0\n', 'a b', '\u0000'])('%j names none', (text) =>
    expect(waitChannel(text)).toMatchObject({ ok: false, reason: 'denied' }),
  );
});

describe('tables of the kernel', () => {
  it('/proc/loadavg counts threads', () => {
    expect(threadCount('0.20 0.18 0.12 1/3980 11206\n')).toEqual({ ok: true, value: 3980 });
    expect(threadCount('0.20 0.18 0.12 1/')).toMatchObject({ ok: false });
  });

  it('file-nr has no limit as 2^63-1', () => {
    expect(fileHandles('21472\t0\t9223372036854775807\n')).toMatchObject({
      value: { open: { value: 21_472 }, max: { value: 2 ** 63 } },
    });
    expect(fileHandles('21472\t0\n')).toMatchObject({ ok: false });
    expect(fileHandles('21472\t0\t1\t1\n')).toMatchObject({ ok: false });
    expect(fileHandles('x\t0\t1\n')).toMatchObject({ value: { open: { ok: false }, max: { value: 1 } } });
  });

  it('/proc/meminfo is in units of 1024 bytes', () => {
    const text = 'MemTotal:       2097152 kB\nMemFree:  1 kB\nMemAvailable:    1024 kB\n';
    expect(memoryLine(text, 'MemTotal')).toEqual({ ok: true, value: 2 ** 31 });
    expect(memoryLine(text, 'MemAvailable')).toEqual({ ok: true, value: 2 ** 20 });
    // Before Linux 3.14.
    expect(memoryLine('MemTotal: 1 kB\n', 'MemAvailable')).toMatchObject({ ok: false, reason: 'failed' });
    for (const line of ['MemTotal: 1 MB\n', 'MemTotal: 1 kB/s\n'])
      expect(memoryLine(line, 'MemTotal')).toMatchObject({ ok: false, reason: 'failed' });
  });

  it.each([
    ['0\n', 1],
    ['0-3', 4],
    ['0-55,112-167\n', 112],
    ['0-3,2-5,9', 7],
  ])('the list %j has %i members', (text, count) => expect(countInList(text)).toEqual({ ok: true, value: count }));

  it.each(['', '\n', '-', '3-1', '0-', '0-99999', '1,,2', 'all', '1 2'])('%j is no list', (text) =>
    expect(countInList(text)).toMatchObject({ ok: false, reason: 'failed' }),
  );
});

describe('whether the clock is synchronised', () => {
  it.each([
    ['NTPSynchronized=yes\n', true],
    ['NTPSynchronized=no\n', false],
  ])('timedatectl: %j', (text, value) => expect(timedatectlSynchronized(text)).toEqual({ ok: true, value }));
  it('an old timedatectl does not say it', () => {
    for (const text of ['', 'CanNTPSynchronized=yes\n'])
      expect(timedatectlSynchronized(text)).toMatchObject({ ok: false, reason: 'unsupported' });
    expect(timedatectlSynchronized('NTPSynchronized=maybe\n')).toMatchObject({ ok: false, reason: 'failed' });
  });

  it.each([
    ['Normal', true],
    ['Insert second', true],
    ['Delete second', true],
    ['Not synchronised', false],
  ])('chrony: %s', (status, value) =>
    expect(chronySynchronized(CHRONY.replace('Normal', status))).toEqual({ ok: true, value }),
  );
  it.each([
    ['a line cut short', CHRONY.slice(0, 60)],
    ['a line too long', CHRONY.replace('Normal', 'Normal,Normal')],
    ['an unknown status', CHRONY.replace('Normal', 'Fine')],
    ['words', '506 Cannot talk to daemon\n'],
  ])('chrony: %s is an absence', (_, text) => expect(chronySynchronized(text)).toMatchObject({ ok: false }));
});

it('no text makes a parser throw, or give a number that is none', () => {
  const real = [STAT, STATUS, CHRONY, '0.2 0.1 0.1 1/39 1\n', '1\t0\t2\n', 'MemTotal: 1 kB\n', '0-3,9\n'];
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom(...real).chain((one) =>
      fc.oneof(
        fc.nat(one.length).map((end) => one.slice(0, end)),
        fc.constant(one + one),
        fc.tuple(fc.nat(one.length), fc.string()).map(([at, more]) => one.slice(0, at) + more + one.slice(at)),
      ),
    ),
  );
  fc.assert(
    fc.property(text, (given) => {
      const files = fileHandles(given);
      const readings = [
        contextSwitches(given),
        threadCount(given),
        countInList(given),
        memoryLine(given, 'MemTotal'),
        ...(files.ok ? [files.value.open, files.value.max] : []),
      ];
      for (const one of readings) if (one.ok) expect(Number.isFinite(one.value)).toBe(true);
      for (const one of [chronySynchronized(given), timedatectlSynchronized(given)])
        if (one.ok) expect(typeof one.value).toBe('boolean');
      const stat = taskStat(given);
      if (stat.ok) expect(stat.value.startTicks).toMatch(/^\d+$/);
    }),
  );
});
