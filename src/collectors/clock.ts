import { absent, type B, type CommandResult, defineCollector, type Host, known, NODE, type S } from '../api.ts';
import { firstLine } from '../parse/first-line.ts';
import { chronySynchronized, timedatectlSynchronized } from '../parse/time-sync.ts';
import { directory } from './sysfs.ts';

const CLOCKSOURCE = '/sys/devices/system/clocksource/clocksource0';
const DEADLINE = { deadlineMs: 5_000 } as const;

/** Names are identifiers of the kernel: `tsc`, `arch_sys_counter`, `hyperv_clocksource_tsc_page`. */
const clocksource = (text: string): S => {
  const name = text.trim();
  return /^[\w-]+$/.test(name)
    ? known(name)
    : absent('failed', `not the name of a clock source: ${JSON.stringify(name.slice(0, 40))}`);
};

const withoutBus = ({ exitCode, stderr, stdout }: CommandResult): B =>
  absent('unsupported', `timedatectl: exit code ${exitCode}, ${firstLine(stderr) ?? firstLine(stdout) ?? 'no words'}`);

/**
 * chrony is asked first: its answer costs one datagram, while timedatectl makes systemd start a service for each question.
 * A machine with neither, or without D-Bus, keeps its clock in a way that cannot be asked.
 */
const isSynchronized = async (host: Host): Promise<B> => {
  const chrony = await host.run('chronyc', ['-n', '-c', 'tracking'], DEADLINE);
  if (chrony.ok && chrony.value.exitCode === 0) return chronySynchronized(chrony.value.stdout);
  const shown = await host.run('timedatectl', ['show', '-p', 'NTPSynchronized'], DEADLINE);
  // A chrony that is there and does not answer is no machine without one.
  if (!shown.ok) return chrony.ok || chrony.reason === 'no-tool' ? shown : chrony;
  return shown.value.exitCode === 0 ? timedatectlSynchronized(shown.value.stdout) : withoutBus(shown.value);
};

/** Whether the system clock is kept right, and by what the kernel reads the time. */
export const clock = defineCollector({
  apiVersion: 1,
  id: 'clock',
  provides: ['clock'],
  reads: `chronyc tracking, timedatectl, ${CLOCKSOURCE}`,
  // The kernel gives a clock up hours after its last correction (NTP's maximum error grows by 500 ppm to 16 s).
  schedule: { everySeconds: 900 },
  sheddable: true,
  deadlineMs: 12_000,
  async collect(host) {
    const source = await directory(host, CLOCKSOURCE).leaf('current_clocksource', clocksource);
    const synchronized = await isSynchronized(host);
    if (!source.ok && !synchronized.ok) return { clock: synchronized };
    return { clock: known({ ref: NODE, synchronized, source }) };
  },
});
