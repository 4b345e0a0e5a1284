import { FAULTS } from './faults.ts';
import { builtInMachine, MACHINE_NAMES } from './machines.ts';

const TAKES = { gpu: '@gpuN', nic: '@DEVICE', node: '' } as const;

/** What `muster mock` prints without arguments: the machines and the faults. */
export const describeMocks = (): string => {
  const machines = MACHINE_NAMES.map((name) => {
    const machine = builtInMachine(name);
    return `  ${name.padEnd(16)} ${machine.ok ? `${machine.value.gpus.length} x ${machine.value.gpu.product}` : machine.error}`;
  });
  const faults = FAULTS.map(({ name, component, help }) => `  ${`${name}${TAKES[component]}`.padEnd(24)} ${help}`);
  return [
    'Machines',
    ...machines,
    '',
    'Faults, joined with +, for example hgx-h100-8+xid79@gpu3+ib-down@mlx5_2',
    ...faults,
    '',
  ].join('\n');
};
