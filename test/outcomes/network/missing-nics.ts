import { silent } from '../../support/nic-files.ts';
import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';

const without = (...devices: readonly string[]): RawMachine =>
  simulated().without(...devices.map((device) => `sys/class/infiniband/${device}/**`));
/** A product that no profile describes. */
const unknownProduct = simulated().with({
  'commands/nvidia-smi_-q_-x.out': (xml) =>
    xml.replaceAll('NVIDIA H100 80GB HBM3', 'NVIDIA H999').replaceAll('233010DE', '999910DE'),
  'sys/bus/pci/devices/*/device': (id) => id.replace('0x2330', '0x9999'),
});

export default {
  pass: [simulated(), simulated('hgx-h100-8-roce'), simulated('gb300-nvl72'), without('mlx5_8', 'mlx5_9')],
  findings: {
    missing: [
      {
        on: without('mlx5_3'),
        about: ['node'],
        severity: 'WARNING',
        saying: /^Compute NICs: 7; profile hgx-h100-8 expects 8$/,
      },
      // The site says what it is for: it is not the one that seems to lack, though it does not answer.
      {
        on: simulated()
          .configured({ nicRoles: [{ match: 'mlx5_3', role: 'storage' }] })
          .failing(silent('mlx5_3')),
        about: ['node'],
        saying: /^Compute NICs: 7; profile hgx-h100-8 expects 8$/,
      },
      // A count that is only assumed says little of a machine that has no such NIC at all.
      {
        on: without('*').without('commands/ibstat.out'),
        about: ['node'],
        severity: 'INFO',
        saying: /^Compute NICs: 0; profile /,
      },
    ],
  },
  skipped: unknownProduct,
  unknown: [
    simulated().failing({ 'sys/class/infiniband': 'denied: EACCES' }),
    // A device that does not answer may be the one that seems to lack.
    simulated().failing(silent('mlx5_3')),
  ],
} satisfies Outcomes;
