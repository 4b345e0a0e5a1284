import { editNth } from '../../support/edit-nth.ts';
import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';

const inforom = (version: string, ...gpus: readonly number[]) => ({
  'commands/nvidia-smi_-q_-x.out': editNth(/<img_version>[^<]*/g, `<img_version>${version}`, ...gpus),
});

export default {
  pass: [
    simulated(),
    simulated('gb200-nvl72'),
    simulated().configured({ pins: { inforom: ['G520.0200.00.05'] } }),
    simulated().configured({ pins: { inforom: ['G520.0200.00.03', 'G520.0200.00.05'] } }),
    simulated().with(inforom('G520.0200.00.03')),
  ],
  findings: {
    'differs-from-siblings': [
      {
        on: simulated('hgx-h100-8+inforom-drift@gpu3'),
        about: ['gpu3'],
        severity: 'WARNING',
        saying: 'GPU 3 has InfoROM G520.0200.00.09; 7 of 8 of its model have G520.0200.00.05',
      },
      { on: simulated().with(inforom('G520.0200.00.03', 0, 2, 4, 6)), about: ['node'], severity: 'WARNING' },
    ],
    'differs-from-pin': {
      on: simulated('hgx-h100-8+inforom-drift@gpu0').configured({ pins: { inforom: ['G520.0200.00.05'] } }),
      about: ['gpu0'],
      severity: 'WARNING',
      saying: 'GPU 0 has InfoROM G520.0200.00.09; the configuration pins G520.0200.00.05',
    },
  },
  skipped: [
    simulated().with(inforom('N/A')),
    simulated().without('sys/bus/pci/devices/**').failing({ 'commands/nvidia-smi_-q_-x': 'no-tool: not on PATH' }),
  ],
  unknown: [
    simulated().with(inforom('GPU is lost', 2)),
    simulated('hgx-h100-8+hung-smi'),
    simulated().with(inforom('N/A', 4)),
    simulated()
      .with(inforom('N/A'))
      .configured({ pins: { inforom: ['G520.0200.00.05'] } }),
  ],
} satisfies Outcomes;
