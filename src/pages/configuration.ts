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
validation: {schedule: '0 3 * * *', level: prejob}
web: {listen: 127.0.0.1:9780}
metrics: {detail: standard}
log: {level: info}`;

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
    'Roots, for containers and tests: `MUSTER_SYSFS_ROOT`, `MUSTER_PROC_ROOT`, `MUSTER_KMSG` (the device, or a file of records). The node is named by the configuration, else `SLURMD_NODENAME`, `NODE_NAME`, the host name.',
  ]
    .join('\n\n')
    .concat('\n');
