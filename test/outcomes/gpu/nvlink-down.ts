import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';
import { answering, failingCall, printing } from '../../support/smi-text.ts';

const h100 = simulated();
const LINKS = 'commands/nvidia-smi_nvlink_-s.out';
const ALL = [0, 1, 2, 3, 4, 5, 6, 7];

/** What `nvlink -s` prints of these GPUs. */
const printed = (machine: RawMachine, gpus: readonly number[], change: (block: string) => string): RawMachine =>
  machine.with({
    [LINKS]: (text) =>
      text
        .split(/^(?=GPU \d)/m)
        .map((block) => (gpus.some((gpu) => block.startsWith(`GPU ${gpu}:`)) ? change(block) : block))
        .join(''),
  });
const inactive =
  (...links: readonly number[]) =>
  (block: string): string =>
    links.reduce((text, link) => text.replace(new RegExp(`Link ${link}: .+`), `Link ${link}: <inactive>`), block);
const remark =
  (words: string) =>
  (block: string): string =>
    `${block.split('\n', 1)[0]}\n${words}\n`;
const ALL_INACTIVE = 'NVML: Unable to retrieve NVLink information as all links are inactive';

/** A machine of which nothing says how many links there should be. */
const unknownMachine = (): RawMachine => {
  const other = printing(h100, {
    product_name: 'NVIDIA X1',
    'pci/pci_device_id': 'FFFF10DE',
    'pci/pci_sub_system_id': 'FFFF10DE',
  });
  return other.with({
    [LINKS]: (text) => text.replaceAll('NVIDIA H100 80GB HBM3', 'NVIDIA X1'),
    'sys/bus/pci/devices/*/device': '0xffff\n',
  });
};

/** A profile of the site, which is not sure of its number. */
const assuming = (nvlinks: number, machine: RawMachine): RawMachine =>
  machine.configured({
    machine: 'site',
    siteProfiles: [{ id: 'site', gpu: { nvlinks: { value: nvlinks, source: 'our site', confidence: 'assumed' } } }],
  });

export default {
  pass: [
    h100,
    simulated('gb200-nvl72'),
    simulated('hgx-a100-8'),
    // H100 NVL has 12 of 18 by its making, and so have its siblings.
    printed(unknownMachine(), ALL, inactive(12, 13, 14, 15, 16, 17)),
    // Cards in pairs: half of them have a bridge.
    printed(unknownMachine(), [0, 1, 2, 3], remark(ALL_INACTIVE)),
    printed(unknownMachine(), [0, 1, 2, 3], inactive(0)),
    // The configured profile describes other GPUs than these.
    printed(unknownMachine(), ALL, inactive(0)).configured({
      machine: 'site',
      siteProfiles: [
        {
          id: 'site',
          products: ['NVIDIA H100 80GB HBM3'],
          gpu: { nvlinks: { value: 18, source: 'our site', confidence: 'specified' } },
        },
      ],
    }),
  ],
  findings: {
    'links-down': [
      {
        on: printed(h100, [2], inactive(3, 17)),
        about: ['gpu2'],
        severity: 'CRITICAL',
        saying: /^GPU 2 has 16 NVLinks up; 18 are expected \(/,
      },
      { on: simulated('gb200-nvl72+nvlink-down@gpu1'), about: ['gpu1'], saying: /17 NVLinks up; 18 are expected/ },
      { on: printed(h100, [2], remark(ALL_INACTIVE)), about: ['gpu2'], saying: /has 0 NVLinks up/ },
      { on: printed(h100, [2], remark(ALL_INACTIVE.replace('inactive', 'inActive'))), about: ['gpu2'] },
      // On all of them: the profile knows.
      { on: printed(h100, ALL, inactive(0)), about: ALL.map((gpu) => `gpu${gpu}`), severity: 'CRITICAL' },
      // What is only assumed warns; where the siblings say as much, they are what counts.
      { on: assuming(18, printed(h100, ALL, inactive(0))), about: ALL.map((gpu) => `gpu${gpu}`), severity: 'WARNING' },
      {
        on: assuming(18, printed(h100, [2], inactive(0))),
        about: ['gpu2'],
        severity: 'CRITICAL',
        saying: /siblings/,
      },
      // Most siblings know where no profile does.
      {
        on: printed(unknownMachine(), [0, 1, 2], inactive(0)),
        about: ['gpu0', 'gpu1', 'gpu2'],
        saying: /siblings with 18 or more: 5 of 7/,
      },
      { on: printed(unknownMachine(), [0, 1, 2, 3], inactive(0)), about: [] },
    ],
  },
  skipped: [
    h100.without('commands/nvidia-smi_nvlink_*'),
    answering(unknownMachine(), 'nvlink -s', { stdout: 'Invalid combination of input arguments\n', exit: 2 }),
    printed(unknownMachine(), ALL, remark('Device does not have or support NVLink')),
    printed(unknownMachine(), ALL, remark(ALL_INACTIVE)),
  ],
  unknown: [
    failingCall(h100, 'nvlink -s', 'timeout: 25 s'),
    printed(h100, [2], remark('GPU is lost')),
    printed(h100, [2], (block) => block.replace(/Link 3: .+/, 'Link 3: what')),
    printed(h100, [2], () => ''),
    // A machine with a fabric whose links are turned off (NvLinkDisable=1): no output and a good end.
    answering(h100, 'nvlink -s', { stdout: '' }),
  ],
} satisfies Outcomes;
