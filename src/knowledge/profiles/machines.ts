import type { Profile } from '../../api.ts';
import gb200Nvl72 from './machines/gb200-nvl72.json' with { type: 'json' };
import gb300Nvl72 from './machines/gb300-nvl72.json' with { type: 'json' };
import hgxA100 from './machines/hgx-a100-8.json' with { type: 'json' };
import hgxB200 from './machines/hgx-b200-8.json' with { type: 'json' };
import hgxH100 from './machines/hgx-h100-8.json' with { type: 'json' };
import hgxH200 from './machines/hgx-h200-8.json' with { type: 'json' };
import { type ProductRecord, productRecord } from './products.ts';
import { machineProfile } from './profile.ts';
import type { MachineRecord } from './record.ts';

/** The machines that Muster knows by itself; a test holds them to the schema, so that a prolog need not load it. */
export const builtInMachines = [
  hgxA100,
  hgxH100,
  hgxH200,
  hgxB200,
  gb200Nvl72,
  gb300Nvl72,
] as unknown as readonly MachineRecord[];

const firstProduct = ({ products }: MachineRecord): ProductRecord | undefined =>
  productRecord({ product: products?.[0] });

/** The record with what its base says underneath. */
export const withBase = (machine: MachineRecord): MachineRecord => {
  const base = builtInMachines.find(({ id }) => id === machine.extends);
  if (!base) return machine;
  return {
    ...base,
    ...machine,
    gpu: { ...base.gpu, ...machine.gpu },
    limits: { ...base.limits, ...machine.limits },
    pins: { ...base.pins, ...machine.pins },
    host: { ...base.host, ...machine.host },
  };
};

/** A built-in machine by its id, with the numbers of its first GPU product. */
export const builtInProfile = (id: string): Profile | undefined => {
  const machine = builtInMachines.find((each) => each.id === id);
  return machine && machineProfile(machine, firstProduct(machine));
};

/** Names that `--machine` and the configuration may use. */
export const machineIds = (site: readonly MachineRecord[] = []): readonly string[] =>
  [...site, ...builtInMachines].map(({ id }) => id);

/** The machine of that name; the site's own come first. */
export const findMachine = (id: string, site: readonly MachineRecord[]): MachineRecord | undefined => {
  const found = [...site, ...builtInMachines].find((machine) => machine.id === id);
  return found && withBase(found);
};
