import { commandKey } from '../../host/tree.ts';
import type { NicState, World } from './state.ts';
import type { Files } from './sys-pci.ts';

const statistics = ({ ethernet }: NicState): string =>
  `NIC statistics:\n${Object.entries(ethernet.statistics)
    .map(([name, value]) => `     ${name}: ${value}\n`)
    .join('')}`;

const PRIORITIES = [0, 1, 2, 3, 4, 5, 6, 7];

const flowControl = ({ ethernet }: NicState): string => {
  const priorities = PRIORITIES.map(
    (priority) => `${priority}:${ethernet.pfcPriorities.includes(priority) ? 'on' : 'off'}`,
  );
  return `pfc-cap 8 macsec-bypass off delay 7\nprio-pfc ${priorities.join(' ')}\n`;
};

/** All 64 code points, eight a priority; nothing where the port goes by the VLAN tag. */
const dscpTable = ({ ethernet }: NicState): string =>
  ethernet.trustsDscp ? `dscp-prio ${Array.from({ length: 64 }, (_, dscp) => `${dscp}:${dscp >> 3}`).join(' ')}\n` : '';

/** What ethtool and iproute2's dcb say of each Ethernet port. */
export const ethernetCommands = (world: World): Files =>
  world.nics
    .filter(({ spec }) => spec.linkLayer === 'Ethernet')
    .flatMap((nic): Files => {
      const { netdev } = nic.spec;
      const answer = (tool: string, args: readonly string[], text: string): Files[number] => [
        `commands/${commandKey(tool, args)}.out`,
        text,
      ];
      return [
        answer('ethtool', ['-S', netdev], statistics(nic)),
        answer('dcb', ['pfc', 'show', 'dev', netdev], flowControl(nic)),
        answer('dcb', ['app', 'show', 'dev', netdev, 'dscp-prio'], dscpTable(nic)),
      ];
    });
