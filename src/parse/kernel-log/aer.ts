import { type Component, NODE } from '../../api.ts';
import { kernelPciAddress, normalizePciBusId } from '../pci-address.ts';
import { fieldsOf, type KernelMessage, partAt } from './message.ts';

/**
 * `pcieport 0000:00:06.0: AER: PCIe Bus Error: severity=Corrected, type=Physical Layer, (Receiver ID)` (Linux,
 * drivers/pci/pcie/aer.c). The `error received` line of the root port announces the same error and is not counted.
 */
const BUS_ERROR =
  /^([\w-]{1,32}) ([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}[.:][0-7])(?: [\w-]{1,16})?: (?:AER: )?PCIe Bus Error: severity=(\w+)(?: \(([\w-]+)\))?(?:, type=([^,(]{1,40}))?/i;

/** In the words of the `aer_dev_*` files; kernels spell them `Corrected`, `Uncorrected (Fatal)`, `Uncorrectable (Fatal)`. */
const severityOf = (severity: string, degree: string | undefined): string => {
  if (/^correct/i.test(severity)) return 'correctable';
  return /^non/i.test(degree ?? '') ? 'nonfatal' : 'fatal';
};

const partOf = (driver: string, address: string): Component => {
  if (driver === 'nvidia') return partAt('gpu', address) ?? NODE;
  if (driver.startsWith('nvidia-nvswitch')) return partAt('nvswitch', address) ?? NODE;
  return driver === 'mlx5_core' ? (partAt('nic', address) ?? NODE) : NODE;
};

/** A PCIe error that a device or a port reports. */
export const parseAer = (text: string): KernelMessage | undefined => {
  const [, driver, address, severity, degree, layer] = BUS_ERROR.exec(text) ?? [];
  if (driver === undefined || address === undefined || severity === undefined) return undefined;
  const degreeOfError = severityOf(severity, degree);
  // Old kernels print the function after a colon.
  const device = kernelPciAddress(normalizePciBusId(address) ?? address);
  return {
    kind: 'aer',
    component: partOf(driver, address),
    fields: fieldsOf({ driver, device, severity: degreeOfError, layer: layer?.trim() }),
    variant: `${device} ${degreeOfError}`,
  };
};
