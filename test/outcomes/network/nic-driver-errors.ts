import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';

const PCI = { compute: '0000:4f:00.0', storage: '0000:aa:00.0', unused: '0000:aa:00.1' } as const;
const says = (text: string, where: keyof typeof PCI = 'compute'): string => `mlx5_core ${PCI[where]}: ${text}`;
const LEAK = 'wait_func:1195:(pid 1967079): ENABLE_HCA(0x104) timeout. Will cause a leak of a command resource';
const HEALTH = "poll_health:825:(pid 0): device's health compromised - reached miss count";
const FATAL = 'print_health_info:500:(pid 0): synd 0x8: unrecoverable hardware error';
const POWER = 'mlx5_pcie_event:299:(pid 9): Detected insufficient power on the PCIe slot (27W).';
const HOT = 'Port module event[error]: module 0, Cable error, High Temperature';
const UNPLUGGED = 'Port module event: module 1, Cable unplugged';
const WATCHDOG = 'mlx5_core 0000:4f:00.0 ibp79s0: NETDEV WATCHDOG: CPU: 3: transmit queue 5 timed out 5120 ms';
const DAY = 86_400;

export default {
  pass: [
    simulated(),
    simulated('hgx-h100-8-roce'),
    // Restricted functions refuse at every query, and are healthy.
    simulated().saying([
      says(
        'mlx5_cmd_out_err:838:(pid 1441871): ACCESS_REG(0x805) op_mod(0x1) failed, status bad operation(0x2), syndrome (0x305684), err(-22)',
      ),
    ]),
    // A port without a cable says so at every start.
    simulated().saying([says(UNPLUGGED, 'unused')]),
    simulated().saying([says('Port module event: module 0, Cable plugged')]),
    // Over for more than a day.
    simulated().saying([says(HOT), says(UNPLUGGED), WATCHDOG], { secondsAgo: DAY + 1 }),
  ],
  findings: {
    'command-timeout': [
      {
        on: simulated().saying([says(LEAK)]),
        about: ['mlx5_2'],
        severity: 'CRITICAL',
        saying:
          /The driver of mlx5_2 said once, last at 2026-09-01T11:59:55\.000Z: a command to the firmware was never answered/,
      },
      { on: simulated().saying([says(LEAK), says(LEAK)]), about: ['mlx5_2'], saying: /said 2 times/ },
      { on: simulated().saying([says(LEAK, 'unused')]), about: ['mlx5_9'], severity: 'WARNING' },
      { on: simulated().saying([says(LEAK, 'storage')]), about: ['mlx5_8'], severity: 'CRITICAL' },
      // Fallen off the bus since: the address is what is left.
      {
        on: simulated()
          .saying([says(LEAK)])
          .without('sys/class/infiniband/mlx5_2/**'),
        about: ['nic:00000000:4F:00.0'],
      },
      // Only a reboot ends it.
      { on: simulated().saying([says(LEAK)], { secondsAgo: DAY + 1 }), about: ['mlx5_2'] },
    ],
    'health-compromised': [
      { on: simulated().saying([says(HEALTH)]), about: ['mlx5_2'], severity: 'CRITICAL', saying: /heartbeat/ },
      { on: simulated('gb200-nvl72+nic-firmware-hung@mlx5_1'), about: ['mlx5_1'] },
    ],
    'unrecoverable-error': [
      { on: simulated().saying([says(FATAL)]), about: ['mlx5_2'], severity: 'CRITICAL' },
      { on: simulated().saying(['mlx5_core: INFO: synd 0x8: unrecoverable hardware error.']), about: ['node'] },
    ],
    'transmit-timeout': [
      { on: simulated().saying([WATCHDOG]), about: ['mlx5_2'], severity: 'WARNING' },
      // Older kernels name the interface only.
      {
        on: simulated().saying(['NETDEV WATCHDOG: ibp79s0 (mlx5_core): transmit queue 0 timed out']),
        about: ['mlx5_2'],
      },
      { on: simulated().saying(['NETDEV WATCHDOG: eth7 (mlx5_core): transmit queue 0 timed out']), about: ['node'] },
    ],
    'module-too-hot': {
      on: simulated().saying([says(HOT)], { secondsAgo: DAY - 60 }),
      about: ['mlx5_2'],
      severity: 'WARNING',
    },
    'cable-unplugged': { on: simulated().saying([says(UNPLUGGED)]), about: ['mlx5_2'], severity: 'INFO' },
    'insufficient-power': {
      on: simulated().saying([says(POWER)]),
      about: ['mlx5_2'],
      severity: 'INFO',
      saying: /\(27 W\)/,
    },
    untrusted: {
      on: simulated().saying([says(HEALTH)], { facility: 1 }),
      about: ['mlx5_2'],
      severity: 'INFO',
      saying: /not written by the kernel/,
    },
  },
  skipped: simulated().without('sys/class/infiniband/**', 'commands/ibstat.out'),
  unknown: simulated().failing({ kmsg: 'denied: EPERM' }),
} satisfies Outcomes;
