import { describe, expect, it } from 'vitest';
import { absent, type Host, known } from '../../src/api.ts';
import { readNode } from '../../src/engine/node.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

const hostWith = (stat: string): Host =>
  ({
    now: () => NOW,
    read: async (path: string) =>
      path === '/proc/stat' ? known(stat) : absent('no-device', `${path}: there is no such file`),
  }) as unknown as Host;

const bootedAt = async (stat: string): Promise<number> => (await readNode(hostWith(stat), { name: 'n' })).bootedAt;

describe('the time of boot', () => {
  it('is that of the kernel', async () => {
    expect(await bootedAt('cpu 1 2\nbtime 1772362800\nprocesses 7\n')).toBe(1_772_362_800_000);
  });

  it('is not known where it lies in the future, beyond what any calendar holds, or is no number', async () => {
    // Taken as it stands, it would make each fatal Xid one of an earlier boot, and each of these a time to throw over.
    for (const btime of ['1900000000', '99999999999999999999', '-5', '1e9', ''])
      expect(await bootedAt(`btime ${btime}\n`)).toBe(0);
  });
});
