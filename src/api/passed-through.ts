import type { PciGpu } from './facts.ts';

/** A GPU that the host gave to a virtual machine: the host's NVIDIA driver must not see it. */
export const isPassedThrough = ({ boundDriver }: Pick<PciGpu, 'boundDriver'>): boolean =>
  boundDriver.ok && /^(vfio-pci|pciback|xen-pciback)$/.test(boundDriver.value);
