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
  'ethernet-statistics',
  'roce',
  'kernel-log',
  'hwmon',
  'host-pressure',
  'tasks',
  'host-memory',
  'cpus',
  'clock',
  'mounts',
  'filesystems',
  'nvme',
  'raid',
  'inventory',
  'host-versions',
  'edac',
  'services',
  'kernel-modules',
  'pci-acs',
] as const;

/** The tools whose path a configuration may give: all that Muster runs by name. */
export const TOOLS = [
  'nvidia-smi',
  'ibstat',
  'systemd-notify',
  'chronyc',
  'timedatectl',
  'df',
  'systemctl',
  'lspci',
  'ethtool',
  'dcb',
] as const;
