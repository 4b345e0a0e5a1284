import type { AerCounts, GpuState, World } from './state.ts';

export type Files = [path: string, text: string][];

/** Transfer rates by PCIe generation, in sysfs' words (PCI Express Base Specification). */
const SPEED: Readonly<Record<number, string>> = {
  3: '8.0 GT/s PCIe',
  4: '16.0 GT/s PCIe',
  5: '32.0 GT/s PCIe',
  6: '64.0 GT/s PCIe',
};
const NO_ERRORS: AerCounts = { correctable: 0, nonfatal: 0, fatal: 0 };
const CORRECTABLE = ['RxErr', 'BadTLP', 'BadDLLP', 'Rollover', 'Timeout', 'NonFatalErr', 'CorrIntErr', 'HeaderOF'];
const UNCORRECTABLE = [
  'Undefined',
  'DLP',
  'SDES',
  'TLP',
  'FCP',
  'CmpltTO',
  'CmpltAbrt',
  'UnxCmplt',
  'RxOF',
  'MalfTLP',
  'ECRC',
  'UnsupReq',
  'ACSViol',
];

/** All of them are of one kind, the first of the table. */
const table = (names: readonly string[], total: string, count = 0): string =>
  [...names, total].map((name, i) => `${name} ${i === 0 || name === total ? count : 0}\n`).join('');

/** Link and AER files of one PCI device (Documentation/ABI/testing/sysfs-bus-pci, -bus-pci-devices-aer_stats). */
export const linkFiles = (
  folder: string,
  link: { generation: number; width: number; maxWidth: number },
  aer: AerCounts = NO_ERRORS,
): Files => {
  const speed = SPEED[link.generation] ?? 'Unknown';
  return [
    [`${folder}/current_link_speed`, `${speed}\n`],
    [`${folder}/max_link_speed`, `${speed}\n`],
    [`${folder}/current_link_width`, `${link.width}\n`],
    [`${folder}/max_link_width`, `${link.maxWidth}\n`],
    [`${folder}/aer_dev_correctable`, table(CORRECTABLE, 'TOTAL_ERR_COR', aer.correctable)],
    [`${folder}/aer_dev_nonfatal`, table(UNCORRECTABLE, 'TOTAL_ERR_NONFATAL', aer.nonfatal)],
    [`${folder}/aer_dev_fatal`, table(UNCORRECTABLE, 'TOTAL_ERR_FATAL', aer.fatal)],
  ];
};

const device = (pci: string, vendor: string, id: string, classCode: string, driver: string | undefined): Files => {
  const folder = `sys/bus/pci/devices/${pci}`;
  return [
    [`${folder}/vendor`, `0x${vendor}\n`],
    [`${folder}/device`, `0x${id.toLowerCase()}\n`],
    [`${folder}/class`, `0x${classCode}\n`],
    [
      `${folder}/uevent`,
      `${driver ? `DRIVER=${driver}\n` : ''}PCI_CLASS=${classCode.toUpperCase()}\nPCI_ID=${vendor.toUpperCase()}:${id.toUpperCase()}\nPCI_SLOT_NAME=${pci}\n`,
    ],
  ];
};

const gpuFiles = (world: World, gpu: GpuState): Files => {
  const { pci, numaNode } = gpu.slot;
  const folder = `sys/bus/pci/devices/${pci}`;
  const { generation, width } = gpu.model.pcie;
  return [
    ...device(pci, '10de', gpu.model.deviceId, '030200', world.nvidiaSmi === 'no-driver' ? undefined : 'nvidia'),
    ...linkFiles(folder, { generation, width: gpu.pcieWidth, maxWidth: width }, gpu.aer),
    [`${folder}/numa_node`, `${numaNode}\n`],
    ...portFiles(pci),
  ];
};

/** The port above a device: on the bus before the device's own, as switches number them. */
export const portAbove = (pci: string): string => {
  const [domain, bus] = busParts(pci);
  return `${domain}:${(bus - 1).toString(16).padStart(2, '0')}:00.0`;
};

export const busParts = (pci: string): readonly [domain: string, bus: number] => {
  const [domain = '0000', bus = '00'] = pci.split(':');
  return [domain, Number.parseInt(bus, 16)];
};

const portFiles = (pci: string): Files => {
  const port = portAbove(pci);
  // A port of a PCIe switch (Broadcom PEX, as HGX baseboards have them).
  return [
    ...device(port, '1000', 'c030', '060400', 'pcieport'),
    [`sys/bus/pci/devices/${port}/secondary_bus_number`, `${busParts(pci)[1]}\n`],
  ];
};

/** PCI devices as the bus lists them: GPUs, whether or not the driver knows them, NVSwitches and NICs. */
export const pciFiles = (world: World): Files => [
  ...world.gpus.flatMap((gpu) => gpuFiles(world, gpu)),
  // Class 0680: a bridge of NVIDIA's that is not a GPU.
  ...world.machine.nvswitches.flatMap((nvswitch) =>
    device(nvswitch.pci, '10de', nvswitch.deviceId, '068000', 'nvidia-nvswitch'),
  ),
  ...world.nics.flatMap(({ spec: nic, pcieWidth }): Files => {
    const folder = `sys/bus/pci/devices/${nic.pci}`;
    const classCode = nic.linkLayer === 'InfiniBand' ? '020700' : '020000';
    return [
      ...device(nic.pci, '15b3', PCI_DEVICE_OF_HCA[nic.hca] ?? '0000', classCode, 'mlx5_core'),
      ...linkFiles(folder, { generation: nic.pcieGeneration, width: pcieWidth, maxWidth: nic.pcieWidth }),
      [`${folder}/numa_node`, `${nic.numaNode}\n`],
    ];
  }),
];

/** The number in `MT4129` is the PCI device id in decimal. */
const PCI_DEVICE_OF_HCA: Readonly<Record<string, string>> = {
  MT4123: '101b',
  MT4125: '101d',
  MT4129: '1021',
  MT4131: '1023',
  MT41692: 'a2dc',
};
