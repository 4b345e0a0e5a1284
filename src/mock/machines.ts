import type { MachineSpec } from './machine.ts';
import dgxB200 from './machines/dgx-b200.json' with { type: 'json' };
import dgxH100 from './machines/dgx-h100.json' with { type: 'json' };
import gb200 from './machines/gb200-nvl72.json' with { type: 'json' };
import gb300 from './machines/gb300-nvl72.json' with { type: 'json' };
import gh200 from './machines/gh200.json' with { type: 'json' };
import a100 from './machines/hgx-a100-8.json' with { type: 'json' };
import b200 from './machines/hgx-b200-8.json' with { type: 'json' };
import b300 from './machines/hgx-b300-8.json' with { type: 'json' };
import h100 from './machines/hgx-h100-8.json' with { type: 'json' };
import h100Roce from './machines/hgx-h100-8-roce.json' with { type: 'json' };
import h200 from './machines/hgx-h200-8.json' with { type: 'json' };
import l40s from './machines/l40s-8.json' with { type: 'json' };
import { mergeMachines, validateMachine } from './merge.ts';
import { bad, type Result } from './result.ts';
import { unknownName } from './suggest.ts';

const BUILT_IN: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'hgx-a100-8': a100,
  'hgx-h100-8': h100,
  'hgx-h100-8-roce': h100Roce,
  'dgx-h100': dgxH100,
  'hgx-h200-8': h200,
  'hgx-b200-8': b200,
  'dgx-b200': dgxB200,
  'hgx-b300-8': b300,
  'gb200-nvl72': gb200,
  'gb300-nvl72': gb300,
  gh200,
  'l40s-8': l40s,
};

/** The machines that Muster can simulate out of the box; named as the profiles, with what is different behind. */
export const MACHINE_NAMES: readonly string[] = Object.keys(BUILT_IN);

/** A machine as written, with its `extends` followed; at most one level deep per file. */
export const resolveMachine = (written: Readonly<Record<string, unknown>>): Result<MachineSpec> => {
  const { extends: base, ...own } = written;
  if (base === undefined) return validateMachine(own);
  const parent = typeof base === 'string' ? BUILT_IN[base] : undefined;
  if (!parent) return bad(`extends: ${unknownName('machine', String(base), MACHINE_NAMES)}`);
  const { extends: grandparent, ...inherited } = parent;
  const root = typeof grandparent === 'string' ? BUILT_IN[grandparent] : undefined;
  return validateMachine(mergeMachines(mergeMachines(root ?? {}, inherited), own));
};

/** One of the built-in machines by name. */
export const builtInMachine = (name: string): Result<MachineSpec> => {
  const written = Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined;
  return written ? resolveMachine(written) : bad(unknownName('machine', name, MACHINE_NAMES));
};
