import { defineCollector, known, NODE } from '../api.ts';
import { loadedModules } from '../parse/proc-modules.ts';

const LOADED = '/proc/modules';
const PRESENT = '/sys/module';

/** The modules of the kernel, loaded and built in. */
export const kernelModules = defineCollector({
  apiVersion: 1,
  id: 'kernel-modules',
  provides: ['kernelModules'],
  reads: `${LOADED}, ${PRESENT}`,
  schedule: { everySeconds: 45 },
  sheddable: true,
  deadlineMs: 5_000,
  async collect(host) {
    const [table, present] = await Promise.all([host.read(LOADED), host.list(PRESENT)]);
    // A kernel that cannot load modules has no such table, and none to load.
    const none = !table.ok && table.reason === 'no-device' && present.ok;
    const loaded = table.ok ? loadedModules(table.value) : none ? known([]) : table;
    if (!loaded.ok && !present.ok) return { kernelModules: loaded };
    return { kernelModules: known({ ref: NODE, loaded, present }) };
  },
});
