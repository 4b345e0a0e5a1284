import { absent, counter, defineCollector, type Host, known, type MemoryController, NODE, type Raw } from '../api.ts';
import { integer } from '../parse/quantity.ts';
import { directory } from './sysfs.ts';

const CONTROLLERS = '/sys/devices/system/edac/mc';

const readController = async (host: Host, name: string): Promise<Raw<MemoryController>> => {
  const files = directory(host, `${CONTROLLERS}/${name}`);
  const [correctable, uncorrectable] = await Promise.all([
    files.leaf('ce_count', integer),
    files.leaf('ue_count', integer),
  ]);
  return { correctable: counter(correctable), uncorrectable: counter(uncorrectable) };
};

/** What the memory controllers have counted since boot; nothing where no EDAC driver is loaded, as in virtual machines. */
export const edac = defineCollector({
  apiVersion: 1,
  id: 'edac',
  provides: ['memoryControllers'],
  reads: `${CONTROLLERS}/mc*/{ce_count,ue_count}`,
  schedule: { everySeconds: 45 },
  sheddable: true,
  deadlineMs: 5_000,
  async collect(host) {
    const names = await host.list(CONTROLLERS);
    if (!names.ok) return { memoryControllers: names };
    const controllers = names.value.filter((name) => /^mc\d{1,3}$/.test(name));
    if (controllers.length === 0)
      return { memoryControllers: absent('no-device', `${CONTROLLERS} lists no memory controller`) };
    const read = await Promise.all(controllers.map(async (name) => [name, await readController(host, name)] as const));
    return { memoryControllers: known({ ref: NODE, controllers: Object.fromEntries(read) }) };
  },
});
