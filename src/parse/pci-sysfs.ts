import { absent, known, type S } from '../api.ts';
import { ueventValue } from './uevent.ts';

const NVIDIA = '0x10de';
// VGA controller and 3D controller (PCI Code and ID Assignment Specification): what GPUs are; 0x0680 is the NVSwitch.
const GPU_CLASS = /^0x030[02][0-9a-f]{2}$/i;

export const isNvidia = (vendor: string): boolean => vendor.trim().toLowerCase() === NVIDIA;
export const isGpuClass = (pciClass: string): boolean => GPU_CLASS.test(pciClass.trim());

/** The kernel driver that holds a device, from its `uevent`. */
export const boundDriver = (uevent: string): S => {
  const driver = ueventValue(uevent, 'DRIVER');
  return driver === undefined ? absent('no-device', 'no kernel driver holds the device') : known(driver);
};
