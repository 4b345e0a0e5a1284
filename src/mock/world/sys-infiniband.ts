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
  ];
};

const netdevFiles = (folder: string, nic: NicState): Files => {
  const up = nic.state.startsWith('4');
  return [
    [`${folder}/carrier_down_count`, `${nic.carrierDowns}\n`],
    [`${folder}/operstate`, up ? 'up\n' : 'down\n'],
    // The kernel answers -1 for an interface without a carrier.
    [`${folder}/speed`, `${up ? nic.rateGbps * 1000 : -1}\n`],
  ];
};

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
      width: spec.pcieWidth,
      maxWidth: spec.pcieWidth,
    }),
    ...netdevFiles(`${folder}/device/net/${spec.netdev}`, nic),
    [`${hwmon}/name`, 'mlx5\n'],
    [`${hwmon}/temp1_label`, 'asic\n'],
    [`${hwmon}/temp1_input`, `${Math.round(nic.celsius) * 1000}\n`],
    ...portFiles(nic),
    ...netdevFiles(`sys/class/net/${spec.netdev}`, nic),
  ];
};

/** `/sys/class/infiniband`, and the interfaces of its ports below `/sys/class/net`. */
export const infinibandFiles = (world: World): Files => world.nics.flatMap(deviceFiles);
