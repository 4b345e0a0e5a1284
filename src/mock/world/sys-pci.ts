import type { GpuState, World } from './state.ts';

export type Files = [path: string, text: string][];

/** Transfer rates by PCIe generation, in sysfs' words (PCI Express Base Specification). */
const SPEED: Readonly<Record<number, string>> = {
  3: '8.0 GT/s PCIe',
  4: '16.0 GT/s PCIe',
  5: '32.0 GT/s PCIe',
  6: '64.0 GT/s PCIe',
};
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

const table = (names: readonly string[], total: string): string =>
  [...names, total].map((name) => `${name} 0\n`).join('');

/** Link and AER files of one PCI device (Documentation/ABI/testing/sysfs-bus-pci, -bus-pci-devices-aer_stats). */
export const linkFiles = (folder: string, link: { generation: number; width: number; maxWidth: number }): Files => {
  const speed = SPEED[link.generation] ?? 'Unknown';
  return [
    [`${folder}/current_link_speed`, `${speed}\n`],
    [`${folder}/max_link_speed`, `${speed}\n`],
    [`${folder}/current_link_width`, `${link.width}\n`],
    [`${folder}/max_link_width`, `${link.maxWidth}\n`],
    [`${folder}/aer_dev_correctable`, table(CORRECTABLE, 'TOTAL_ERR_COR')],
    [`${folder}/aer_dev_nonfatal`, table(UNCORRECTABLE, 'TOTAL_ERR_NONFATAL')],
    [`${folder}/aer_dev_fatal`, table(UNCORRECTABLE, 'TOTAL_ERR_FATAL')],
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
    ...linkFiles(folder, { generation, width: gpu.pcieWidth, maxWidth: width }),
    [`${folder}/numa_node`, `${numaNode}\n`],
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
