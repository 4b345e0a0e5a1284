import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';

const CHRONY = 'commands/chronyc_-n_-c_tracking';
const TIMEDATECTL = 'commands/timedatectl_show_-p_NTPSynchronized';
const SOURCE = 'sys/devices/system/clocksource/clocksource0/current_clocksource';

const UNSYNCHRONISED = 'hgx-h100-8+clock-unsynchronised';
const noChrony = { [CHRONY]: 'no-tool: chronyc: not on PATH' };
const noAnswer = { [CHRONY]: 'no-tool: chronyc: not on PATH', [TIMEDATECTL]: 'no-tool: timedatectl: not on PATH' };
const withoutBus = simulated()
  .failing(noChrony)
  .with({
    [`${TIMEDATECTL}.out`]: undefined,
    [`${TIMEDATECTL}.err`]: "System has not been booted with systemd as init system (PID 1). Can't operate.\n",
    [`${TIMEDATECTL}.exit`]: '1\n',
  });
const bootedSecondsBefore = (seconds: number) =>
  simulated(UNSYNCHRONISED).with({
    'proc/stat': `cpu  0 0 0 0\nbtime ${Date.UTC(2026, 8, 1, 12) / 1000 + 5 - seconds}\n`,
  });

export default {
  pass: [
    simulated(),
    simulated('gb200-nvl72'),
    simulated().failing(noChrony),
    // chronyd does not run: the kernel's own word counts.
    simulated().with({ [`${CHRONY}.out`]: '506 Cannot talk to daemon\n', [`${CHRONY}.exit`]: '1\n' }),
    simulated().with({ [`${CHRONY}.out`]: (line) => line.replace('Normal', 'Insert second') }),
    ...['kvm-clock', 'hyperv_clocksource_tsc_page', 'xen'].map((name) => simulated().with({ [SOURCE]: `${name}\n` })),
    // No way to ask whether it is synchronised, and by what it is read is in order.
    withoutBus,
    simulated().failing(noAnswer),
    bootedSecondsBefore(299),
  ],
  findings: {
    unsynchronised: [
      {
        on: simulated(UNSYNCHRONISED),
        about: ['node'],
        severity: 'WARNING',
        saying: /^No time server corrects the clock of the node$/,
      },
      { on: simulated(UNSYNCHRONISED).failing(noChrony), about: ['node'] },
      { on: bootedSecondsBefore(300), about: ['node'] },
    ],
    'slow-source': [
      {
        on: simulated('hgx-h100-8+slow-clocksource'),
        about: ['node'],
        severity: 'WARNING',
        saying: /^The kernel reads the time from hpet,/,
      },
      ...['acpi_pm', 'pit', 'jiffies', 'refined-jiffies'].map((name) => ({
        on: simulated().with({ [SOURCE]: `${name}\n` }),
        about: ['node'],
      })),
    ],
  },
  skipped: [simulated().failing(noAnswer).without(SOURCE), withoutBus.without(SOURCE), simulated().without(SOURCE)],
  unknown: [
    simulated().failing({ ...noChrony, [TIMEDATECTL]: 'timeout: no answer in 5 s' }),
    simulated().with({ [`${CHRONY}.out`]: '0A000001,10.0.0.1,3\n' }),
    simulated().with({ [`${CHRONY}.out`]: (line) => line.replace('Normal', 'Perhaps') }),
    simulated().failing({ [SOURCE]: 'denied: EACCES' }),
  ],
} satisfies Outcomes;
