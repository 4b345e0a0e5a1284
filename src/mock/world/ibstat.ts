import type { NicState, World } from './state.ts';

/** sysfs prints `4: ACTIVE`; ibstat prints `Active`. */
const STATES: Readonly<Record<string, string>> = {
  '1': 'Down',
  '2': 'Initializing',
  '3': 'Armed',
  '4': 'Active',
};

const block = (nic: NicState): string => {
  const { spec } = nic;
  const infiniband = spec.linkLayer === 'InfiniBand';
  return `${[
    `CA '${spec.device}'`,
    `\tCA type: ${spec.hca}`,
    '\tNumber of ports: 1',
    `\tFirmware version: ${spec.firmware}`,
    '\tHardware version: 0',
    `\tNode GUID: 0x${spec.guid}`,
    `\tSystem image GUID: 0x${spec.guid}`,
    '\tPort 1:',
    `\t\tState: ${STATES[nic.state.slice(0, 1)] ?? nic.state}`,
    `\t\tPhysical state: ${nic.physicalState.replace(/^\d+: /, '')}`,
    `\t\tRate: ${nic.rateGbps}`,
    `\t\tBase lid: ${nic.lid}`,
    '\t\tLMC: 0',
    `\t\tSM lid: ${nic.smLid}`,
    `\t\tCapability mask: 0x${infiniband ? 'a751e848' : '00010000'}`,
    `\t\tPort GUID: 0x${spec.guid}`,
    `\t\tLink layer: ${spec.linkLayer}`,
  ].join('\n')}\n`;
};

/** `ibstat`: devices in the order of their names as text (mlx5_0, mlx5_1, mlx5_10, mlx5_2). */
export const ibstat = (world: World): string =>
  [...world.nics]
    .sort((a, b) => (a.spec.device < b.spec.device ? -1 : 1))
    .map(block)
    .join('');
