import { componentNames, FAULTS, type FaultRequest, faultApplies, findFault } from './faults.ts';
import type { MachineSpec } from './machine.ts';
import { builtInMachine } from './machines.ts';
import { bad, good, type Result } from './result.ts';
import { nearest, unknownName } from './suggest.ts';

/** A simulated machine and what is wrong with it. */
export interface MockSpec {
  readonly machine: MachineSpec;
  readonly faults: readonly FaultRequest[];
}

/** `xid79@gpu3` for a machine; the component must be one that the fault can break. */
export const parseFault = (machine: MachineSpec, written: string): Result<FaultRequest> => {
  const [name = '', component, ...more] = written.split('@');
  if (name === '' || component === '' || more.length > 0)
    return bad(`"${written}": a fault is written FAULT[@COMPONENT]`);
  if (!findFault(name))
    return bad(
      unknownName(
        'fault',
        name,
        FAULTS.map((fault) => fault.name),
      ),
    );
  const fitting = faultApplies(machine, name);
  if (!fitting.ok) return fitting;
  if (component === undefined) return good({ name });
  const components = componentNames(machine, fitting.value);
  if (components.length === 0)
    return bad(`fault "${name}" is about the whole node and takes no component, not "@${component}"`);
  if (components.includes(component)) return good({ name, component });
  const near = nearest(component, components);
  const hint = near ? ` Did you mean "@${near}"?` : '';
  return bad(`fault "${name}": ${machine.name} has no "${component}".${hint} It has ${components.join(', ')}`);
};

/** The first part of `MACHINE+FAULT[@COMPONENT]…`: a built-in machine, or a file of one. */
export const machinePart = (spec: string): string => spec.split('+')[0] ?? '';

/** `hgx-h100-8+xid79@gpu3+ib-down@mlx5_2`; with `machine` given, its name in the text is not looked up. */
export const parseFaultSpec = (spec: string, machine?: MachineSpec): Result<MockSpec> => {
  const [name = '', ...written] = spec.split('+');
  const found = machine ? good(machine) : builtInMachine(name);
  if (!found.ok) return found;
  const faults: FaultRequest[] = [];
  for (const part of written) {
    const fault = parseFault(found.value, part);
    if (!fault.ok) return fault;
    faults.push(fault.value);
  }
  return good({ machine: found.value, faults });
};
