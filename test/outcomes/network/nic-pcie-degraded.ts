import { deviceFile } from '../../support/nic-files.ts';
import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';

type Link = Partial<Record<'width' | 'maxWidth' | 'speed' | 'maxSpeed', string>>;
const FILES = {
  width: 'current_link_width',
  maxWidth: 'max_link_width',
  speed: 'current_link_speed',
  maxSpeed: 'max_link_speed',
} as const;
const GEN3 = '8.0 GT/s PCIe\n';
const GEN4 = '16.0 GT/s PCIe\n';
const linked = (device: string, link: Link, on: RawMachine = simulated()): RawMachine =>
  on.with(
    Object.fromEntries(
      Object.entries(link).map(([name, text]) => [deviceFile(device, FILES[name as keyof Link]), text]),
    ),
  );
/** A virtual machine whose hypervisor shows all NICs with 8 lanes. */
const guest = linked('*', { width: '8\n' }).with({
  'commands/nvidia-smi_-q_-x.out': (xml) =>
    xml.replace(/<virtualization_mode>None/g, '<virtualization_mode>Pass-Through'),
});
const compute = ['mlx5_0', 'mlx5_1', 'mlx5_2', 'mlx5_3', 'mlx5_4', 'mlx5_5', 'mlx5_6', 'mlx5_7'];

export default {
  pass: [
    simulated(),
    simulated('hgx-a100-8'),
    simulated('gb300-nvl72'),
    // ConnectX-6 below the profile of a machine with ConnectX-7: it is another card.
    linked('*', { speed: GEN4, maxSpeed: GEN4 }),
    // A port that nothing uses.
    linked('mlx5_9', { width: '1\n' }),
  ],
  findings: {
    'width-reduced': [
      // 8 lanes of generation 2 carry 32 Gb/s, which is all that this port does.
      {
        on: linked('mlx5_2', { width: '8\n', speed: '5.0 GT/s PCIe\n' }).with({
          'sys/class/infiniband/mlx5_*/ports/1/rate': '32 Gb/sec (4X QDR)\n',
        }),
        about: ['mlx5_2'],
        severity: 'WARNING',
      },
      // A storage port that is too slow costs no collective.
      {
        on: linked('mlx5_8', { width: '4\n' }).with({
          'sys/class/infiniband/mlx5_9/ports/1/state': '4: ACTIVE\n',
          'sys/class/infiniband/mlx5_9/ports/1/rate': '200 Gb/sec (2X NDR)\n',
        }),
        about: ['mlx5_8'],
        severity: 'WARNING',
        saying: /siblings with more lanes: 1 of 1\); it carries 126 of the 200/,
      },
      {
        on: linked('mlx5_2', { width: '8\n' }),
        about: ['mlx5_2'],
        severity: 'CRITICAL',
        saying:
          /The PCIe link of mlx5_2 is x8; x16 is expected \(siblings with more lanes: 7 of 7\); it carries 252 of the 400 Gb\/s/,
      },
      // Half of the lanes carry all that this port does.
      {
        on: linked('mlx5_2', { width: '8\n' }).with({
          'sys/class/infiniband/mlx5_*/ports/1/rate': '200 Gb/sec (4X HDR)\n',
        }),
        about: ['mlx5_2'],
        severity: 'WARNING',
        saying: /siblings with more lanes: \d of \d\)$/,
      },
      { on: linked('*', { width: '8\n' }), about: [...compute, 'mlx5_8'] },
      // The card and the profile say so, and the profile is assumed.
      {
        on: linked('mlx5_2', { width: '8\n' }, simulated('hgx-h100-8')).without(
          ...compute.filter((d) => d !== 'mlx5_2').map((d) => `sys/class/infiniband/${d}/**`),
        ),
        about: ['mlx5_2'],
        severity: 'WARNING',
      },
      // Only the card itself could do more.
      {
        on: linked('mlx5_8', { width: '8\n' }),
        about: ['mlx5_8'],
        severity: 'INFO',
        saying: /whether its slot can is not known/,
      },
      { on: guest, about: [...compute, 'mlx5_8'], severity: 'INFO', saying: /a hypervisor is between/ },
      { on: simulated('hgx-h100-8-roce+nic-pcie-width@mlx5_7'), about: ['mlx5_7'], severity: 'CRITICAL' },
    ],
    'generation-low': [
      {
        on: linked('mlx5_2', { speed: GEN4 }),
        about: ['mlx5_2'],
        severity: 'CRITICAL',
        saying:
          /runs at generation 4; generation 5 is expected \(siblings that run faster: 7 of 7\); it carries 252 of the 400/,
      },
      { on: linked('mlx5_8', { speed: GEN3 }), about: ['mlx5_8'], severity: 'INFO' },
      { on: linked('*', { speed: GEN4 }), about: [...compute, 'mlx5_8'] },
      { on: linked('mlx5_3', { speed: GEN4 }, linked('*', { width: '8\n' })), about: ['mlx5_3'] },
    ],
  },
  skipped: [
    simulated().without('sys/class/infiniband/*/device/*_link_*'),
    simulated().without('sys/class/infiniband/**'),
  ],
  unknown: [
    linked('mlx5_2', { width: 'x16\n' }),
    linked('mlx5_2', { speed: 'fast\n' }),
    simulated().without(deviceFile('mlx5_2', 'current_link_width')),
    simulated().failing({ [deviceFile('mlx5_2', 'max_link_speed')]: 'denied: EACCES' }),
  ],
} satisfies Outcomes;
