import { defineCollector } from '../api.ts';
import { moduleFact, procVersion, sysVersion } from '../parse/nvidia-smi/module-version.ts';

/** The kernel module that is loaded, which an upgrade of the packages leaves behind. */
export const driverModule = defineCollector({
  apiVersion: 1,
  id: 'driver-module',
  provides: ['driverModule'],
  reads: '/proc/driver/nvidia/version, else /sys/module/nvidia/version',
  schedule: { everySeconds: 300 },
  deadlineMs: 5_000,
  async collect(host) {
    const proc = await host.read('/proc/driver/nvidia/version');
    const version = proc.ok ? procVersion(proc.value) : proc;
    if (version.ok) return { driverModule: moduleFact(version) };
    const sys = await host.read('/sys/module/nvidia/version');
    return { driverModule: moduleFact(sys.ok ? sysVersion(sys.value) : version) };
  },
});
