import { editNth } from '../../support/edit-nth.ts';
import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';

const vbios = (version: string, ...gpus: readonly number[]) => ({
  'commands/nvidia-smi_-q_-x.out': editNth(/<vbios_version>[^<]*/g, `<vbios_version>${version}`, ...gpus),
});

export default {
  pass: [
    simulated(),
    simulated('gb300-nvl72'),
    simulated().configured({ pins: { vbios: ['96.00.99.00.01'] } }),
    // Other than everywhere else, and the same on all: only a pin could object.
    simulated().with(vbios('96.00.74.00.1A')),
    // A replaced board that the site allows beside the others is told as a difference all the same: see below.
    simulated().configured({ pins: { vbios: ['96.00.74.00.1A', '96.00.99.00.01'] } }),
  ],
  findings: {
    'differs-from-siblings': [
      {
        on: simulated('hgx-h100-8+vbios-drift@gpu6'),
        about: ['gpu6'],
        severity: 'WARNING',
        saying: 'GPU 6 has VBIOS 96.00.99.00.0F; 7 of 8 of its model have 96.00.99.00.01',
      },
      { on: simulated().with(vbios('96.00.74.00.1A', 1, 2, 3, 4)), about: ['node'], severity: 'WARNING' },
      {
        on: simulated()
          .with(vbios('96.00.74.00.1A', 7))
          .configured({ pins: { vbios: ['96.00.74.00.1A', '96.00.99.00.01'] } }),
        about: ['gpu7'],
      },
    ],
    'differs-from-pin': {
      on: simulated('hgx-h100-8+vbios-drift@gpu1').configured({ pins: { vbios: ['96.00.99.00.01'] } }),
      about: ['gpu1'],
      severity: 'WARNING',
      saying: 'GPU 1 has VBIOS 96.00.99.00.0F; the configuration pins 96.00.99.00.01',
    },
  },
  skipped: [
    simulated().with(vbios('N/A')),
    simulated().without('sys/bus/pci/devices/**').failing({ 'commands/nvidia-smi_-q_-x': 'no-tool: not on PATH' }),
  ],
  unknown: [
    simulated().with(vbios('GPU is lost', 2)),
    simulated('hgx-h100-8+no-driver'),
    simulated().with(vbios('N/A', 4)),
    simulated()
      .with(vbios('N/A'))
      .configured({ pins: { vbios: ['96.00.99.00.01'] } }),
  ],
} satisfies Outcomes;
