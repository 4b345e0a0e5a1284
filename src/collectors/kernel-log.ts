import { type Collector, defineCollector, type Host, known } from '../api.ts';
import { bootTimeOf, uptimeSeconds } from '../parse/boot-time.ts';
import { createEventLog, type EventLog } from '../parse/kernel-log/events.ts';

const BOOT_ID = '/proc/sys/kernel/random/boot_id';

// The host bounds each call; a ring that was filled long before the agent came takes several.
const MANY_LINES = 1000;
const MOST_CALLS = 50;

interface Boot {
  readonly id: string | undefined;
  readonly at: number | undefined;
  readonly log: EventLog;
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

/** What the kernel log has said since boot. It holds the events, so each machine needs a collector of its own. */
export const createKernelLogCollector = (): Collector<'kernelLog'> => {
  let boot: Boot | undefined;

  const currentBoot = async (host: Host): Promise<Boot> => {
    const read = await host.read(BOOT_ID);
    const id = read.ok ? read.value.trim() : boot?.id;
    if (boot === undefined || (boot.id !== undefined && id !== boot.id))
      boot = { id, at: await readBootTime(host), log: createEventLog() };
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
      const { log, at: bootedAt } = await currentBoot(host);
      for (let calls = 0; calls < MOST_CALLS && !signal.aborted; calls += 1) {
        const records = await host.kernelRecords();
        if (!records.ok) return { kernelLog: records };
        const { lines, lost } = records.value;
        log.add(lines, { now: host.now(), bootedAt, lost });
        if (lines.length < MANY_LINES) break;
      }
      return { kernelLog: known(log.value()) };
    },
  });
};
