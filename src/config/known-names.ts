/**
 * The sources that a configuration may name: the ids of `src/collectors/index.ts` and of `src/agent/straggler-watch.ts`,
 * which configuration cannot import.
 */
export const SOURCES = [
  'nvidia-smi',
  'nvidia-smi-follow',
  'nvidia-smi-nvlink',
  'nvidia-smi-topo',
  'driver-module',
  'pci',
  'system-identity',
  'infiniband',
  'kernel-log',
  'hwmon',
  'host-pressure',
  'inventory',
] as const;

/** The tools whose path a configuration may give: all that Muster runs by name. */
export const TOOLS = ['nvidia-smi', 'ibstat', 'systemd-notify'] as const;
