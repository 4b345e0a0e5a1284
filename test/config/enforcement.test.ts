import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { killSwitchFile, readEnforcement } from '../../src/config/enforcement.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const switchIn = (make: (file: string) => void): ReturnType<typeof readEnforcement> & { readonly reason?: string } => {
  const file = join(temporaryDirectory(), 'disabled');
  make(file);
  return readEnforcement(file);
};

describe('the kill switch', () => {
  it('is at a fixed place, which a variable moves', () => {
    expect(killSwitchFile({})).toBe('/etc/muster/disabled');
    expect(killSwitchFile({ MUSTER_DISABLED_FILE: '' })).toBe('/etc/muster/disabled');
    expect(killSwitchFile({ MUSTER_DISABLED_FILE: '/run/off' })).toBe('/run/off');
  });

  it('is not pulled where nothing is there', () => {
    expect(switchIn(() => undefined)).toEqual({ enabled: true });
    expect(readEnforcement('/etc/hostname/disabled')).toEqual({ enabled: true });
  });

  it.each<[string, (file: string) => void, string]>([
    [
      'with a reason',
      (file) => writeFileSync(file, '\n  driver rollout, ticket 17 \nmore\n'),
      'driver rollout, ticket 17',
    ],
    ['empty, as touch leaves it', (file) => writeFileSync(file, ''), 'it gives no reason'],
    ['a directory', (file) => mkdirSync(file), 'it gives no reason'],
    ['a FIFO, which must not be waited for', (file) => execFileSync('mkfifo', [file]), 'it gives no reason'],
    ['a text without end', (file) => writeFileSync(file, 'x'.repeat(1e6)), 'x'.repeat(512)],
    ['a link in a circle', (file) => symlinkSync(file, file), 'it cannot be read (ELOOP), which counts as pulled'],
  ])('is pulled by what is there: %s', (_, make, reason) => {
    expect(switchIn(make)).toEqual({ enabled: false, reason, file: expect.stringMatching(/\/disabled$/) });
  });

  it.skipIf(process.getuid?.() === 0)('is pulled where nobody can tell (skipped: root reads everything)', () => {
    const denied = { enabled: false, reason: 'it cannot be read (EACCES), which counts as pulled' };
    expect(
      switchIn((file) => {
        writeFileSync(file, 'why');
        chmodSync(file, 0);
      }),
    ).toMatchObject(denied);
    const directory = join(temporaryDirectory(), 'closed');
    mkdirSync(directory, { mode: 0 });
    expect(readEnforcement(join(directory, 'disabled'))).toMatchObject(denied);
  });
});
