import { commandKey } from '../../host/tree.ts';
import type { World } from './state.ts';
import { busParts, type Files } from './sys-pci.ts';

interface Port {
  readonly address: string;
  readonly type: 'Root Port' | 'Upstream Port' | 'Downstream Port';
  readonly secondary: number;
  readonly subordinate: number;
  /** Upstream ports have no Access Control Services. */
  readonly redirects?: boolean;
}

const hex = (n: number): string => n.toString(16).padStart(2, '0');

/** The root port, the port towards it and a port for each part. The numbers of the buses between are invented. */
const switchPorts = (parts: readonly string[], redirects: boolean): readonly Port[] => {
  const below = parts.map(busParts);
  const [domain] = below[0] ?? ['0000'];
  const buses = below.map(([, bus]) => bus);
  const [first, last] = [Math.min(...buses), Math.max(...buses)];
  return [
    {
      address: `${domain}:${hex(first - 3)}:01.0`,
      type: 'Root Port',
      secondary: first - 2,
      subordinate: last,
      redirects,
    },
    { address: `${domain}:${hex(first - 2)}:00.0`, type: 'Upstream Port', secondary: first - 1, subordinate: last },
    ...buses.map(
      (bus, i): Port => ({
        address: `${domain}:${hex(first - 1)}:${hex(i)}.0`,
        type: 'Downstream Port',
        secondary: bus,
        subordinate: bus,
        redirects,
      }),
    ),
  ];
};

/** As `lspci -D -n -vv` of pciutils 3.9 describes a bridge, with the lines that are read. */
const described = ({ address, type, secondary, subordinate, redirects }: Port): string => {
  const sign = redirects ? '+' : '-';
  const controls = `SrcValid${sign} TransBlk- ReqRedir${sign} CmpltRedir${sign} UpstreamFwd${sign} EgressCtrl- DirectTrans-`;
  return [
    `${address} 0604: 1000:c030 (rev b0) (prog-if 00 [Normal decode])`,
    '\tControl: I/O+ Mem+ BusMaster+ SpecCycle- MemWINV- VGASnoop- ParErr+ Stepping- SERR+ FastB2B- DisINTx+',
    `\tBus: primary=${address.slice(5, 7)}, secondary=${hex(secondary)}, subordinate=${hex(subordinate)}, sec-latency=0`,
    `\tCapabilities: [68] Express (v2) ${type}${type === 'Upstream Port' ? '' : ' (Slot+)'}, MSI 00`,
    '\tCapabilities: [100 v1] Advanced Error Reporting',
    ...(redirects === undefined
      ? []
      : [
          '\tCapabilities: [f24 v1] Access Control Services',
          '\t\tACSCap:\tSrcValid+ TransBlk+ ReqRedir+ CmpltRedir+ UpstreamFwd+ EgressCtrl+ DirectTrans+',
          `\t\tACSCtl:\t${controls}`,
        ]),
    '\tKernel driver in use: pcieport',
    '',
  ].join('\n');
};

/** The PCIe bridges above GPUs and NICs. */
export const lspciFiles = (world: World): Files => {
  const groups = new Map<string, string[]>();
  for (const { pci, pcieSwitch } of [...world.gpus.map(({ slot }) => slot), ...world.nics.map(({ spec }) => spec)]) {
    if (pcieSwitch !== undefined) groups.set(pcieSwitch, [...(groups.get(pcieSwitch) ?? []), pci]);
  }
  const ports = [...groups.values()].flatMap((parts) => switchPorts(parts, world.acsRedirects ?? false));
  const root = { address: '0000:00:1c.0', type: 'Root Port', secondary: 1, subordinate: 1, redirects: true } as const;
  const key = commandKey('lspci', ['-D', '-n', '-vv', '-d', '::0604']);
  // Most kernels that have an IOMMU turn ACS on at the root ports, where it redirects nothing that went another way.
  return [[`commands/${key}.out`, [root, ...ports].map(described).join('\n')]];
};
