import { readFileSync } from 'node:fs';
import { type MockSpec, machinePart, parseFaultSpec } from './fault-spec.ts';
import { loadMachine } from './load-machine.ts';
import { bad, type Result } from './result.ts';

const isFile = (name: string): boolean => name.includes('/') || /\.(ya?ml|json)$/.test(name);

/**
 * `MACHINE[+FAULT…]` with MACHINE a built-in name or a file (`./ours.yaml+lost@gpu1`); `machineFile` says where the
 * machine is described and lets MACHINE be any name.
 */
export const resolveMock = (spec: string, machineFile?: string): Result<MockSpec> => {
  const first = machinePart(spec);
  const file = machineFile ?? (isFile(first) ? first : undefined);
  if (file === undefined) return parseFaultSpec(spec);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return bad(`${file}: cannot read the machine: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
  const machine = loadMachine(text, file);
  return machine.ok ? parseFaultSpec(spec, machine.value) : machine;
};
