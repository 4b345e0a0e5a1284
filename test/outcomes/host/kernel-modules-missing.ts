import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';

const wanting = (machine: RawMachine, ...modules: readonly string[]): RawMachine =>
  machine.configured({ checks: { 'host/kernel-modules-missing': { mode: 'enforce', options: { modules } } } });
const profiled = (machine: RawMachine, ...modules: readonly string[]): RawMachine =>
  machine.configured({
    machine: 'ours',
    siteProfiles: [
      {
        id: 'ours',
        extends: 'hgx-h100-8',
        kernel_modules: { value: modules, source: 'test', confidence: 'specified' },
      },
    ],
  });
const STALE = 'nvidia-peermem nv_get_p2p_free_callback:127 ERROR detected invalid context, skipping further processing';
const DAY_SECONDS = 86_400;

export default {
  pass: [
    wanting(simulated(), 'nvidia_peermem'),
    // As packages and people write it.
    wanting(simulated(), 'nvidia-peermem', 'ib_core'),
    profiled(simulated(), 'nvidia_peermem'),
    // Built in: not in the table, and there.
    wanting(simulated(), 'tcp_cubic'),
    // A kernel that cannot load modules has all that it needs.
    wanting(simulated().without('proc/modules'), 'tcp_cubic'),
    // Loaded, and invisible below /sys/module to who may not look there.
    wanting(simulated().without('sys/module/nvidia_peermem/*'), 'nvidia_peermem'),
    wanting(simulated().saying([STALE], { facility: 1 }), 'nvidia_peermem'),
    wanting(simulated('hgx-h100-8', [2 * DAY_SECONDS]), 'nvidia_peermem').saying([STALE], {
      secondsAgo: DAY_SECONDS + 60,
    }),
    // The driver is told by gpu/driver-unresponsive.
    wanting(simulated('hgx-h100-8+no-driver'), 'nvidia', 'mlx5_core'),
  ],
  findings: {
    missing: [
      {
        on: wanting(simulated('hgx-h100-8+peermem-missing'), 'nvidia-peermem', 'ib_core'),
        about: ['node'],
        severity: 'WARNING',
        saying: 'Kernel modules that must be there and are not loaded: nvidia_peermem (1 of 2)',
      },
      {
        on: wanting(profiled(simulated(), 'lustre', 'gdrdrv'), 'lustre'),
        about: ['node'],
        saying: 'Kernel modules that must be there and are not loaded: lustre, gdrdrv (2 of 2)',
      },
      // About to be gone.
      {
        on: wanting(
          simulated()
            .with({ 'proc/modules': (table) => table.replace(/^(nvidia_peermem .*) Live /m, '$1 Unloading ') })
            .without('sys/module/nvidia_peermem/*'),
          'nvidia_peermem',
        ),
        about: ['node'],
      },
    ],
    'peermem-invalid-context': [
      {
        on: simulated().saying([STALE, STALE]),
        about: ['node'],
        severity: 'INFO',
        saying: /^nvidia_peermem found GPU memory registered .*, 2 times since /,
      },
      {
        on: simulated('hgx-h100-8', [2 * DAY_SECONDS]).saying([STALE], { secondsAgo: DAY_SECONDS - 60 }),
        about: ['node'],
      },
    ],
  },
  skipped: [
    // Nobody says what must be loaded.
    simulated(),
    simulated('gb200-nvl72'),
    wanting(simulated(), 'nvidia'),
  ],
  unknown: [
    wanting(simulated().failing({ 'proc/modules': 'denied: EACCES' }), 'nvidia_peermem'),
    wanting(simulated().failing({ 'sys/module': 'denied: EACCES' }), 'nvidia_peermem'),
    wanting(simulated().with({ 'proc/modules': 'nvidia 12' }), 'nvidia_peermem'),
    wanting(simulated().without('sys/module/**'), 'nvidia_peermem'),
    wanting(simulated().failing({ kmsg: 'denied: EACCES' }), 'nvidia_peermem'),
  ],
} satisfies Outcomes;
