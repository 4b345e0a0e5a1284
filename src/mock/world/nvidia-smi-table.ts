import { ctime } from './nvidia-smi-xml.ts';
import { asNvidiaSmi } from './pci-address.ts';
import type { GpuState, World } from './state.ts';

const RULE = '+-----------------------------------------+------------------------+----------------------+';
const CLOSED = `+${'-'.repeat(RULE.length - 2)}+`;
const row = (left: string, middle: string, right: string): string =>
  `|${left.padEnd(41)}|${middle.padStart(23)} |${right.padStart(21)} |`;
const banner = (text: string): string => `| ${text.padEnd(RULE.length - 4)} |`;

const gpuRows = (gpu: GpuState, index: number): string[] => {
  const used = gpu.processes.reduce((sum, process) => sum + process.usedMiB, 0);
  const errors = gpu.eccVolatile.dramUncorrectable + gpu.eccVolatile.sramParity + gpu.eccVolatile.sramSecded;
  const lost = (text: string): string => (gpu.lost ? 'ERR!' : text);
  const power = `${lost(`${Math.round(gpu.powerWatts)}W`)} / ${Math.round(gpu.powerLimitWatts)}W`;
  const temperature = lost(`${gpu.coreCelsius}C`);
  return [
    row(
      `${`${index}`.padStart(4)}  ${gpu.model.product.padEnd(26)} On`,
      `${asNvidiaSmi(gpu.slot.pci)} Off`,
      lost(`${errors}`),
    ),
    row(
      ` N/A ${temperature.padStart(5)}    P0 ${power.padStart(25)}`,
      `${lost(`${used}MiB`)} / ${gpu.model.memory.totalMiB}MiB`,
      `${lost(`${gpu.utilizationPercent}%`)}      Default`,
    ),
    row('', '', gpu.migEnabled ? 'Enabled' : 'Disabled'),
    RULE,
  ];
};

/** `nvidia-smi` without arguments: a table for people, which no collector reads. */
export const summaryTable = (world: World): string => {
  const { driver, cuda } = world.machine;
  const attached = world.gpus.filter((gpu) => gpu.attached);
  const running = attached.flatMap((gpu, index) =>
    gpu.processes.map((process) => banner(`${index}  ${process.pid}  C  ${process.name}  ${process.usedMiB}MiB`)),
  );
  return [
    ctime(world.atMs),
    CLOSED,
    banner(`NVIDIA-SMI ${driver}   Driver Version: ${driver}   CUDA Version: ${cuda}   (simulated by muster)`),
    RULE,
    row(' GPU  Name                 Persistence-M', 'Bus-Id          Disp.A', 'Volatile Uncorr. ECC'),
    row(' Fan  Temp   Perf          Pwr:Usage/Cap', 'Memory-Usage', 'GPU-Util  Compute M.'),
    row('', '', 'MIG M.'),
    RULE.replaceAll('-', '='),
    ...attached.flatMap(gpuRows),
    '',
    CLOSED,
    banner('Processes:'),
    ...(running.length > 0 ? running : [banner(' No running processes found')]),
    CLOSED,
    '',
  ].join('\n');
};
