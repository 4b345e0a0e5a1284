import { toJsonSchema } from '@valibot/to-json-schema';
import type { AnyCheck } from '../api.ts';
import { ENVIRONMENT } from '../config/environment.ts';
import { configSchema } from '../config/schema.ts';
import { GENERATED, table } from './markdown.ts';

/** docs/muster.schema.json: what editors check a muster.yaml against. */
export const configurationSchema = (checks: readonly AnyCheck[]): string =>
  `${JSON.stringify(toJsonSchema(configSchema(checks), { errorMode: 'ignore' }), null, 2)}\n`;

const EXAMPLE = `machine: hgx-h100-8          # what this node must be; without it the GPUs decide
kernel_log: {trust: kernel}  # any: believe Xids that a user wrote to /dev/kmsg (rehearsals)
gpus: expected               # none: a node without GPUs is ready
tools: {nvidia-smi: /usr/bin/nvidia-smi}
sources:
  kernel-log: {optional: true}    # a container without /dev/kmsg: its checks are SKIPPED, not UNKNOWN
  infiniband: {every: 30s}
nics:
  roles:
    - {match: 'mlx5_bond_*', role: storage}
checks:
  thermal/hot-gpus: {mode: observe}   # reported, but does not count
  gpu/persistence-mode-off: {mode: off}
plugins: {directory: /etc/muster/checks.d}  # checks of your own, see plugins.md
validation: {schedule: '0 3 * * *', level: prejob}
web:
  listen: 127.0.0.1:9780
  config_file: /etc/muster/web.yml  # TLS and passwords, see web.md
control: {group: gpuadmin}    # whose members may use muster.sock, see sockets.md
events: {max_mb: 16, max_age: 35d}
guard: {cpu_percent: 10}      # above it optional sources are not asked; memory_mb: else the limit of the control group
metrics: {detail: standard}
stragglers: {enabled: true}   # false: no nvidia-smi that runs on (it holds the driver, as every monitor does)
jobs: {mapping_directory: /run/dcgm-job-maps}  # as dcgm-exporter's --hpc-job-mapping-dir; else by the processes alone
log: {level: info, format: text}  # without format: text for a terminal and the journal, JSON elsewhere`;

/** docs/configuration.md. */
export const configurationPage = (): string =>
  [
    GENERATED,
    '# Configuration',
    'In this order, later wins: `/etc/muster/muster.yaml`, `/etc/muster/conf.d/*.yaml`, the environment, flags. `--config FILE` stands for all the files. Nothing needs to be configured. Options of the checks, with units, defaults and sources, are in [checks.md](checks.md); a JSON Schema for editors is [muster.schema.json](muster.schema.json). A machine profile of your own goes to `/etc/muster/profiles/*.yaml`.',
    `\`\`\`yaml\n${EXAMPLE}\n\`\`\``,
    '## Environment',
    table(
      ['variable', 'setting'],
      Object.entries(ENVIRONMENT).map(([name, path]) => [`\`${name}\``, `\`${path.join('.')}\``]),
    ),
    'The agent reads the configuration again on SIGHUP (`systemctl reload muster`) or `muster control reload`. One that cannot be used is refused with its line, the one before it stays in force, and `muster_config_last_reload_successful`, `host/agent-degraded` and `muster events --type config_refused` say so. Addresses, directories, tools and the log format change at the next start.',
    'Roots, for containers and tests: `MUSTER_SYSFS_ROOT`, `MUSTER_PROC_ROOT`, `MUSTER_KMSG` (the device, or a file of records). The node is named by the configuration, else `SLURMD_NODENAME`, `NODE_NAME`, the host name. Under `--mock` the state and runtime directories are temporary unless the configuration or the environment sets them.',
  ]
    .join('\n\n')
    .concat('\n');
