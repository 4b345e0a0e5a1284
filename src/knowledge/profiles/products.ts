import data from './products.json' with { type: 'json' };
import type { ProductRecord } from './record.ts';

export type { ProductRecord } from './record.ts';

/** Every product known; a test holds them to the schema, so that a prolog need not load it. */
export const products = data.products as unknown as readonly ProductRecord[];

/** What identifies a GPU, as far as it is known. */
export interface GpuIdentity {
  readonly product?: string | undefined;
  /** As nvidia-smi prints it (`233010DE`) or as sysfs does (`0x2330`). */
  readonly pciDeviceId?: string | undefined;
  readonly pciSubsystemId?: string | undefined;
}

/** `233010DE`, `0x233010DE`, `0x2330` and `2330` are one device. */
const deviceOf = (id: string | undefined): string | undefined =>
  /^(?:0x)?([0-9a-f]{4})(?:[0-9a-f]{4})?$/i.exec(id?.trim() ?? '')?.[1]?.toUpperCase();

const byDevice = (device: string | undefined, subsystem: string | undefined): ProductRecord | undefined => {
  if (device === undefined) return undefined;
  const found = products.filter((product) => product.pci_device_ids.includes(device));
  return (
    found.find((product) => subsystem !== undefined && product.pci_subsystem_ids?.includes(subsystem)) ??
    found.find((product) => product.pci_subsystem_ids === undefined)
  );
};

const byName = (name: string | undefined): ProductRecord | undefined =>
  products.find((product) => product.pci_subsystem_ids === undefined && product.names.includes(name?.trim() ?? ''));

/** By PCI device and subsystem id, else by the exact name: "GH200" contains "H200". */
export const productRecord = (gpu: GpuIdentity): ProductRecord | undefined =>
  byDevice(deviceOf(gpu.pciDeviceId), deviceOf(gpu.pciSubsystemId)) ?? byName(gpu.product);
