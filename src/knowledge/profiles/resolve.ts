import type { Profile } from '../../api.ts';
import { findMachine, machineIds } from './machines.ts';
import { hasProduct, isSystem, matchProfile, productGroups, type Seen } from './match.ts';
import { type Pins, withPins } from './pins.ts';
import { productRecord } from './products.ts';
import { genericProfile, machineProfile } from './profile.ts';
import type { SiteProfile } from './site.ts';

const inWords = (seen: Seen): string =>
  productGroups(seen)
    .map(({ name, count }) => `${count} × ${name}`)
    .join(', ');

interface Question extends Seen {
  readonly configured?: string | undefined;
  readonly siteProfiles: readonly SiteProfile[];
}

const systemInWords = ({ system }: Seen): string =>
  [system?.vendor, system?.product].flatMap((name) => (name?.ok ? [name.value] : [])).join(' ');

/** The profile that counts: the one that the configuration names, else the one that the GPUs make up; with its pins. */
export const resolveProfile = ({ pins = {}, ...question }: Question & { readonly pins?: Pins | undefined }): Profile =>
  withPins(namedOrMatched(question), pins);

const namedOrMatched = (o: Question): Profile => {
  if (o.configured === undefined) return matchProfile(o, o.siteProfiles);
  const machine = findMachine(o.configured, o.siteProfiles);
  if (!machine) {
    const known = machineIds(o.siteProfiles).join(', ');
    return {
      ...genericProfile(undefined, undefined),
      id: o.configured,
      configured: true,
      conflict: `no machine profile is named ${o.configured}; known are ${known}`,
    };
  }
  const groups = productGroups(o);
  const own = groups.find((group) => hasProduct(machine, group));
  const product = own?.product ?? productRecord({ product: machine.products?.[0] });
  const profile: Profile = { ...machineProfile(machine, product), configured: true };
  const conflict = (described: string, found: string): Profile => ({
    ...profile,
    conflict: `the configuration says ${machine.id} (${described}), but the machine ${found}`,
  });
  // No GPU at all is for the checks that count them; other GPUs than configured are a conflict.
  if (groups.length > 0 && own === undefined && profile.products.length > 0)
    return conflict(profile.products.join(' or '), `has ${inWords(o)}`);
  // A DGX is an HGX machine too; the other way round the firmware says otherwise.
  if (isSystem(machine, o) === false)
    return conflict(`${machine.system?.vendor} ${machine.system?.products.join(' or ')}`, `is a ${systemInWords(o)}`);
  return profile;
};
