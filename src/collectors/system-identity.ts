import { defineCollector, known, NODE } from '../api.ts';
import { smbiosText } from '../parse/smbios.ts';
import { directory } from './sysfs.ts';

// World readable, unlike the serial numbers beside them (Linux, drivers/firmware/dmi-id.c), and the same in a container.
const SMBIOS = '/sys/class/dmi/id';

/** Which machine this is, as its firmware says: a DGX has the same GPUs as the HGX board that others build in. */
export const systemIdentity = defineCollector({
  apiVersion: 1,
  id: 'system-identity',
  provides: ['system'],
  reads: `${SMBIOS}/sys_vendor, ${SMBIOS}/product_name`,
  schedule: 'once',
  deadlineMs: 5_000,
  async collect(host) {
    const smbios = directory(host, SMBIOS);
    const [vendor, product] = await Promise.all([
      smbios.leaf('sys_vendor', (text) => smbiosText(text, 'vendor')),
      smbios.leaf('product_name', (text) => smbiosText(text, 'product name')),
    ]);
    if (!vendor.ok && !product.ok) return { system: vendor };
    return { system: known({ ref: NODE, vendor, product }) };
  },
});
