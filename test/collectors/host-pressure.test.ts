import { describe, expect, it } from 'vitest';
import { absent, type Host } from '../../src/api.ts';
import { hostPressure } from '../../src/collectors/host-pressure.ts';
import { fileAbsence } from '../../src/host/file-error.ts';
import { resolveMock } from '../../src/mock/resolve.ts';
import { renderWorld } from '../../src/mock/world.ts';
import { below, machineOf } from '../support/machine-tree.ts';

const { signal } = new AbortController();
const collect = async (host: Host) => (await hostPressure.collect(host, signal)).hostPressure;
const line = (percent: string): string => `some avg10=9.00 avg60=${percent} avg300=${percent} total=1\n`;
const files = { cpu: line('62.00'), memory: line('0.00'), io: line('44.50') };

describe('pressure of the host', () => {
  it('is read from three files', async () => {
    const read = await collect(machineOf(below('proc/pressure', files)));
    expect(read).toMatchObject({
      ok: true,
      value: {
        ref: { kind: 'node' },
        cpu: { avg60: { ok: true, value: 0.62 } },
        memory: { avg300: { ok: true, value: 0 } },
        io: { avg300: { ok: true, value: 0.445 } },
      },
    });
  });

  it('is not accounted by a kernel without the directory', async () => {
    const read = await collect(machineOf({ 'proc/uptime': '1.0 1.0\n' }));
    expect(read).toMatchObject({ ok: false, reason: 'unsupported', detail: expect.stringContaining('psi=1') });
  });

  it('is not accounted where each read is refused with EOPNOTSUPP', async () => {
    const refuse = (path: string) =>
      fileAbsence(path, Object.assign(new Error('not supported'), { code: 'EOPNOTSUPP' }));
    const host: Host = { ...machineOf({}), read: async (path) => refuse(path) };
    expect(await collect(host)).toMatchObject({ ok: false, reason: 'unsupported' });
  });

  it('that may not be read is denied, not unsupported', async () => {
    const host: Host = { ...machineOf({}), read: async (path) => absent('denied', `${path}: EACCES`) };
    expect(await collect(host)).toMatchObject({ ok: false, reason: 'denied' });
  });

  it('of one file that cannot be understood leaves the others', async () => {
    const read = await collect(machineOf(below('proc/pressure', { ...files, io: 'garbage' })));
    expect(read).toMatchObject({
      ok: true,
      value: { cpu: { avg60: { ok: true } }, io: { avg60: { reason: 'failed' } } },
    });
  });

  it('of a simulated machine is low, and high with the fault', async () => {
    const at = Date.UTC(2026, 8, 1, 12);
    const read = async (spec: string) => {
      const mock = resolveMock(spec);
      if (!mock.ok) throw new Error(mock.error);
      return collect(machineOf(renderWorld({ ...mock.value, seed: 'test', startMs: at, atMs: at })));
    };
    expect(await read('hgx-h100-8')).toMatchObject({ value: { cpu: { avg300: { value: 0.004 } } } });
    expect(await read('hgx-h100-8+host-pressure')).toMatchObject({ value: { cpu: { avg300: { value: 0.62 } } } });
  });
});
