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

/** On an idle node hardly anything waits. In percent, as the kernel prints it. */
const IDLE_PRESSURE = { cpu: 0.4, memory: 0, io: 0.1 } as const;

/** The three averages are alike: what makes tasks wait here has lasted for longer than five minutes. */
const pressureFiles = (world: World): Files =>
  (['cpu', 'memory', 'io'] as const).map((resource) => {
    const line = (kind: 'some' | 'full', percent: number): string => {
      const averages = ['avg10', 'avg60', 'avg300'].map((name) => `${name}=${percent.toFixed(2)}`).join(' ');
      return `${kind} ${averages} total=${Math.floor((world.atMs - world.bootMs) * 10 * percent)}\n`;
    };
    const percent = (world.hostPressure ?? IDLE_PRESSURE)[resource];
    return [
      `proc/pressure/${resource}`,
      line('some', percent) + line('full', resource === 'cpu' ? 0 : percent / 2),
    ] as const;
  });

const systemFiles = ({ machine: { name, host } }: World): Files => {
  const { vendor, product } = host.system ?? { vendor: 'Muster', product: `Simulated ${name}` };
  return [
    ['sys/class/dmi/id/sys_vendor', `${vendor}\n`],
    ['sys/class/dmi/id/product_name', `${product}\n`],
    ['sys/class/dmi/id/bios_version', '1.4.2\n'],
  ];
};

/** What the firmware calls the machine, driver version, uptime, boot identity, CPU temperatures, how long tasks wait. */
export const hostFiles = (world: World): Files => {
  const uptime = (world.atMs - world.bootMs) / 1000;
  return [
    ...systemFiles(world),
    ...driverFiles(world),
    ...cpuSensors(world),
    ...pressureFiles(world),
    ['proc/sys/kernel/random/boot_id', `${world.bootId}\n`],
    ['proc/sys/kernel/osrelease', `${world.machine.host.kernel}\n`],
    ['proc/uptime', `${uptime.toFixed(2)} ${(uptime * 180).toFixed(2)}\n`],
    ['proc/stat', `cpu  0 0 0 0 0 0 0 0 0 0\nbtime ${Math.floor(world.bootMs / 1000)}\n`],
  ];
};
