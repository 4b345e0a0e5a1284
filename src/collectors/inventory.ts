import { type Collector, defineCollector } from '../api.ts';
import { readInventory } from '../parse/inventory.ts';

export interface InventoryCommand {
  readonly file: string;
  readonly args: readonly string[];
}

// World readable, unlike the serial number next to it (Linux, drivers/firmware/dmi-id.c).
const PRODUCT_NAME = '/sys/class/dmi/id/product_name';

// The child starts a dozen programs (dmidecode, lscpu, …) of which one may be slow.
const DEADLINE_MS = 10_000;

/** Who the machine says it is, asked once, in a process of its own. */
export const createInventoryCollector = ({ file, args }: InventoryCommand): Collector<'inventory'> =>
  defineCollector({
    apiVersion: 1,
    id: 'inventory',
    provides: ['inventory'],
    reads: `SMBIOS, /etc/os-release and /proc, by systeminformation; ${PRODUCT_NAME}`,
    schedule: 'once',
    deadlineMs: DEADLINE_MS,
    async collect(host) {
      const run = await host.run(file, args, { deadlineMs: DEADLINE_MS });
      return { inventory: run.ok ? readInventory(run.value, await host.read(PRODUCT_NAME)) : run };
    },
  });
