import type { Fact, NvmeDrive, RaidArray } from '../../src/api.ts';
import { knownOf } from './readings.ts';
import { stay } from './rules.ts';
import { bytesText } from './sizes.ts';

/** `nvme3 (SAMSUNG MZWLO3T8HCLS-00A07, serial S6RYNX0T1, 3.84 TB)`: what a technician looks for. */
export const describe = ({ name, model, serial, namespaces }: NvmeDrive): string => {
  const sizes = namespaces.ok ? knownOf(namespaces.value.map(({ bytes }) => bytes)).filter((bytes) => bytes > 0) : [];
  const known = [
    ...knownOf([model]),
    ...knownOf([serial]).map((printed) => `serial ${printed}`),
    ...sizes.map(bytesText),
  ];
  return known.length === 0 ? name : `${name} (${known.join(', ')})`;
};

/** What helps to find the part; the kernel knows it by a name that may be another one after the next boot. */
export const whereabouts = ({ name, ref }: NvmeDrive): Readonly<Record<string, string>> => ({
  drive: name,
  ...(ref.serial === undefined ? {} : { serial: ref.serial }),
  ...(ref.pciBusId === undefined ? {} : { pci_bus_id: ref.pciBusId }),
});

/** The drive that the kernel speaks of, by its own name or by that of its blocks. */
export const driveOf = (device: string, drives: readonly NvmeDrive[]): NvmeDrive | undefined =>
  drives.find((drive) => drive.name === device || blocksOf(drive).includes(device));

/** Its block devices, as kernel messages and arrays name them. */
export const blocksOf = ({ name, namespaces }: NvmeDrive): readonly string[] =>
  namespaces.ok && namespaces.value.length > 0 ? namespaces.value.map((one) => one.name) : [`${name}n1`];

const WITH_REDUNDANCY = /^raid(?:1|4|5|6|10)$/;

/** The mirror of a drive goes on without it: it is to be replaced, and no job needs to stay away. */
export const mildWhereMirrored = (blocks: readonly string[], raids: Fact<readonly RaidArray[]>) => {
  const isOn = (member: string): boolean => blocks.some((block) => member === block || isPartOf(member, block));
  const arrays = raids.ok ? raids.value.filter(({ members }) => members.some(({ name }) => isOn(name))) : [];
  const goesOn = ({ level, state }: RaidArray): boolean =>
    state === 'active' && level.ok && WITH_REDUNDANCY.test(level.value);
  if (arrays.length === 0 || !arrays.every(goesOn)) return {};
  return { override: { severity: 'WARNING', action: stay('service') } } as const;
};

/** `nvme1n1p2` of `nvme1n1`. */
const isPartOf = (name: string, block: string): boolean => name.startsWith(`${block}p`);
