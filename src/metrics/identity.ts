import type { Component } from '../api.ts';

/** The labels that every GPU series carries. */
export const gpuLabels = (ref: Component): Readonly<Record<string, string | undefined>> => ({
  gpu: ref.index?.toString(),
  UUID: ref.uuid,
  pci_bus_id: ref.pciBusId,
});

/** The labels that every NIC series carries. */
export const nicLabels = (ref: Component): Readonly<Record<string, string | undefined>> => ({
  device: ref.device,
  port: ref.port?.toString(),
});

/** The labels by which a finding's component joins with the readings about it. */
export const componentLabels = (ref: Component): Readonly<Record<string, string | undefined>> => {
  if (ref.kind === 'gpu') return gpuLabels(ref);
  if (ref.kind === 'nic') return nicLabels(ref);
  // A drive or a mount: several of one node may have one finding each.
  return { pci_bus_id: ref.pciBusId, device: ref.device };
};
