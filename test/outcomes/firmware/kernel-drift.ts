import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';

const KERNEL = 'proc/sys/kernel/osrelease';
const BIOS = 'sys/class/dmi/id/bios_version';
const kernelPinned = simulated().configured({ pins: { kernel: ['5.15.0-1053-nvidia'] } });
const biosPinned = simulated().configured({ pins: { bios: ['1.4.2'] } });

export default {
  pass: [
    kernelPinned,
    biosPinned,
    simulated().configured({
      pins: { kernel: ['5.15.0-1060-nvidia', '5.15.0-1053-nvidia'], bios: ['1.4.2', '1.5.0'] },
    }),
    // What is not pinned need not be known.
    kernelPinned.failing({ [BIOS]: 'denied: EACCES' }),
  ],
  findings: {
    'kernel-differs-from-pin': [
      {
        on: simulated().configured({ pins: { kernel: ['5.15.0-1060-nvidia'] } }),
        about: ['node'],
        severity: 'WARNING',
        saying: 'the node has kernel 5.15.0-1053-nvidia; the configuration pins 5.15.0-1060-nvidia',
      },
      // The whole name counts: a version that begins alike is another kernel.
      { on: simulated().configured({ pins: { kernel: ['5.15.0-1053'] } }), about: ['node'] },
    ],
    'bios-differs-from-pin': {
      on: biosPinned.with({ [BIOS]: '1.3.9\n' }),
      about: ['node'],
      severity: 'WARNING',
      saying: 'the node has BIOS 1.3.9; the configuration pins 1.4.2',
    },
  },
  skipped: simulated(),
  unknown: [
    kernelPinned.failing({ [KERNEL]: 'denied: EACCES' }),
    // A machine that does not say what the site wants to know.
    biosPinned.without(BIOS),
    biosPinned.with({ [BIOS]: '\n' }),
  ],
} satisfies Outcomes;
