import { commandKey } from '../../host/tree.ts';
import type { World } from './state.ts';
import type { Files } from './sys-pci.ts';

const FABRIC_MANAGER = 'nvidia-fabricmanager.service';
const ASKED = [FABRIC_MANAGER, 'nvidia-persistenced.service', 'nvidia-imex.service', 'nvidia-dcgm.service'];
const PROPERTIES = 'Id,Names,LoadState,ActiveState,SubState,UnitFileState,Result,NRestarts';

/** One tray of a rack: its GPUs have a domain with those of others. */
const isTray = ({ machine }: World): boolean => /[1-9a-f]/i.test(machine.gpu.fabric.clusterUuid.replace('N/A', ''));

/** The NVSwitches of B200 and B300 are not on the PCI bus. */
const hasOwnSwitches = (world: World): boolean =>
  world.machine.gpu.nvlink.links > 0 && world.machine.gpus.length === 8 && !isTray(world);

/** What runs on a node of the kind: the fabric manager where its own NVSwitches are, IMEX where the trays share some. */
const runningOn = (world: World): readonly string[] => [
  ...(hasOwnSwitches(world) ? [FABRIC_MANAGER] : []),
  'nvidia-persistenced.service',
  ...(isTray(world) ? ['nvidia-imex.service'] : []),
  'dbus.service',
  'slurmd.service',
  'systemd-journald.service',
];

/** A unit as systemd 252 shows it, in its order of the properties. */
const unit = (id: string, o: { load: string; active: string; sub: string; file: string; result: string }): string =>
  `Result=${o.result}\nNRestarts=0\nId=${id}\nNames=${id}\nLoadState=${o.load}\nActiveState=${o.active}\nSubState=${o.sub}\nUnitFileState=${o.file}\n`;

/** `systemctl show` of the services, those that are asked for by name first. */
export const systemctlFiles = (world: World): Files => {
  const running = runningOn(world);
  const shown = (id: string): string => {
    if (!running.includes(id))
      return unit(id, { load: 'not-found', active: 'inactive', sub: 'dead', file: '', result: 'success' });
    if (world.failedServices?.includes(id) === true)
      return unit(id, { load: 'loaded', active: 'failed', sub: 'failed', file: 'enabled', result: 'exit-code' });
    return unit(id, { load: 'loaded', active: 'active', sub: 'running', file: 'enabled', result: 'success' });
  };
  const key = commandKey('systemctl', ['show', '--no-pager', `--property=${PROPERTIES}`, '*.service', ...ASKED]);
  return [[`commands/${key}.out`, [...new Set([...ASKED, ...running])].map(shown).join('\n')]];
};
