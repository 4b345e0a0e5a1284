import { describe, expect, test } from 'vitest';
import { absent, type Host, type KernelRecords, known, type Reading } from '../../src/api.ts';
import { createKernelLogCollector } from '../../src/collectors/kernel-log.ts';

const { signal } = new AbortController();
const BOOTED_AT = 1_740_000_000_000;
const NOW = BOOTED_AT + 3_600_000;

interface Simulated {
  readonly polls: Reading<KernelRecords>[];
  files: Record<string, string>;
}

const hostOf = (machine: Simulated): Host => ({
  run: async () => absent('no-tool', ''),
  read: async (path) => {
    const text = machine.files[path];
    return text === undefined ? absent('no-device', path) : known(text);
  },
  list: async () => absent('no-device', ''),
  kernelRecords: async () => machine.polls.shift() ?? known({ lines: [], lost: 0 }),
  now: () => NOW,
  follow: async function* () {
    yield absent('no-tool', '');
  },
});

const xid = (code: number, seconds: number) =>
  `4,${seconds},${seconds}000000,-;NVRM: Xid (PCI:0000:38:00): ${code}, text`;
const BOOT = { '/proc/sys/kernel/random/boot_id': 'aaaa\n', '/proc/stat': `cpu 1\nbtime ${BOOTED_AT / 1000}\n` };
const lines = (...all: string[]): Reading<KernelRecords> => known({ lines: all, lost: 0 });

describe('the kernel log', () => {
  test('each answer is what was gained since the last one', async () => {
    const machine: Simulated = {
      files: BOOT,
      polls: [lines(xid(79, 10)), lines(), lines(xid(79, 20), xid(154, 21), xid(79, 22))],
    };
    const collector = createKernelLogCollector();
    const collect = async () => (await collector.collect(hostOf(machine), signal)).kernelLog;
    const gains = [await collect(), await collect(), await collect()];
    expect(gains.map((log) => (log.ok ? log.value.events.map(({ code, repeats }) => [code, repeats]) : []))).toEqual([
      [[79, 1]],
      [],
      [
        [79, 2],
        [154, 1],
      ],
    ]);
    expect(gains[0]).toMatchObject({ value: { events: [{ at: BOOTED_AT + 10_000 }], sequence: 10 } });
    // The second reading found the end of the log: what came after it cannot be older.
    expect(gains[2]).toMatchObject({ value: { events: [{ at: NOW }, { at: NOW }], sequence: 22 } });
  });

  test('what was read before a failure belongs to the next answer', async () => {
    const flood = Array.from({ length: 1000 }, (_, i) => xid(31, i));
    const failed = absent('failed', 'EIO');
    const machine: Simulated = { files: BOOT, polls: [lines(...flood), failed, lines(xid(79, 2000))] };
    const collector = createKernelLogCollector();
    const collect = async () => (await collector.collect(hostOf(machine), signal)).kernelLog;
    expect(await collect()).toEqual(failed);
    expect(await collect()).toMatchObject({
      value: { events: [{ code: 31, repeats: 1000 }, { code: 79 }], sequence: 2000 },
    });
  });

  test('what a call read that was given up belongs to the next answer', async () => {
    const controller = new AbortController();
    const machine: Simulated = { files: BOOT, polls: [lines(xid(79, 10))] };
    const collector = createKernelLogCollector();
    const host = hostOf(machine);
    const givenUp = await collector.collect(
      {
        ...host,
        kernelRecords: async () => {
          controller.abort();
          return host.kernelRecords();
        },
      },
      controller.signal,
    );
    expect(givenUp.kernelLog).toMatchObject({ ok: false, reason: 'timeout' });
    expect((await collector.collect(host, signal)).kernelLog).toMatchObject({ value: { events: [{ code: 79 }] } });
  });

  test('a reboot gives the records another date', async () => {
    const machine: Simulated = { files: BOOT, polls: [lines(xid(79, 10))] };
    const collector = createKernelLogCollector();
    await collector.collect(hostOf(machine), signal);
    machine.files = { '/proc/sys/kernel/random/boot_id': 'bbbb\n', '/proc/stat': `btime ${NOW / 1000 + 60}\n` };
    machine.polls.push(lines(xid(13, 5)));
    const later = { ...hostOf(machine), now: () => NOW + 120_000 };
    expect((await collector.collect(later, signal)).kernelLog).toMatchObject({
      value: { events: [{ code: 13, at: NOW + 65_000 }] },
    });
  });

  test('without /proc/stat the uptime dates the records', async () => {
    const files = { '/proc/uptime': '3600.0 100.0\n' };
    const { kernelLog } = await createKernelLogCollector().collect(
      hostOf({ files, polls: [lines(xid(79, 10))] }),
      signal,
    );
    expect(kernelLog).toMatchObject({ value: { events: [{ at: NOW - 3_600_000 + 10_000 }] } });
  });

  test('a full ring is read to its end in one go', async () => {
    const old = Array.from({ length: 1000 }, (_, i) => `6,${i},${i},-;eth0: link becomes ready`);
    const machine: Simulated = { files: BOOT, polls: [lines(...old), lines(...old), lines(xid(79, 3000))] };
    const { kernelLog } = await createKernelLogCollector().collect(hostOf(machine), signal);
    expect(kernelLog).toMatchObject({ value: { events: [{ code: 79 }] } });
  });

  test.each(['denied', 'no-device', 'failed', 'not-recorded'] as const)('%s is no empty log', async (reason) => {
    const why = absent(reason, 'because');
    const collector = createKernelLogCollector();
    expect(await collector.collect(hostOf({ files: BOOT, polls: [why] }), signal)).toEqual({ kernelLog: why });
  });

  test('two machines in one process do not share their events', async () => {
    const first = createKernelLogCollector();
    await first.collect(hostOf({ files: BOOT, polls: [lines(xid(79, 10))] }), signal);
    const { kernelLog } = await createKernelLogCollector().collect(hostOf({ files: BOOT, polls: [] }), signal);
    expect(kernelLog).toMatchObject({ value: { events: [] } });
  });
});
