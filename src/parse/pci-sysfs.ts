import { absent, known, type S } from '../api.ts';
import { ueventValue } from './uevent.ts';

const NVIDIA = '0x10de';
// VGA controller and 3D controller (PCI Code and ID Assignment Specification): what GPUs are; 0x0680 is the NVSwitch.
const GPU_CLASS = /^0x030[02][0-9a-f]{2}$/i;

// PCI-to-PCI bridge, which root ports and switch ports are, too.
const BRIDGE_CLASS = /^0x0604[0-9a-f]{2}$/i;

export const isNvidia = (vendor: string): boolean => vendor.trim().toLowerCase() === NVIDIA;
export const isGpuClass = (pciClass: string): boolean => GPU_CLASS.test(pciClass.trim());

export const isBridgeClass = (pciClass: string): boolean => BRIDGE_CLASS.test(pciClass.trim());

/**
 * The bus that a device is on, as domain and number; from `0000:1b:00.0`. What lies behind a bridge has the bridge's
 * domain and its `secondary_bus_number` (decimal; docs.kernel.org, ABI/testing/sysfs-bus-pci).
 */
export const busOf = (address: string): string | undefined => {
  const [, domain, bus] = /^([0-9a-f]{4,8}):([0-9a-f]{2}):[0-9a-f]{2}\.[0-7]$/i.exec(address) ?? [];
  return domain === undefined || bus === undefined ? undefined : `${domain.toLowerCase()}:${Number.parseInt(bus, 16)}`;
};
export const busBehind = (bridge: string, secondaryBusNumber: number): string | undefined => {
  const domain = busOf(bridge)?.split(':')[0];
  return domain === undefined ? undefined : `${domain}:${secondaryBusNumber}`;
};

/** The kernel driver that holds a device, from its `uevent`. */
export const boundDriver = (uevent: string): S => {
  const driver = ueventValue(uevent, 'DRIVER');
  return driver === undefined ? absent('no-device', 'no kernel driver holds the device') : known(driver);
};
