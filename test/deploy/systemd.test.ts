import { existsSync, readFileSync, writeFileSync } from 'node:fs';
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
  ])('does not set %s, which would break Node or blind the agent', (name) => {
    expect(settings.has(name)).toBe(false);
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
