import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';
import { answering, failingCall, SMI_XML } from '../../support/smi-text.ts';
import { firstGpus } from '../../support/xml-elements.ts';

const h100 = simulated();
const PCI = 'sys/bus/pci/devices';
const GPU7 = '0000:df:00.0';
const attached = (count: number) => (xml: string) => xml.replace(/<attached_gpus>\d+/, `<attached_gpus>${count}`);
/** Neither the bus nor the driver knows the last GPU. */
const gone = h100.without(`${PCI}/${GPU7}/**`).with({ [SMI_XML]: (xml) => firstGpus(xml, 7) });
const describing = (count: number, machine = h100): RawMachine =>
  machine.with({ [SMI_XML]: (xml) => firstGpus(xml, count) });

export default {
  pass: [
    h100,
    simulated('gb200-nvl72'),
    simulated('hgx-a100-8'),
    // A GPU of the virtual machines, which the host's driver must not see.
    describing(7).with({ [`${PCI}/${GPU7}/uevent`]: 'DRIVER=vfio-pci\nPCI_CLASS=30200\n' }),
    simulated('hgx-h100-8+lost@gpu2'),
  ],
  findings: {
    'not-in-driver': [
      {
        on: simulated('hgx-h100-8+missing@gpu2'),
        about: ['gpu:00000000:52:00.0'],
        severity: 'CRITICAL',
        saying: /^The PCI bus shows a GPU at 00000000:52:00\.0 \(bound to nvidia\), nvidia-smi does not$/,
      },
      {
        on: describing(7).with({ [`${PCI}/${GPU7}/uevent`]: 'PCI_CLASS=30200\n' }),
        about: ['gpu:00000000:DF:00.0'],
        saying: /bound to no driver/,
      },
      // Not one of these GPUs is described.
      {
        on: answering(simulated('gb200-nvl72'), '-q -x', { stdout: 'No devices were found\n', exit: 6 }),
        about: ['08', '09', '18', '19'].map((domain) => `gpu:000000${domain}:01:00.0`),
      },
      // What a container hides is not missing.
      { on: describing(7).with({ [SMI_XML]: attached(8) }), about: [] },
      { on: describing(7).with({ [`${PCI}/${GPU7}/uevent`]: 'DRIVER=vfio-pci\n' }), about: [] },
    ],
    'below-profile': [
      { on: gone, about: ['node'], severity: 'CRITICAL', saying: /^GPUs that the machine shows: 7; .+ has 8$/ },
      // The highest of what the driver, its list and the bus say.
      { on: h100.without(`${PCI}/${GPU7}/**`), about: [] },
      { on: describing(7), about: [] },
    ],
    unlisted: [
      {
        on: describing(2).with({ [SMI_XML]: attached(8) }),
        about: ['node'],
        severity: 'INFO',
        saying: /^GPUs that a container or cgroup hides: 6; the driver holds 8, nvidia-smi describes 2 here$/,
      },
    ],
  },
  skipped: h100.without('commands/nvidia-smi_-q_-x.*', `${PCI}/**`),
  unknown: [
    failingCall(h100, '-q -x', 'hung: D'),
    answering(h100, '-q -x', { stdout: 'garbage', exit: 255 }),
    // Described without an address: it may be the one that the bus shows.
    describing(7).with({
      [SMI_XML]: (xml) =>
        xml.replace('<pci_bus_id>00000000:1B:00.0</pci_bus_id>', '').replace('<gpu id="00000000:1B:00.0">', '<gpu>'),
    }),
    describing(7).failing({ [`${PCI}/${GPU7}/uevent`]: 'denied: EACCES' }),
  ],
} satisfies Outcomes;
