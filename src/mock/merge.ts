import * as v from 'valibot';
import { MachineSchema, type MachineSpec } from './machine.ts';
import { bad, good, type Result } from './result.ts';

type Tree = Readonly<Record<string, unknown>>;
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** `extra` over `base`: objects merge, everything else (lists too) is replaced. */
export const mergeMachines = (base: Tree, extra: Tree): Tree => {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(extra)) {
    const old = merged[key];
    // A different `style` of limits has other keys, so that a merge of the two would fit neither.
    const replaced = isTree(value) && isTree(old) && value.style !== undefined && value.style !== old.style;
    merged[key] = isTree(value) && isTree(old) && !replaced ? mergeMachines(old, value) : value;
  }
  return merged;
};

const duplicate = (values: readonly string[]): string | undefined =>
  values.find((value, i) => values.indexOf(value) !== i);

/** The schema, and what a schema cannot say: identities are unique, NUMA nodes exist. */
export const validateMachine = (value: unknown): Result<MachineSpec> => {
  const parsed = v.safeParse(MachineSchema, value);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    return bad(`${v.getDotPath(issue) ?? '(top)'}: ${issue.message}`);
  }
  const machine = parsed.output;
  const pci = duplicate([...machine.gpus, ...machine.nics, ...machine.nvswitches].map((part) => part.pci));
  if (pci) return bad(`gpus/nics: two parts have the PCI address ${pci}`);
  const device = duplicate(machine.nics.map((nic) => nic.device));
  if (device) return bad(`nics: two NICs are named ${device}`);
  const numaNodes = machine.host.cpuAffinity.length;
  const stray = [...machine.gpus, ...machine.nics].find((part) => part.numaNode >= numaNodes);
  if (stray)
    return bad(`gpus/nics: ${stray.pci} is on NUMA node ${stray.numaNode}, but host.cpuAffinity has ${numaNodes}`);
  return good(machine);
};
