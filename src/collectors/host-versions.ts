import { defineCollector, known, NODE } from '../api.ts';
import { parsed } from '../parse/reading.ts';
import { directory, line } from './sysfs.ts';

const OSRELEASE = '/proc/sys/kernel/osrelease';
// World readable, unlike the serial numbers next to it (Linux, drivers/firmware/dmi-id.c).
const DMI = '/sys/class/dmi/id';

/** The kernel and the BIOS that run, from two files: neither a program nor the inventory is needed to hold them to a pin. */
export const hostVersions = defineCollector({
  apiVersion: 1,
  id: 'host-versions',
  provides: ['hostVersions'],
  reads: `${OSRELEASE}, ${DMI}/bios_version`,
  // Neither changes while the kernel runs; asked again in case that the first answer failed.
  schedule: { everySeconds: 3600 },
  deadlineMs: 5_000,
  async collect(host) {
    const kernel = parsed(await host.read(OSRELEASE), line);
    const bios = await directory(host, DMI).leaf('bios_version', line);
    if (!kernel.ok && !bios.ok) return { hostVersions: kernel };
    return { hostVersions: known({ ref: NODE, kernel, bios }) };
  },
});
