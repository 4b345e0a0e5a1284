import { fraction, wobble } from './noise.ts';
import type { World } from './state.ts';
import type { Files } from './sys-pci.ts';

/** Library and module disagree after an update without a reboot. */
export const libraryVersion = (driver: string): string => `${driver.split('.')[0]}.159`;

const driverFiles = (world: World): Files => {
  if (world.nvidiaSmi === 'no-driver') return [];
  const { driver } = world.machine;
  return [
    ['sys/module/nvidia/version', `${driver}\n`],
    [
      'proc/driver/nvidia/version',
      `NVRM version: NVIDIA UNIX Open Kernel Module for ${driver}  Release Build  (simulated by muster)\nGCC version:  gcc version 12.3.0\n`,
    ],
  ];
};

const cpuSensors = (world: World): Files => {
  const chip = world.machine.host.cpuSensor;
  if (chip === undefined) return [];
  return [
    ['sys/class/hwmon/hwmon0/name', `${chip}\n`],
    ...world.machine.host.cpuAffinity.flatMap((_, socket): Files => {
      const celsius =
        44 + 3 * fraction(`${world.seed}/cpu${socket}`) + wobble(world.seed, `cpu${socket}`, world.atMs, 1);
      const sensor = `sys/class/hwmon/hwmon0/temp${socket + 1}`;
      return [
        [`${sensor}_label`, `Package id ${socket}\n`],
        [`${sensor}_input`, `${Math.round(celsius) * 1000}\n`],
      ];
    }),
  ];
};

/** Driver version, uptime, boot identity, CPU temperatures. */
export const hostFiles = (world: World): Files => {
  const uptime = (world.atMs - world.bootMs) / 1000;
  return [
    ...driverFiles(world),
    ...cpuSensors(world),
    ['proc/sys/kernel/random/boot_id', `${world.bootId}\n`],
    ['proc/sys/kernel/osrelease', `${world.machine.host.kernel}\n`],
    ['proc/uptime', `${uptime.toFixed(2)} ${(uptime * 180).toFixed(2)}\n`],
    ['proc/stat', `cpu  0 0 0 0 0 0 0 0 0 0\nbtime ${Math.floor(world.bootMs / 1000)}\n`],
  ];
};
