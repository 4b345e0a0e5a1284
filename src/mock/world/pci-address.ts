/** The kernel's `0008:01:00.0` as nvidia-smi prints it: `00000008:01:00.0`, upper case. */
export const asNvidiaSmi = (pci: string): string => `0000${pci}`.toUpperCase();

/** As the driver prints it in Xid records: `PCI:0008:01:00`, without the function. */
export const asXid = (pci: string): string => `PCI:${pci.slice(0, pci.lastIndexOf('.'))}`;

/** Domain, bus and device in nvidia-smi's spelling. */
export const pciParts = (pci: string): { readonly domain: string; readonly bus: string; readonly device: string } => {
  const [domain = '', bus = '', rest = ''] = pci.toUpperCase().split(':');
  return { domain, bus, device: rest.slice(0, 2) };
};
