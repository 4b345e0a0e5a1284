import { absent, counter, type N, type PcieLink, type Raw } from '../api.ts';
import { aerTotal, pcieGeneration, pcieWidth } from '../parse/pcie.ts';
import type { Directory } from './sysfs.ts';

const NO_REPLAYS = counter(absent('unsupported', 'sysfs has no replay counter; nvidia-smi has it for GPUs'));

const aer = async (device: Directory, severity: string): Promise<{ readonly counter: N }> =>
  counter(await device.leaf(`aer_dev_${severity}`, aerTotal));

/** The PCIe link and error counters of a device, from its directory below /sys/bus/pci/devices. */
export const readPcieLink = async (device: Directory): Promise<Raw<PcieLink>> => {
  const [generation, maxGeneration, width, maxWidth, correctable, nonfatal, fatal] = await Promise.all([
    device.leaf('current_link_speed', pcieGeneration),
    device.leaf('max_link_speed', pcieGeneration),
    device.leaf('current_link_width', pcieWidth),
    device.leaf('max_link_width', pcieWidth),
    aer(device, 'correctable'),
    aer(device, 'nonfatal'),
    aer(device, 'fatal'),
  ]);
  return {
    generation,
    maxGeneration,
    width,
    maxWidth,
    replays: NO_REPLAYS,
    aer: { correctable, nonfatal, fatal },
  };
};
