import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { absent, known } from '../../src/api.ts';
import { playback } from '../../src/host/playback.ts';
import type { MachineTree } from '../../src/host/tree.ts';
import { treeHost } from '../../src/host/tree-host.ts';

const treeOf = (files: Readonly<Record<string, string>>): MachineTree => new Map(Object.entries(files));
const hostOf = (files: Readonly<Record<string, string>>, recordedRoots: readonly string[] = []) =>
  treeHost(treeOf(files), { at: 5, recordedRoots });
const options = { deadlineMs: 1000 };

describe('a command in a tree', () => {
  it.each([
    ['its output', { 'commands/nvidia-smi_-q_-x.out': '<a/>' }, known({ exitCode: 0, stdout: '<a/>', stderr: '' })],
    [
      'its exit code and stderr',
      {
        'commands/nvidia-smi_-q_-x.out': '',
        'commands/nvidia-smi_-q_-x.err': 'no',
        'commands/nvidia-smi_-q_-x.exit': '9\n',
      },
      known({ exitCode: 9, stdout: '', stderr: 'no' }),
    ],
    [
      'an absence',
      { 'commands/nvidia-smi_-q_-x.exit': 'hung: no answer in 10 s\n' },
      absent('hung', 'no answer in 10 s'),
    ],
    ['an absence without detail', { 'commands/nvidia-smi_-q_-x.exit': 'no-tool' }, absent('no-tool', '')],
    [
      'an exit that means nothing',
      { 'commands/nvidia-smi_-q_-x.exit': '-1 or so' },
      expect.objectContaining({ reason: 'failed' }),
    ],
    [
      'nothing',
      { 'commands/ibstat.out': '' },
      absent('not-recorded', '/usr/bin/nvidia-smi -q -x: not in the recording'),
    ],
  ])('%s', async (_, files, expected) => {
    expect(await hostOf(files).run('/usr/bin/nvidia-smi', ['-q', '-x'], options)).toEqual(expected);
  });

  it('is bounded as on the machine', async () => {
    expect(await hostOf({ 'commands/a.out': 'xxxx' }).run('a', [], { ...options, maxBytes: 3 })).toMatchObject({
      reason: 'failed',
    });
  });
});

describe('files in a tree', () => {
  const host = hostOf({
    'sys/class/net/b/speed': '1\n',
    'sys/class/net/a/speed': '2\n',
    absences: '/sys/locked\tdenied: EACCES\n',
  });

  it('are read and listed', async () => {
    expect(await host.read('/sys/class/net/b/speed')).toEqual(known('1\n'));
    expect(await host.list('/sys/class/net/')).toEqual(known(['a', 'b']));
    expect(await host.list('/sys')).toEqual(known(['class', 'locked']));
  });

  it('are not there when their root was recorded, else not recorded', async () => {
    expect(await host.read('/sys/none')).toMatchObject({ reason: 'no-device' });
    expect(await host.list('/sys/class/infiniband')).toMatchObject({ reason: 'no-device' });
    expect(await host.read('/proc/uptime')).toMatchObject({ reason: 'not-recorded' });
    expect(await host.list('/proc')).toMatchObject({ reason: 'not-recorded' });
    expect(await hostOf({}, ['proc']).read('/proc/uptime')).toMatchObject({ reason: 'no-device' });
  });

  it('are absent as they were when it was recorded', async () => {
    expect(await host.read('/sys/locked')).toEqual(absent('denied', 'EACCES'));
  });
});

describe('the kernel log in a tree', () => {
  const linesOf = async (host: ReturnType<typeof hostOf>): Promise<unknown> => {
    const records = await host.kernelRecords();
    return records.ok ? records.value.lines : records.reason;
  };

  it('is given once', async () => {
    const host = hostOf({ kmsg: 'a\r\nb\n' });
    expect([await linesOf(host), await linesOf(host)]).toEqual([['a', 'b'], []]);
  });

  it('may be missing, or be missing for a reason', async () => {
    expect(await linesOf(hostOf({}))).toBe('not-recorded');
    expect(await linesOf(hostOf({}, ['kmsg']))).toEqual([]);
    expect(await linesOf(hostOf({ absences: 'kmsg\tdenied: EPERM\n' }))).toBe('denied');
  });

  it('gives what is new at each step, whether the ring grows, stays or forgets', async () => {
    const rings = ['a\nb\n', 'a\nb\nc\n', 'a\nb\nc\n', 'c\nd\n', 'x\n'];
    const host = playback(rings.map((kmsg, at) => ({ tree: treeOf({ kmsg }), at })));
    const got = [await linesOf(host)];
    while (host.step()) got.push(await linesOf(host));
    expect(got).toEqual([['a', 'b'], ['c'], [], ['d'], ['x']]);
  });

  it('gives each record once, however far the ring turned between the samples', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(6), { maxLength: 8 }),
        fc.integer({ min: 6, max: 12 }),
        async (gains, capacity) => {
          const all: string[] = ['0'];
          const moments = [0, ...gains].map((gain, at) => {
            for (let i = 0; i < gain; i += 1) all.push(String(all.length));
            return { tree: treeOf({ kmsg: all.slice(-capacity).join('\n') }), at };
          });
          const host = playback(moments);
          const got: unknown[] = [];
          do got.push(await linesOf(host));
          while (host.step());
          expect(got.flat()).toEqual(all);
        },
      ),
    );
  });
});

describe('playback', () => {
  it('goes from moment to moment, time and all, and on to one that came later', async () => {
    const host = playback([1, 2].map((at) => ({ tree: treeOf({ 'proc/uptime': String(at) }), at })));
    const seen = async () => [host.now(), await host.read('/proc/uptime')];
    expect(await seen()).toEqual([1, known('1')]);
    expect([host.step(), await seen()]).toEqual([true, [2, known('2')]]);
    expect([host.step(), await seen()]).toEqual([false, [2, known('2')]]);
    host.show({ tree: treeOf({ 'proc/uptime': '3' }), at: 3 });
    expect(await seen()).toEqual([3, known('3')]);
  });

  it('follows a command to the end of its recording', async () => {
    const lines: unknown[] = [];
    const signal = new AbortController().signal;
    for await (const line of hostOf({ 'commands/a.out': 'x\ny\n' }).follow('a', [], { stallMs: 1, signal }))
      lines.push(line);
    expect(lines).toEqual([known('x'), known('y'), absent('not-recorded', 'the recording ends here')]);
  });
});
