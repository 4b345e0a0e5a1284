import { absent, type Collector, defineCollector, type Host, known } from '../api.ts';
import { bootTimeOf, uptimeSeconds } from '../parse/boot-time.ts';
import { createEventLog } from '../parse/kernel-log/events.ts';

const BOOT_ID = '/proc/sys/kernel/random/boot_id';

// The host bounds each call; so many lines at once say that more may be there.
const MANY_LINES = 1000;
// Far more than any ring holds; a file of this many thousand lines is read on in the next round.
const MOST_CALLS = 500;

interface Boot {
  readonly id: string | undefined;
  /** Unix ms. */
  readonly at: number | undefined;
}

/** Since when the machine runs (Unix ms), which dates the records that count from boot. */
const readBootTime = async (host: Host): Promise<number | undefined> => {
  const stat = await host.read('/proc/stat');
  const at = stat.ok ? bootTimeOf(stat.value) : undefined;
  if (at !== undefined) return at;
  const uptime = await host.read('/proc/uptime');
  const seconds = uptime.ok ? uptimeSeconds(uptime.value) : undefined;
  return seconds === undefined ? undefined : host.now() - seconds * 1000;
};

/**
 * What the kernel log gained since the last answer; `derive/kernel-history.ts` remembers the boot. What was read in a
 * call that ran out of time or failed belongs to the next answer.
 */
export const createKernelLogCollector = (): Collector<'kernelLog'> => {
  const gained = createEventLog();
  let boot: Boot | undefined;
  let readToEndAt: number | undefined;

  const currentBoot = async (host: Host): Promise<Boot> => {
    const read = await host.read(BOOT_ID);
    const id = read.ok ? read.value.trim() : boot?.id;
    if (boot === undefined || (boot.id !== undefined && id !== boot.id)) boot = { id, at: await readBootTime(host) };
    return boot;
  };

  return defineCollector({
    apiVersion: 1,
    id: 'kernel-log',
    provides: ['kernelLog'],
    reads: '/dev/kmsg, or the file in MUSTER_KMSG',
    schedule: { everySeconds: 1 },
    deadlineMs: 2_000,
    async collect(host, signal) {
      const { at: bootedAt } = await currentBoot(host);
      for (let calls = 0; calls < MOST_CALLS && !signal.aborted; calls += 1) {
        const records = await host.kernelRecords();
        if (!records.ok) return { kernelLog: records };
        const { lines, lost } = records.value;
        gained.add(lines, { now: host.now(), bootedAt, readToEndAt, lost });
        if (lines.length >= MANY_LINES) continue;
        readToEndAt = host.now();
        break;
      }
      // Nobody takes the answer of a call that was given up.
      if (signal.aborted) return { kernelLog: absent('timeout', 'the kernel log comes faster than it can be read') };
      return { kernelLog: known(gained.take()) };
    },
  });
};
