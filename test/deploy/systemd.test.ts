import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/temporary.ts';
import { DEPLOY, hasTool, needs, runTool } from './support/tools.ts';

const UNIT = join(DEPLOY, 'systemd/muster.service');
const text = readFileSync(UNIT, 'utf8');

/** The settings in force: comments name settings too. */
const settings = new Map(
  text.split('\n').flatMap((line): [string, string][] => {
    const match = /^([A-Za-z]+)=(.*)$/.exec(line);
    return match === null ? [] : [[match[1] ?? '', match[2] ?? '']];
  }),
);

describe('muster.service', () => {
  test.skipIf(!hasTool('systemd-analyze'))(`systemd-analyze verify finds nothing${needs('systemd-analyze')}`, () => {
    const unit = join(temporaryDirectory(), 'muster.service');
    // verify wants the program to exist; where Node lies is the machine's business.
    writeFileSync(unit, existsSync('/usr/bin/node') ? text : text.replaceAll('/usr/bin/node', process.execPath));
    expect(runTool('systemd-analyze', ['verify', unit])).toEqual({ code: 0, said: '' });
  });

  test.each([
    'MemoryDenyWriteExecute',
    'ProtectKernelLogs',
    'PrivateDevices',
    'DevicePolicy',
    'DeviceAllow',
    'ProtectClock',
    'ProtectProc',
    'ProcSubset',
    'PrivateNetwork',
    'ConfigurationDirectory',
    'CAP_SYS_PTRACE',
    'UMask',
  ])('does not set %s, for the reason that it gives', (name) => {
    expect(settings.has(name)).toBe(false);
    expect(text).toMatch(new RegExp(`^# (\\w+, )?${name}\\b`, 'm'));
  });

  test.skipIf(!hasTool('systemd-analyze'))(`is exposed no more than it was${needs('systemd-analyze')}`, () => {
    // In tenths: 3.1 is what root, the network, the devices, the kernel log, all of /proc and NotifyAccess=all cost (systemd 252).
    const { code, said } = runTool('systemd-analyze', ['security', '--offline=true', '--threshold=31', UNIT]);
    expect({ code, said: code === 0 ? '' : said.trim().split('\n').at(-1) }).toEqual({ code: 0, said: '' });
  });

  test('cannot look into the processes of jobs', () => {
    expect(settings.get('CapabilityBoundingSet')).not.toContain('PTRACE');
  });

  test.skipIf(!hasTool('systemd-analyze'))(
    `with the drop-in of the README it can, and keeps what it had${needs('systemd-analyze')}`,
    () => {
      const readme = readFileSync(join(DEPLOY, 'systemd/README.md'), 'utf8');
      const dropIn = /^```\n(\[Service\]\nCapability[^`]*)```$/m.exec(readme)?.[1] ?? '';
      const directory = temporaryDirectory();
      writeFileSync(join(directory, 'muster.service'), text);
      mkdirSync(join(directory, 'muster.service.d'));
      writeFileSync(join(directory, 'muster.service.d/override.conf'), dropIn);
      // What its text says, in tenths.
      const exposed = ['security', '--offline=true', '--threshold=34', join(directory, 'muster.service')];
      const { code, said } = runTool('systemd-analyze', exposed);
      expect(code, said).toBe(0);
      expect(said).toMatch(/✗ CapabilityBoundingSet=~CAP_SYS_PTRACE/);
      expect(said).toMatch(/✗ CapabilityBoundingSet=~CAP_SYSLOG/);
    },
  );

  test('lets systemd know that the agent is ready and turns, and reloads it by the signal that it understands', () => {
    expect(settings.get('Type')).toBe('notify');
    expect(settings.get('NotifyAccess')).toBe('all');
    expect(Number.parseInt(settings.get('WatchdogSec') ?? '', 10)).toBeGreaterThanOrEqual(60);
    expect(settings.get('ExecReload')).toBe('/bin/kill -HUP $MAINPID');
    expect(settings.get('Restart')).toBe('always');
  });

  test('a filter of system calls lets V8 use protection keys', () => {
    expect(settings.get('SystemCallFilter')?.split(' ')).toContain('@pkey');
  });

  test('keeps the capability that reads the kernel log, and the record of what could not be killed', () => {
    expect(settings.get('CapabilityBoundingSet')?.split(' ')).toContain('CAP_SYSLOG');
    expect(settings.get('RuntimeDirectory')).toBe('muster');
    expect(settings.get('RuntimeDirectoryPreserve')).toBe('yes');
    expect(settings.get('StateDirectory')).toBe('muster');
  });
});
