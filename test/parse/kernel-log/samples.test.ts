import { describe, expect, test } from 'vitest';
import type { KernelEvent } from '../../../src/api.ts';
import { createEventLog } from '../../../src/parse/kernel-log/events.ts';
import { haveSamples, sample, sampleNames } from '../../support/samples.ts';

const FOLDER = 'kernel-log';
const NOW = Date.UTC(2025, 8, 1);

const eventsOf = (name: string): readonly KernelEvent[] => {
  const log = createEventLog();
  log.add(sample(FOLDER, name).split('\n'), { now: NOW, bootedAt: NOW - 30 * 86_400_000 });
  return log.take().events;
};

/** Lines by kind: what a person counts in the file. */
const linesByKind = (name: string): Readonly<Record<string, number>> => {
  const sum: Record<string, number> = {};
  for (const { kind, repeats } of eventsOf(name)) sum[kind] = (sum[kind] ?? 0) + repeats;
  return sum;
};

/** Lines of each kind in each capture, counted apart from the parser with grep. */
const EXPECTED: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'aer-and-nvme-down-syslog-2024.log': { aer: 1, nvme: 1 },
  'aer-old-and-new-formats.log': { aer: 3 },
  'azure-0flap_syslog': {},
  'dmesg-decode-iso-0.log': { xid: 636 },
  'dmesg-decode-iso-1.log': { mlx5: 14 },
  'dmesg-nccl-segfault-iso.log': { segfault: 2 },
  'dmesg-oom-iso-gpud.log': { xid: 17, oom: 3 },
  'dmesg-peermem-0.log': { other: 7 },
  'dmesg-time-format-short-iso.log': {},
  'dmesg-xid-119-gpud.log': { xid: 5 },
  'kernel-misc-lines-gpud.log': { 'hung-task': 6, lockup: 2, mlx5: 17, oom: 6, segfault: 2, nvme: 6, filesystem: 11 },
  'edac-ce-ue-and-ghes.log': { edac: 4 },
  'journalctl-short-iso-2.log': { other: 14 },
  'kmsg-1.log': {},
  'mlx5-aer-lines-nvsentinel.log': { aer: 1, mlx5: 9 },
  'pstore-dmesg-erst.txt': { 'kernel-bug': 1 },
  'pstore-dmesg-full.txt': { mlx5: 1 },
  'xid-lines-dcgm-kmsg.log': { xid: 5 },
  'xid-sxid-lines-gpud.log': { xid: 98, sxid: 12, 'fallen-off-bus': 3 },
};

describe.skipIf(!haveSamples(FOLDER))('real kernel logs (skipped without the shared samples)', () => {
  test.each(sampleNames(FOLDER))('%s', (name) => {
    expect(linesByKind(name)).toEqual(EXPECTED[name]);
  });

  test('a GSP timeout of one GPU, with its times', () => {
    expect(eventsOf('dmesg-xid-119-gpud.log')).toMatchObject([
      {
        code: 119,
        repeats: 5,
        fromKernel: true,
        component: { key: 'gpu:00000000:9B:00.0' },
        firstAt: new Date(2025, 1, 23, 16, 24, 18).getTime(),
        at: new Date(2025, 1, 23, 16, 30, 13).getTime(),
      },
    ]);
  });

  test('every NVLink 5 line of the captures gives its words', () => {
    const nvlink5 = eventsOf('xid-sxid-lines-gpud.log').filter(({ code = 0 }) => code >= 144 && code <= 150);
    expect(nvlink5.length).toBeGreaterThan(50);
    for (const { fields } of nvlink5) {
      expect(fields.unit).toMatch(/^[A-Z]/);
      expect(fields.intrInfo).toMatch(/^0x[0-9a-f]{8}$/);
    }
  });
});
