import type { FaultState, NodeState } from './engine.ts';
import { randomOf } from './random.ts';
import type { FaultKind } from './spec.ts';

/** What else a node tells, read once a minute, by the path of the file or the command that prints it. */
export type NodeFiles = ReadonlyMap<string, string>;

export const NVLINK_STATUS = 'nvidia-smi nvlink -s';

const PORTS = 8;
const port = (device: number): string => `/sys/class/infiniband/mlx5_${device}/ports/1`;

interface PressureTotals {
  avg60: number;
  avg300: number;
  totalMicroseconds: number;
}

const percent = (share: number): string => (100 * share).toFixed(2);

/** As the kernel prints pressure stall information (Documentation/accounting/psi.rst). */
const pressureText = (now: number, totals: PressureTotals, full: boolean): string => {
  totals.avg60 += (now - totals.avg60) * (1 - Math.exp(-1));
  totals.avg300 += (now - totals.avg300) * (1 - Math.exp(-60 / 300));
  totals.totalMicroseconds += Math.round(now * 60e6);
  const line = (factor: number): string =>
    `avg10=${percent(now * factor)} avg60=${percent(totals.avg60 * factor)} avg300=${percent(totals.avg300 * factor)} total=${Math.round(totals.totalMicroseconds * factor)}`;
  return `some ${line(1)}\nfull ${line(full ? 0.7 : 0)}\n`;
};

const nvlinkText = (node: NodeState, isDown: (gpu: number, link: number) => boolean): string =>
  node.gpus
    .map((gpu) =>
      [
        `GPU ${gpu.index}: ${gpu.product.name} (UUID: ${gpu.uuid})`,
        ...Array.from(
          { length: gpu.product.nvlinks },
          (_, link) => `\t Link ${link}: ${isDown(gpu.index, link) ? '<inactive>' : gpu.product.nvlinkRate}`,
        ),
        '',
      ].join('\n'),
    )
    .join('');

/** `400 Gb/sec (4X NDR)` with half its lanes, or at the speed before. */
const degradedRate = (kind: FaultKind, rate: string): string => {
  const gigabits = Number.parseInt(rate, 10) / 2;
  if (kind === 'infiniband_width') return rate.replace(/^\d+/, String(gigabits)).replace('4X', '2X');
  const before = { NDR: 'HDR', HDR: 'EDR', EDR: 'FDR' }[/[A-Z]DR/.exec(rate)?.[0] ?? ''] ?? 'FDR';
  return `${gigabits} Gb/sec (4X ${before})`;
};

const isLinkFault = (kind: FaultKind): boolean => kind.startsWith('infiniband_');

/** The files of one node; those of links are written anew only when one of them changed. */
export const nodeFilesOf = (node: NodeState, position: number, faults: readonly FaultState[], seed: string) => {
  const random = randomOf(`${seed}/${node.name}/files`);
  const files = new Map<string, string>();
  const cpu: PressureTotals = { avg60: 0.02, avg300: 0.02, totalMicroseconds: Math.floor(random() * 1e10) };
  const io: PressureTotals = { avg60: 0.002, avg300: 0.002, totalMicroseconds: Math.floor(random() * 1e9) };
  const mine = faults.filter(({ spec }) => spec.node === position);
  const linkFaults = mine.filter(({ spec }) => isLinkFault(spec.kind));
  const nvlinkFaults = mine.filter(({ spec }) => spec.kind === 'nvlink_lane');
  const rate = node.product.infinibandRate;
  const downed = new Int32Array(PORTS);
  const symbols = new Int32Array(PORTS);
  let shown = '';

  const states = (): void => {
    for (let device = 0; device < PORTS; device++) {
      const fault = linkFaults.find(({ spec, activity }) => activity > 0 && (spec.gpu ?? 0) === device);
      const kind = fault?.spec.kind;
      const slow = kind === 'infiniband_rate' || kind === 'infiniband_width';
      files.set(`${port(device)}/state`, '4: ACTIVE\n');
      files.set(`${port(device)}/phys_state`, '5: LinkUp\n');
      files.set(`${port(device)}/rate`, `${slow && kind !== undefined ? degradedRate(kind, rate) : rate}\n`);
      files.set(`${port(device)}/counters/link_downed`, `${downed[device]}\n`);
      files.set(`${port(device)}/counters/symbol_error`, `${symbols[device]}\n`);
    }
    files.set(
      NVLINK_STATUS,
      nvlinkText(node, (gpu, link) =>
        nvlinkFaults.some(
          ({ spec, activity }) => activity > 0 && (spec.gpu ?? 0) === gpu && (link === 3 || link === 11),
        ),
      ),
    );
  };

  return (): NodeFiles => {
    files.set('/proc/pressure/cpu', pressureText(node.cpuPressure, cpu, false));
    files.set('/proc/pressure/io', pressureText(node.ioPressure, io, true));
    files.set(
      '/proc/pressure/memory',
      'some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n',
    );
    for (const { spec, activity } of linkFaults) {
      if (activity > 0 && spec.kind === 'infiniband_flap') downed[spec.gpu ?? 0] = (downed[spec.gpu ?? 0] ?? 0) + 1;
    }
    // A symbol error now and then is no fault (IBTA: bit error rate below 1e-12).
    const noise = random() < 0.002;
    if (noise) {
      const device = Math.floor(random() * PORTS);
      symbols[device] = (symbols[device] ?? 0) + 1;
    }
    const now = `${mine.map(({ activity }) => activity > 0).join()}/${downed.join()}/${symbols.join()}`;
    if (now !== shown) states();
    shown = now;
    return new Map(files);
  };
};
