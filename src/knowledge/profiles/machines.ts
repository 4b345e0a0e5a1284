import type { Profile } from '../../api.ts';
import dgxB200 from './machines/dgx-b200.json' with { type: 'json' };
import dgxH100 from './machines/dgx-h100.json' with { type: 'json' };
import gb200Nvl72 from './machines/gb200-nvl72.json' with { type: 'json' };
import gb300Nvl72 from './machines/gb300-nvl72.json' with { type: 'json' };
import gh200 from './machines/gh200.json' with { type: 'json' };
import hgxA100 from './machines/hgx-a100-8.json' with { type: 'json' };
import hgxB200 from './machines/hgx-b200-8.json' with { type: 'json' };
import hgxB300 from './machines/hgx-b300-8.json' with { type: 'json' };
import hgxH100 from './machines/hgx-h100-8.json' with { type: 'json' };
import hgxH200 from './machines/hgx-h200-8.json' with { type: 'json' };
import l40s from './machines/l40s-8.json' with { type: 'json' };
import { type ProductRecord, productRecord } from './products.ts';
import { machineProfile } from './profile.ts';
import type { MachineRecord } from './record.ts';

/** The machines that Muster knows by itself; a test holds them to the schema, so that a prolog need not load it. */
export const builtInMachines = [
  hgxA100,
  hgxH100,
  dgxH100,
  hgxH200,
  hgxB200,
  dgxB200,
  hgxB300,
  gb200Nvl72,
  gb300Nvl72,
  gh200,
  l40s,
] as unknown as readonly MachineRecord[];

const firstProduct = ({ products }: MachineRecord): ProductRecord | undefined =>
  productRecord({ product: products?.[0] });

/** The record with what its base says underneath: objects merge, everything else (lists too) is replaced. */
const withBase = (machine: MachineRecord): MachineRecord => {
  const written = builtInMachines.find(({ id }) => id === machine.extends);
  if (!written) return machine;
  const base = withBase(written);
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
  const machine = findMachine(id, []);
  return machine && machineProfile(machine, firstProduct(machine));
};

/** Every machine, complete; one of the site's takes the place of the built-in one whose id it has. */
export const allMachines = (site: readonly MachineRecord[]): readonly MachineRecord[] => {
  const own = new Set(site.map(({ id }) => id));
  return [...site, ...builtInMachines.filter(({ id }) => !own.has(id))].map(withBase);
};

/** Names that `--machine` and the configuration may use. */
export const machineIds = (site: readonly MachineRecord[] = []): readonly string[] =>
  allMachines(site).map(({ id }) => id);

/** The machine of that name. */
export const findMachine = (id: string, site: readonly MachineRecord[]): MachineRecord | undefined =>
  allMachines(site).find((machine) => machine.id === id);
