import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { known } from '../../src/api.ts';
import { manualClock } from '../../src/host/clock.ts';
import { createMachineHost, type MachineOptions } from '../../src/host/machine.ts';
import { selfCommand } from '../../src/host/self-command.ts';
import { temporaryDirectory, writeFiles, writeTool } from '../support/temporary.ts';

const hostFor = (options: MachineOptions) => {
  const host = createMachineHost(options);
  onTestFinished(host.close);
  return host;
};

describe('createMachineHost', () => {
  it('is a door to a machine whose every part can be put elsewhere', async () => {
    const root = temporaryDirectory();
    writeFiles(root, { 'sys/a': '1', 'proc/b': '2', kmsg: '6,7,8,-;hello\n' });
    writeTool(root, 'tool', 'echo $MACHINE');
    const host = hostFor({
      sysfsRoot: join(root, 'sys'),
      procRoot: join(root, 'proc'),
      kmsg: join(root, 'kmsg'),
      runtimeDir: root,
      path: root,
      env: { MACHINE: 'mock' },
      clock: manualClock(42),
    });
    expect(await host.read('/sys/a')).toEqual(known('1'));
    expect(await host.list('/proc')).toEqual(known(['b']));
    expect(await host.kernelRecords()).toEqual(known({ lines: ['6,7,8,-;hello'], lost: 0 }));
    expect(host.kernelSequence).toBe(7);
    expect(await host.run('tool', [], { deadlineMs: 5000 })).toEqual(
      known({ exitCode: 0, stdout: 'mock\n', stderr: '' }),
    );
    expect([host.now(), host.abandoned.count(), host.abandoned.oldestSeconds('tool')]).toEqual([42, 0, 0]);
  });

  it('finds tools where Slurm gives no PATH', async () => {
    expect(await hostFor({ path: undefined }).run('true', [], { deadlineMs: 5000 })).toMatchObject({ ok: true });
    expect(await hostFor({ path: '' }).run('true', [], { deadlineMs: 5000 })).toMatchObject({ ok: true });
  });

  it('ends what it follows when it is closed', async () => {
    const host = createMachineHost();
    const lines: unknown[] = [];
    const signal = new AbortController().signal;
    for await (const line of host.follow('sh', ['-c', 'echo a; exec sleep 600'], { stallMs: 20_000, signal })) {
      lines.push(line);
      host.close();
    }
    expect(lines).toEqual([known('a')]);
  });
});

describe('selfCommand', () => {
  const self = {
    execPath: '/opt/node',
    argv: ['/opt/node', '/app/main.js', 'agent'],
    execArgv: ['--max-old-space-size=64', '--inspect=9229'],
  };

  it('starts a bundle with Node, its options and its path', () => {
    expect(selfCommand(['a'], { ...self, singleExecutable: false })).toEqual({
      file: '/opt/node',
      args: ['--max-old-space-size=64', '/app/main.js', 'a'],
    });
  });

  it('starts a single executable by itself', () => {
    expect(selfCommand(['a'], { ...self, execPath: '/opt/muster', singleExecutable: true })).toEqual({
      file: '/opt/muster',
      args: ['a'],
    });
  });

  it('knows how this process was started', () => {
    expect(selfCommand([]).file).toBe(process.execPath);
  });
});
