import { type Absent, type B, known, type S } from '../api.ts';
import { unreadable } from './quantity.ts';

/** CPUID leaf 1 ECX bit 31, which every hypervisor sets and no processor (Intel SDM volume 2A, CPUID). */
const FLAGS = /^flags\s*:(.*)$/m;
const CPU = /^(?:processor|CPU implementer)\s*:/m;

/** Vendors of virtual machines, where the processor does not say: Arm. */
const VIRTUAL = /^(?:QEMU|Xen|VMware|KVM|OpenStack|Google|Amazon EC2|Alibaba Cloud)/i;
/** AWS names its machines without a hypervisor so: `p6e-gb200.metal`. */
const METAL = /\bmetal\b/i;

/** Firmware that gives no name, as opposed to a name that could not be read. */
const isNameless = ({ reason }: Absent): boolean => ['unsupported', 'no-device', 'not-recorded'].includes(reason);

/** Whether this is a virtual machine, by /proc/cpuinfo and, where that has no flags, by what the firmware calls it. */
export const isVirtualMachine = (cpuinfo: string, vendor: S, product: S): B => {
  const flags = FLAGS.exec(cpuinfo)?.[1];
  if (flags !== undefined) return known(flags.split(/\s+/).includes('hypervisor'));
  if (!CPU.test(cpuinfo)) return unreadable(cpuinfo, 'a table of processors');
  if (!vendor.ok) return isNameless(vendor) ? known(false) : vendor;
  if (!VIRTUAL.test(vendor.value)) return known(false);
  if (!product.ok && !isNameless(product)) return product;
  return known(!(product.ok && METAL.test(product.value)));
};
