import type { NicState, World } from './state.ts';
import { type Files, linkFiles } from './sys-pci.ts';

/** `a088c2030...` as sysfs groups it: `a088:c203:...` */
const grouped = (guid: string): string => (guid.match(/.{4}/g) ?? []).join(':');

const portFiles = (nic: NicState): Files => {
  const port = `sys/class/infiniband/${nic.spec.device}/ports/1`;
  const counters = (folder: string, values: Readonly<Record<string, number>>): Files =>
    Object.entries(values).map(([name, value]) => [`${port}/${folder}/${name}`, `${value}\n`]);
  const hex = (n: number): string => `0x${n.toString(16)}\n`;
  return [
    [`${port}/state`, `${nic.state}\n`],
    [`${port}/phys_state`, `${nic.physicalState}\n`],
    [`${port}/rate`, `${nic.rateGbps} Gb/sec (${nic.lanes})\n`],
    [`${port}/link_layer`, `${nic.spec.linkLayer}\n`],
    [`${port}/lid`, hex(nic.lid)],
    [`${port}/sm_lid`, hex(nic.smLid)],
    ...counters('counters', nic.counters),
    ...counters('hw_counters', nic.hwCounters),
    ...(nic.spec.linkLayer === 'InfiniBand' ? pkeyFiles(port, nic) : gidFiles(port, nic)),
  ];
};

/** The keys in use come first; the other places of the table are empty. */
const pkeyFiles = (port: string, { pkeys }: NicState): Files =>
  Array.from({ length: 8 }, (_, place) => [`${port}/pkeys/${place}`, `${pkeys[place] ?? '0x0000'}\n`]);

const NO_GID = '0000:0000:0000:0000:0000:0000:0000:0000';

/** Each address of the interface stands twice in the table, for both versions of RoCE; an empty place reads as zeros. */
const gidFiles = (port: string, { spec }: NicState): Files => {
  const empty = (from: number): Files =>
    Array.from({ length: 8 - from }, (_, i) => [`${port}/gids/${from + i}`, `${NO_GID}\n`]);
  if (spec.role === 'unused') return empty(0);
  const host = spec.guid.slice(-4);
  const addresses = [`fe80:0000:0000:0000:${grouped(spec.guid)}`, `0000:0000:0000:0000:0000:ffff:0a00:${host}`];
  const filled = addresses.flatMap(
    (address, i): Files =>
      ['IB/RoCE v1', 'RoCE v2'].flatMap((type, version): Files => {
        const place = 2 * i + version;
        return [
          [`${port}/gids/${place}`, `${address}\n`],
          [`${port}/gid_attrs/types/${place}`, `${type}\n`],
        ];
      }),
  );
  return [...filled, ...empty(2 * addresses.length)];
};

const netdevFiles = (folder: string, nic: NicState): Files => {
  const up = nic.state.startsWith('4');
  const isEthernet = nic.spec.linkLayer === 'Ethernet';
  return [
    [`${folder}/carrier_down_count`, `${nic.carrierDowns}\n`],
    // IP over InfiniBand in datagram mode.
    [`${folder}/mtu`, `${isEthernet ? nic.ethernet.mtuBytes : 2044}\n`],
    ...(isEthernet ? ecnFiles(folder, nic) : []),
    [`${folder}/operstate`, up ? 'up\n' : 'down\n'],
    // The kernel answers -1 for an interface without a carrier.
    [`${folder}/speed`, `${up ? nic.rateGbps * 1000 : -1}\n`],
  ];
};

/** As MLNX_OFED and DOCA-OFED have it; the driver of the kernel does not. */
const ecnFiles = (folder: string, { ethernet }: NicState): Files =>
  ['roce_np', 'roce_rp'].flatMap(
    (point): Files =>
      Array.from({ length: 8 }, (_, priority) => [
        `${folder}/ecn/${point}/enable/${priority}`,
        `${Number(ethernet.ecnPriorities.includes(priority))}\n`,
      ]),
  );

const deviceFiles = (nic: NicState, position: number): Files => {
  const { spec } = nic;
  const folder = `sys/class/infiniband/${spec.device}`;
  // hwmon0 is the CPU's.
  const hwmon = `${folder}/device/hwmon/hwmon${position + 1}`;
  return [
    [`${folder}/board_id`, `${spec.boardId}\n`],
    [`${folder}/fw_ver`, `${spec.firmware}\n`],
    [`${folder}/hca_type`, `${spec.hca}\n`],
    [`${folder}/node_guid`, `${grouped(spec.guid)}\n`],
    [`${folder}/sys_image_guid`, `${grouped(spec.guid)}\n`],
    [`${folder}/device/uevent`, `DRIVER=mlx5_core\nPCI_SLOT_NAME=${spec.pci}\n`],
    [`${folder}/device/numa_node`, `${spec.numaNode}\n`],
    ...linkFiles(`${folder}/device`, {
      generation: spec.pcieGeneration,
      width: nic.pcieWidth,
      maxWidth: spec.pcieWidth,
    }),
    ...netdevFiles(`${folder}/device/net/${spec.netdev}`, nic),
    [`${hwmon}/name`, 'mlx5\n'],
    [`${hwmon}/temp1_label`, 'asic\n'],
    [`${hwmon}/temp1_input`, `${Math.round(nic.celsius) * 1000}\n`],
    [`${hwmon}/temp1_crit`, '105000\n'],
    ...moduleFiles(hwmon, nic),
    ...portFiles(nic),
    ...netdevFiles(`sys/class/net/${spec.netdev}`, nic),
  ];
};

const moduleFiles = (hwmon: string, { opticsCelsius }: NicState): Files =>
  opticsCelsius === undefined
    ? []
    : [
        [`${hwmon}/temp2_label`, 'Module0\n'],
        [`${hwmon}/temp2_input`, `${Math.round(opticsCelsius) * 1000}\n`],
        [`${hwmon}/temp2_crit`, '75000\n'],
      ];

/** `/sys/class/infiniband`, and the interfaces of its ports below `/sys/class/net`. */
export const infinibandFiles = (world: World): Files => world.nics.flatMap(deviceFiles);
