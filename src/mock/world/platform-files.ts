import type { World } from './state.ts';
import type { Files } from './sys-pci.ts';

/** Grace is an Arm processor; its machines name no CPU sensor. */
const isArm = ({ machine }: World): boolean => machine.host.cpuSensor === undefined;

/** The beginning of the table is enough to tell the kind of machine. */
const cpuFiles = (world: World): Files => [
  [
    'proc/cpuinfo',
    isArm(world)
      ? 'processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd4f\n\n'
      : 'processor\t: 0\nflags\t\t: fpu vme de pse tsc msr pae mce cx8 apic sep\n\n',
  ],
];

/** Four controllers a socket on x86; on Grace one stands for all, as the firmware reports (Linux, ghes_edac). */
const edacFiles = (world: World): Files => {
  const controllers = isArm(world) ? 1 : 4 * world.machine.host.cpuAffinity.length;
  const { correctable = 0, uncorrectable = 0 } = world.memoryErrors ?? {};
  return Array.from({ length: controllers }, (_, i): Files => {
    const folder = `sys/devices/system/edac/mc/mc${i}`;
    // A module of some age has corrected some errors.
    return [
      [`${folder}/ce_count`, `${i === 0 ? 12 + correctable : 0}\n`],
      [`${folder}/ue_count`, `${i === 0 ? uncorrectable : 0}\n`],
    ];
  }).flat();
};

const MODULES: readonly (readonly [name: string, bytes: number, usedBy: string])[] = [
  ['nvidia_uvm', 4_411_392, '-'],
  ['nvidia_peermem', 16_384, '-'],
  ['nvidia_modeset', 1_851_392, '-'],
  ['nvidia', 104_062_976, 'nvidia_uvm,nvidia_peermem,nvidia_modeset,'],
  ['mlx5_ib', 466_944, '-'],
  ['ib_uverbs', 176_128, 'mlx5_ib,nvidia_peermem,'],
  ['ib_core', 512_000, 'mlx5_ib,ib_uverbs,nvidia_peermem,'],
  ['mlx5_core', 2_301_952, 'mlx5_ib,'],
];
const BUILT_IN = ['printk', 'tcp_cubic'] as const;

const moduleFiles = (world: World): Files => {
  const hasDriver = world.nvidiaSmi !== 'no-driver';
  const loaded = MODULES.filter(
    ([name]) => (hasDriver || !name.startsWith('nvidia')) && !world.unloadedModules?.includes(name),
  );
  const line = ([name, bytes, usedBy]: (typeof MODULES)[number]): string =>
    `${name} ${bytes} ${usedBy === '-' ? 0 : usedBy.split(',').length - 1} ${usedBy} Live 0x0000000000000000\n`;
  return [
    ['proc/modules', loaded.map(line).join('')],
    ...loaded.map(([name]) => [`sys/module/${name}/refcnt`, '0\n'] as Files[number]),
    ...BUILT_IN.map((name) => [`sys/module/${name}/uevent`, '\n'] as Files[number]),
  ];
};

/** Firmware, processors, memory controllers and kernel modules. */
export const platformFiles = (world: World): Files => [...cpuFiles(world), ...edacFiles(world), ...moduleFiles(world)];
