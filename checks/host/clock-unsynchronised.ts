import { absent, type ClockState, defineCheck, type Judgement } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { BOOT_GRACE_SECONDS } from '../shared/boot-grace.ts';
import { condition, stay } from '../shared/rules.ts';

export default defineCheck({
  apiVersion: 1,
  id: 'host/clock-unsynchronised',
  title: 'The clock runs free or is slow to read',
  why: 'Credentials of Slurm (munge) and Kerberos fail once clocks differ by minutes, and logs of nodes cannot be compared; a clock that is slow to read costs every profiler and every time-out.',
  source:
    'Linux adjtimex(2), STA_UNSYNC; chrony, chronyc tracking; arch/x86/kernel/tsc.c ("Marking TSC unstable"); gcm check-processor (clocksource)',
  remedy:
    'Synchronisation: `chronyc sources -v` or `timedatectl timesync-status`, then `systemctl restart chronyd`; is UDP port 123 open? ' +
    'Clock source: `dmesg -T | grep -iE "tsc|clocksource"`; a reboot tries the TSC again, else update the BIOS.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['clock'],
  options: {
    slow_sources: {
      default: ['hpet', 'acpi_pm', 'pit', 'jiffies', 'refined-jiffies'],
      source:
        'Linux arch/x86: a program reads the TSC, pvclock and the clock of Hyper-V itself; these need a system call and a device each time',
      help: 'Clock sources of the kernel that are a fault.',
    },
  },
  rules: {
    unsynchronised: condition(
      'WARNING',
      'No time server corrects the clock',
      stay('watch'),
      'where chrony or systemd-timedated answers',
    ),
    'slow-source': condition('WARNING', 'The kernel fell back to a slow clock source', stay('reboot')),
  },
  judge: ({ clock }, { now, bootedAt, options }) => [
    judgeSynchronized(clock, (now - bootedAt) / 1000),
    about(clock.ref, 'slow-source', clock.source, (source) =>
      options.slow_sources.includes(source)
        ? {
            message: `The kernel reads the time from ${source}, which takes a system call and a device each time`,
            observed: source,
            expected: 'tsc, kvm-clock, arch_sys_counter or the like',
          }
        : undefined,
    ),
  ],
});

/** A time server is asked and answers some minutes after boot. */
const judgeSynchronized = ({ ref, synchronized }: ClockState, upSeconds: number): Judgement<'unsynchronised'> =>
  about(
    ref,
    'unsynchronised',
    synchronized.ok && !synchronized.value && upSeconds < BOOT_GRACE_SECONDS
      ? absent('no-history', `the node booted ${Math.round(upSeconds)} s ago; its clock may still be synchronised`)
      : synchronized,
    (isSynchronized) =>
      isSynchronized
        ? undefined
        : {
            message: 'No time server corrects the clock of the node',
            observed: 'not synchronised',
            expected: 'synchronised',
          },
  );
