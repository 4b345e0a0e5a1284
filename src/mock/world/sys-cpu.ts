import type { World } from './state.ts';
import type { Files } from './sys-pci.ts';

const CPUS = 'sys/devices/system/cpu';

const kib = (value: number): string => `${String(value).padStart(15)} kB\n`;

/** CPUs, memory nodes, memory, and by what the kernel reads the time. */
export const cpuFiles = ({ host, machine }: World): Files => {
  const { cpus, memory } = host;
  return [
    [`${CPUS}/present`, `0-${cpus.count - 1}\n`],
    [`${CPUS}/online`, `0-${cpus.count - cpus.offline - 1}\n`],
    [`${CPUS}/smt/control`, `${machine.host.cpuSensor === undefined ? 'notsupported' : 'on'}\n`],
    // One policy a socket stands for those of its CPUs.
    ...machine.host.cpuAffinity.map((_, socket): [string, string] => [
      `${CPUS}/cpufreq/policy${socket}/scaling_governor`,
      `${host.governor}\n`,
    ]),
    ['sys/devices/system/node/online', `0-${machine.host.cpuAffinity.length - 1}\n`],
    [
      'proc/meminfo',
      `MemTotal:${kib(memory.totalKib)}MemFree: ${kib(Math.round(memory.availableKib * 0.8))}MemAvailable: ${kib(memory.availableKib)}`,
    ],
    ['sys/devices/system/clocksource/clocksource0/current_clocksource', `${host.clock.source}\n`],
  ];
};
