import { commandKey } from '../../host/tree.ts';
import { ethernetCommands } from './ethernet.ts';
import { libraryVersion } from './host-files.ts';
import { ibstat } from './ibstat.ts';
import { lspciFiles } from './lspci.ts';
import { gpuList, nvlinkErrors, nvlinkStatus } from './nvidia-smi-list.ts';
import { queryFiles } from './nvidia-smi-query.ts';
import { summaryTable } from './nvidia-smi-table.ts';
import { topologyMatrix } from './nvidia-smi-topology.ts';
import { nvidiaSmiXml } from './nvidia-smi-xml.ts';
import type { ToolState, World } from './state.ts';
import type { Files } from './sys-pci.ts';
import { systemctlFiles } from './systemctl.ts';
import { chronyTracking, timedatectlShow } from './time-sync.ts';

/** The calls that the simulated nvidia-smi answers. */
const NVIDIA_SMI: readonly (readonly [args: readonly string[], render: (world: World) => string])[] = [
  [['-q', '-x'], nvidiaSmiXml],
  [['nvlink', '-s'], nvlinkStatus],
  [['nvlink', '-e'], nvlinkErrors],
  [['topo', '-m'], topologyMatrix],
  [['-L'], gpuList],
  [[], summaryTable],
];

/** Nothing is left that the driver could describe; NVML_ERROR_NOT_FOUND (NVIDIA nvml.h) is the exit code. */
const NO_DEVICES = { out: 'No devices were found\n', exit: '6' } as const;

const hasNoDevice = ({ gpus }: World): boolean => gpus.every(({ attached }) => !attached);

/** stdout and exit of every call when the tool as a whole does not work. */
const REFUSALS: Readonly<Record<Exclude<ToolState, 'answers'>, (world: World) => { out: string; exit: string }>> = {
  hung: () => ({ out: '', exit: 'hung: the driver does not answer' }),
  garbage: () => ({ out: '\u0000\u0001<<nvidia_smi_log\u0007 %%% 0x7f3a not an answer\n', exit: '255' }),
  // NVML_ERROR_LIB_RM_VERSION_MISMATCH (NVIDIA nvml.h) is nvidia-smi's exit code.
  'library-mismatch': (world) => ({
    out: `Failed to initialize NVML: Driver/library version mismatch\nNVML library version: ${libraryVersion(world.machine.driver)}\n`,
    exit: '18',
  }),
  // NVML_ERROR_DRIVER_NOT_LOADED (NVIDIA nvml.h).
  'no-driver': () => ({
    out: "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.\n\n",
    exit: '9',
  }),
};

/** The answers of all tools, in the layout of `host/tree.ts`. */
export const commandFiles = (world: World): Files => {
  const files: Files = [
    ['commands/ibstat.out', ibstat(world)],
    ['commands/chronyc_-n_-c_tracking.out', chronyTracking(world)],
    ['commands/timedatectl_show_-p_NTPSynchronized.out', timedatectlShow(world)],
    ...systemctlFiles(world),
    ...lspciFiles(world),
    ...ethernetCommands(world),
  ];
  for (const [args, render] of NVIDIA_SMI) {
    const path = `commands/${commandKey('nvidia-smi', args)}`;
    if (world.nvidiaSmi === 'answers' && !hasNoDevice(world)) {
      files.push([`${path}.out`, render(world)]);
      continue;
    }
    const { out, exit } = world.nvidiaSmi === 'answers' ? NO_DEVICES : REFUSALS[world.nvidiaSmi](world);
    if (out) files.push([`${path}.out`, out]);
    files.push([`${path}.exit`, exit]);
  }
  return world.nvidiaSmi === 'answers' ? [...files, ...queryFiles(world)] : files;
};
