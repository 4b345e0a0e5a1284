import type { Gpu, Profile, S, SystemIdentity } from '../../api.ts';
import { allMachines } from './machines.ts';
import { type GpuIdentity, type ProductRecord, productRecord } from './products.ts';
import { genericProfile, machineProfile } from './profile.ts';
import type { MachineRecord } from './record.ts';

/** What the machine shows of itself: the facts of the collectors can be handed over as they are. */
export interface Seen {
  readonly gpus: readonly Pick<Gpu, 'product' | 'pciDeviceId' | 'pciSubsystemId' | 'virtualization'>[];
  /** GPUs that the PCI bus lists, whether or not the driver answers for them. */
  readonly pciGpuCount?: number | undefined;
  readonly system?: Pick<SystemIdentity, 'vendor' | 'product'> | undefined;
}

/** The GPUs of one product among those seen. */
interface ProductGroup {
  readonly name: string;
  readonly product: ProductRecord | undefined;
  readonly count: number;
}

const text = (reading: S): string | undefined => (reading.ok ? reading.value : undefined);

/** A vGPU has the device id of the board that it is a part of, and a name of its own. */
const identityOf = ({ product, pciDeviceId, pciSubsystemId, virtualization }: Seen['gpus'][number]): GpuIdentity =>
  text(virtualization)?.toUpperCase() === 'VGPU'
    ? { product: text(product) }
    : { product: text(product), pciDeviceId: text(pciDeviceId), pciSubsystemId: text(pciSubsystemId) };

/** By product, the most frequent first; a GPU that says nothing of itself (lost) belongs to none. */
export const productGroups = (seen: Seen): readonly ProductGroup[] => {
  const groups = new Map<string, ProductGroup>();
  for (const gpu of seen.gpus) {
    const identity = identityOf(gpu);
    const product = productRecord(identity);
    const name = identity.product ?? product?.names[0];
    if (name === undefined) continue;
    groups.set(name, { name, product, count: (groups.get(name)?.count ?? 0) + 1 });
  }
  return [...groups.values()].toSorted((a, b) => b.count - a.count);
};

/** The group that speaks for the machine; none where two products are equally frequent. */
const mainGroup = (seen: Seen): ProductGroup | undefined => {
  const [first, second] = productGroups(seen);
  return first && first.count > (second?.count ?? 0) ? first : undefined;
};

export const hasProduct = (machine: MachineRecord, { name, product }: ProductGroup): boolean =>
  [name, ...(product?.names ?? [])].some((each) => machine.products?.includes(each));

/**
 * More than half of the GPUs must be there. Clouds sell a half, a quarter and an eighth of these machines, whole and
 * healthy; a machine that lost so many GPUs at once, and from the PCI bus too, is rarer than such a slice. With more GPUs
 * than the profile has it is another machine (16 A100s).
 */
const isPlausible = (machine: MachineRecord, group: ProductGroup, seen: Seen): boolean => {
  const count = machine.gpu?.count?.value;
  if (count === undefined) return true;
  return group.count <= count && Math.max(seen.gpus.length, seen.pciGpuCount ?? 0) > count / 2;
};

/** A hypervisor shows its guests a machine of its own making, whatever the hardware below is. */
const isGuest = ({ gpus }: Seen): boolean =>
  gpus.some(({ virtualization }) => virtualization.ok && /pass-?through|vgpu/i.test(virtualization.value));

/** NVIDIA writes its part number behind the name: `DGXA100 920-23687-2531-001` (dmidecode of a DGX A100). */
const withoutPartNumber = (product: string): string => product.replace(/ \d{3}-\w{5}-\w{4}-\w{3}$/, '');

/** Whether the firmware names this machine; undefined where it does not say, or is a hypervisor's. */
export const isSystem = ({ system }: MachineRecord, seen: Seen): boolean | undefined => {
  if (system === undefined) return true;
  const vendor = seen.system && text(seen.system.vendor);
  const product = seen.system && text(seen.system.product);
  if (vendor === undefined || product === undefined || isGuest(seen)) return undefined;
  return vendor === system.vendor && system.products.includes(withoutPartNumber(product));
};

/**
 * The machine that these GPUs make up; the site's own profiles come before the built-in ones, and of the built-in ones
 * those that the firmware names.
 */
export const matchProfile = (seen: Seen, siteProfiles: readonly MachineRecord[] = []): Profile => {
  const group = mainGroup(seen);
  if (!group) return genericProfile(undefined, undefined);
  const fitting = allMachines(siteProfiles).filter(
    (each) => hasProduct(each, group) && isPlausible(each, group, seen) && isSystem(each, seen) === true,
  );
  const isOwn = ({ id }: MachineRecord): boolean => siteProfiles.some((each) => each.id === id);
  const machine = fitting.find(isOwn) ?? fitting.find(({ system }) => system !== undefined) ?? fitting[0];
  return machine ? machineProfile(machine, group.product) : genericProfile(group.name, group.product);
};
