import type { MachineSpec } from '../machine.ts';
import type { World } from './state.ts';

type Part = { readonly numaNode: number; readonly pcieSwitch?: string; readonly pci: string };

const pathBetween = (machine: MachineSpec, a: Part, b: Part): string => {
  if (a.pci.slice(0, -2) === b.pci.slice(0, -2)) return 'PIX';
  if (a.pcieSwitch !== undefined && a.pcieSwitch === b.pcieSwitch) return machine.topology.sameSwitch;
  return a.numaNode === b.numaNode ? machine.topology.sameNuma : machine.topology.otherwise;
};

const LEGEND = `
Legend:

  X    = Self
  SYS  = Connection traversing PCIe as well as the SMP interconnect between NUMA nodes (e.g., QPI/UPI)
  NODE = Connection traversing PCIe as well as the interconnect between PCIe Host Bridges within a NUMA node
  PHB  = Connection traversing PCIe as well as a PCIe Host Bridge (typically the CPU)
  PXB  = Connection traversing multiple PCIe bridges (without traversing the PCIe Host Bridge)
  PIX  = Connection traversing at most a single PCIe bridge
  NV#  = Connection traversing a bonded set of # NVLinks
`;

/** `nvidia-smi topo -m`; the header is underlined even when the output is not a terminal. */
export const topologyMatrix = (world: World): string => {
  const { machine } = world;
  const gpus = world.gpus.filter((gpu) => gpu.attached);
  const links = machine.gpu.nvlink.links;
  const parts: readonly Part[] = [...gpus.map((gpu) => gpu.slot), ...machine.nics];
  const names = parts.map((_, i) => (i < gpus.length ? `GPU${i}` : `NIC${i - gpus.length}`));
  const rows = parts.map((row, i) => {
    const cells = parts.map((column, j) => {
      if (i === j) return ' X ';
      return i < gpus.length && j < gpus.length && links > 0 ? `NV${links}` : pathBetween(machine, row, column);
    });
    const affinity = i < gpus.length ? [machine.host.cpuAffinity[row.numaNode] ?? 'N/A', row.numaNode, '', 'N/A'] : [];
    return [names[i], ...cells, ...affinity].join('\t');
  });
  const header = `\t\x1b[4m${[...names, 'CPU Affinity', 'NUMA Affinity', 'GPU NUMA ID'].join('\t')}\x1b[0m`;
  const nicLegend =
    machine.nics.length === 0
      ? ''
      : `\nNIC Legend:\n\n${machine.nics.map((nic, i) => `  NIC${i}: ${nic.device}\n`).join('')}`;
  return `${header}\n${rows.join('\n')}\n${LEGEND}${nicLegend}\n`;
};
