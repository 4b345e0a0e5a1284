import { type MockSpec, parseFault } from './fault-spec.ts';
import { gpuReset } from './faults/gpu-reset.ts';
import { componentNames, type FaultRequest, findFault, isOngoing } from './faults.ts';
import type { MachineSpec } from './machine.ts';
import { bad, good, type Result } from './result.ts';

/** A change of what is wrong with a machine at a moment (Unix ms), or one line that says why there is none. */
export type FaultChange = (mock: MockSpec, written: string, atMs: number) => Result<MockSpec>;

/** `gpu3`, also where the fault took the default; nothing for the whole node. */
const componentOf = (machine: MachineSpec, { name, component }: FaultRequest): string | undefined => {
  const fault = findFault(name);
  return component ?? (fault && componentNames(machine, fault)[0]);
};

const spelled = (machine: MachineSpec, request: FaultRequest): string => {
  const component = componentOf(machine, request);
  return component === undefined ? request.name : `${request.name}@${component}`;
};

const end = (
  faults: readonly FaultRequest[],
  atMs: number,
  which: (request: FaultRequest) => boolean,
): FaultRequest[] =>
  faults.map((request) => (isOngoing(request, atMs) && which(request) ? { ...request, untilMs: atMs } : request));

const endedByReset =
  (machine: MachineSpec, gpu: string | undefined) =>
  (request: FaultRequest): boolean => {
    const fault = findFault(request.name);
    return fault?.component === 'gpu' && !fault.survivesReset && componentOf(machine, request) === gpu;
  };

/** Adds `xid79@gpu3` from this moment on. A fault that lasts cannot be there twice; an Xid can happen again. */
export const injectFault: FaultChange = ({ machine, faults }, written, atMs) => {
  const parsed = parseFault(machine, written);
  if (!parsed.ok) return parsed;
  const name = spelled(machine, parsed.value);
  const request: FaultRequest = { ...parsed.value, sinceMs: atMs };
  const fault = findFault(request.name);
  if (fault === gpuReset) {
    const rest = end(faults, atMs, endedByReset(machine, componentOf(machine, request)));
    return good({ machine, faults: [...rest, { ...request, untilMs: atMs }] });
  }
  const twice = faults.some((other) => isOngoing(other, atMs) && spelled(machine, other) === name);
  if (twice && !fault?.event) return bad(`fault "${name}" is there already; recover it before you inject it again`);
  return good({ machine, faults: [...faults, request] });
};

/** Ends `xid79@gpu3`, of the command line or injected; what it has counted and said stays. */
export const recoverFault: FaultChange = ({ machine, faults }, written, atMs) => {
  const parsed = parseFault(machine, written);
  if (!parsed.ok) return parsed;
  const name = spelled(machine, parsed.value);
  const ongoing = faults.filter((request) => isOngoing(request, atMs)).map((request) => spelled(machine, request));
  if (!ongoing.includes(name))
    return bad(
      `fault "${name}" is not there; ${ongoing.length > 0 ? `there are ${[...new Set(ongoing)].join(', ')}` : 'nothing is'}`,
    );
  return good({ machine, faults: end(faults, atMs, (request) => spelled(machine, request) === name) });
};
