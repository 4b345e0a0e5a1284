import type { Confidence } from '../../api.ts';
import { products as everyProduct, type ProductRecord } from './products.ts';
import type { MachineRecord, Sourced } from './record.ts';

/** One entry of a profile under the name that a file gives it: `gpu.count`, `nics.compute.rate_gbps`. */
export interface ProfileEntry {
  readonly name: string;
  readonly value: string | number | readonly string[];
  readonly source: string;
  readonly confidence: Confidence;
}

/** What is expected of one GPU product, whatever machine it is in. */
export interface DescribedProduct {
  readonly names: readonly string[];
  readonly pciDeviceIds: readonly string[];
  readonly pciSubsystemIds: readonly string[];
  readonly entries: readonly ProfileEntry[];
}

/** A machine profile as people read it. */
export interface DescribedProfile {
  readonly id: string;
  readonly title: string;
  readonly extends?: string;
  /** In one sentence. */
  readonly recognisedBy: string;
  readonly entries: readonly ProfileEntry[];
  readonly products: readonly DescribedProduct[];
}

const entriesOf = (
  section: string,
  values: Readonly<Record<string, Sourced<string | number | readonly string[]> | undefined>> = {},
): readonly ProfileEntry[] =>
  Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name: section === '' ? name : `${section}.${name}`, ...value }],
  );

/** A GPU product, entry by entry. */
export const describeProduct = (product: ProductRecord): DescribedProduct => ({
  names: product.names,
  pciDeviceIds: product.pci_device_ids,
  pciSubsystemIds: product.pci_subsystem_ids ?? [],
  entries: [...entriesOf('gpu', product.gpu), ...entriesOf('limits', product.limits)],
});

const recognisedBy = ({ products = [], gpu, system }: MachineRecord): string => {
  if (products.length === 0) return 'Only by its name, in the configuration or with --machine.';
  const count = gpu?.count?.value;
  const number = count === undefined ? 'Any number' : `${Math.floor(count / 2) + 1} to ${count}`;
  const firmware =
    system === undefined
      ? ''
      : `, where the firmware names the vendor ${system.vendor} and the product ${system.products.join(' or ')}`;
  return `${number} of ${products.join(' or ')}${firmware}.`;
};

/** A complete machine record (its base included), entry by entry. */
export const describeProfile = (machine: MachineRecord): DescribedProfile => ({
  id: machine.id,
  title: machine.title ?? machine.id,
  ...(machine.extends === undefined ? {} : { extends: machine.extends }),
  recognisedBy: recognisedBy(machine),
  entries: [
    ...entriesOf('', { fabric: machine.fabric }),
    ...entriesOf('gpu', machine.gpu),
    ...(machine.nics ?? []).flatMap(({ role, ...numbers }) => entriesOf(`nics.${role}`, numbers)),
    ...entriesOf('', { services: machine.services, kernel_modules: machine.kernel_modules, mounts: machine.mounts }),
    ...entriesOf('host', machine.host),
    ...entriesOf('pins', machine.pins),
    ...entriesOf('limits', machine.limits),
  ],
  products: everyProduct
    .filter(({ names }) => names.some((name) => machine.products?.includes(name)))
    .map(describeProduct),
});
