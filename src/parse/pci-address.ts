/**
 * One spelling for PCI addresses, the one of `nvidia-smi` and dcgm-exporter: 8-digit domain, upper case, function:
 * `00000000:1B:00.0`. Kernel, Xid messages, `ibstat` and old drivers each have their own.
 */

// The domain may be missing (lspci, lines of old drivers), the function too (Xid lines: the GPU as a whole), and
// function may follow a colon instead of a dot (`0000:00:03:0`, as some HCA tools print it).
const ADDRESS = /^(?:PCI:|GPU[ :]?)?\s*(?:([0-9a-f]{1,8}):)?([0-9a-f]{1,2}):([0-9a-f]{1,2})(?:[.:]([0-7]))?$/i;

const upper = (digits: string, width: number): string => digits.toUpperCase().padStart(width, '0');

/** The address as `00000000:1B:00.0`, or undefined for text that is none. */
export const normalizePciBusId = (text: string): string | undefined => {
  const [, domain = '0', bus, device, fn = '0'] = ADDRESS.exec(text.trim()) ?? [];
  if (bus === undefined || device === undefined) return undefined;
  // Five bits: a device above 1F is no PCI address (PCI Local Bus Specification 3.0, 3.2.2.3.2).
  if (Number.parseInt(device, 16) > 0x1f) return undefined;
  return `${upper(domain, 8)}:${upper(bus, 2)}:${upper(device, 2)}.${fn}`;
};

/** The kernel's name of a device, as in /sys/bus/pci/devices: `0000:1b:00.0`; a wider domain keeps its digits. */
export const kernelPciAddress = (pciBusId: string): string => {
  const [domain = '', ...rest] = pciBusId.toLowerCase().split(':');
  return [domain.replace(/^0+/, '').padStart(4, '0'), ...rest].join(':');
};
