import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';

const KEY = 'commands/lspci_-D_-n_-vv_-d_::0604';
const BARE = 'fpu vme de pse tsc msr pae mce cx8 apic sep';

const deep = (spec = 'hgx-h100-8'): RawMachine => simulated(spec).in('deep');
/** Changes the ports of which the block fits. */
const ports =
  (which: RegExp, change: (block: string) => string) =>
  (text: string): string =>
    text
      .split('\n\n')
      .map((block) => (which.test(block) ? change(block) : block))
      .join('\n\n');
const withPorts = (machine: RawMachine, which: RegExp, change: (block: string) => string): RawMachine =>
  machine.with({ [`${KEY}.out`]: ports(which, change) });

const DOWNSTREAM = /Downstream Port/;
const denied = (block: string): string =>
  `${block
    .split('\n')
    .filter((line) => !line.includes('Capabilities') && !line.includes('\t\t'))
    .join('\n')}\n\tCapabilities: <access denied>`;
const set =
  (...controls: readonly string[]) =>
  (block: string): string =>
    controls.reduce((text, control) => text.replace(new RegExp(`(ACSCtl:.*)${control}-`), `$1${control}+`), block);
const noNics = (machine: RawMachine): RawMachine =>
  machine.without('sys/class/infiniband/**').failing({ 'commands/ibstat': 'no-tool: not on PATH' });
const vfio = (machine: RawMachine): RawMachine =>
  machine.with({ 'sys/bus/pci/devices/*/uevent': (text) => text.replace('DRIVER=nvidia\n', 'DRIVER=vfio-pci\n') });

export default {
  pass: [
    deep(),
    deep('hgx-b200-8'),
    simulated().in('continuous'),
    // A root port redirects nothing that went another way; the kernel turns it on wherever there is an IOMMU.
    withPorts(deep(), /Root Port/, set('SrcValid', 'ReqRedir', 'CmpltRedir', 'UpstreamFwd')),
    withPorts(deep(), /Root Port/, (block) =>
      set('ReqRedir', 'CmpltRedir')(block).replace('0000:3d:01.0', '0000:15:02.0'),
    ),
    // Source validation and upstream forwarding send nothing round about.
    withPorts(deep(), DOWNSTREAM, set('SrcValid', 'TransBlk', 'UpstreamFwd', 'EgressCtrl', 'DirectTrans')),
    // A port without the capability cannot redirect.
    withPorts(deep(), DOWNSTREAM, (block) =>
      block
        .split('\n')
        .filter((line) => !line.includes('Access Control') && !line.includes('ACSC'))
        .join('\n'),
    ),
    // Two GPUs on one switch, on a machine without NICs.
    noNics(
      withPorts(deep(), /^0000:17:01\.0/, (block) =>
        block.replace(/secondary=.., subordinate=../, 'secondary=43, subordinate=43'),
      ),
    ),
    // What is denied of a port above no part is not asked.
    withPorts(deep(), /^0000:00:1c\.0/, denied),
  ],
  findings: {
    'p2p-redirected': [
      {
        on: deep('hgx-h100-8+acs'),
        about: ['node'],
        severity: 'WARNING',
        saying:
          /^ACS redirects peer-to-peer traffic at 16 of 16 ports of PCIe switches: what GPU 0, .*GPU 7, mlx5_0, .*mlx5_7 exchange with their neighbours goes through the CPU$/,
      },
      { on: simulated('hgx-h100-8+acs').in('continuous'), about: ['node'] },
      // One port is enough, by either of the two controls.
      {
        on: withPorts(deep(), /secondary=1b,/, (block) => (DOWNSTREAM.test(block) ? set('ReqRedir')(block) : block)),
        about: ['node'],
        saying: /at 1 of 16 ports of PCIe switches: what GPU 0 exchange with/,
      },
      {
        on: withPorts(deep(), /secondary=1b,/, (block) => (DOWNSTREAM.test(block) ? set('CmpltRedir')(block) : block)),
        about: ['node'],
      },
      // A port that cannot be read takes nothing back.
      { on: withPorts(deep('hgx-h100-8+acs'), /secondary=1b,/, denied), about: ['node'], saying: /at 15 of 1\d ports/ },
    ],
  },
  skipped: [
    // Nothing changes it between jobs.
    simulated('hgx-h100-8+acs'),
    // Guests: their host wants it on.
    deep('hgx-h100-8+acs').with({ 'proc/cpuinfo': (text) => text.replace(BARE, `${BARE} hypervisor`) }),
    deep('gb200-nvl72').with({ 'sys/class/dmi/id/sys_vendor': 'QEMU\n' }),
    // No PCIe switch carries two parts: Grace, and a switch with one GPU.
    deep('gb200-nvl72'),
    noNics(deep('hgx-h100-8+acs')),
    // The GPUs belong to guests.
    noNics(vfio(deep('hgx-h100-8+acs'))),
    deep().failing({ [KEY]: 'no-tool: lspci is not on PATH' }),
    deep().with({ [`${KEY}.out`]: '' }),
    // The agent has not the right to look, and is not meant to have it.
    withPorts(simulated().in('continuous'), /Port/, denied),
  ],
  unknown: [
    // Who validates in depth is root.
    withPorts(deep(), /Port/, denied),
    withPorts(deep(), DOWNSTREAM, (block) =>
      block
        .split('\n')
        .filter((line) => !line.includes('ACSCtl'))
        .join('\n'),
    ),
    withPorts(deep(), DOWNSTREAM, (block) =>
      block
        .split('\n')
        .filter((line) => !/v1\]|ACSC/.test(line))
        .join('\n'),
    ),
    deep().failing({ 'proc/cpuinfo': 'denied: EACCES' }),
    deep().with({ 'proc/cpuinfo': '???' }),
    deep().failing({ [KEY]: 'timeout: lspci: no answer in 10 s' }),
    deep().with({
      [`${KEY}.out`]: undefined,
      [`${KEY}.err`]: 'lspci: Cannot open /sys/bus/pci\n',
      [`${KEY}.exit`]: '1\n',
    }),
    deep().failing({ 'sys/class/infiniband': 'denied: EACCES' }),
    deep().failing({ 'sys/bus/pci/devices': 'denied: EACCES' }),
  ],
} satisfies Outcomes;
