import { toJsonSchema } from '@valibot/to-json-schema';
import type { AnyCheck } from '../api.ts';
import { ENVIRONMENT } from '../config/environment.ts';
import { configSchema } from '../config/schema.ts';
import { GENERATED, table } from './markdown.ts';

/** docs/muster.schema.json: what editors check a muster.yaml against. */
export const configurationSchema = (checks: readonly AnyCheck[]): string =>
  `${JSON.stringify(toJsonSchema(configSchema(checks), { errorMode: 'ignore' }), null, 2)}\n`;

const EXAMPLE = `machine: hgx-h100-8          # what this node must be; without it the GPUs decide
pins: {driver: 580.105.08, nic-firmware: [28.43.2026, 28.44.1036]}  # also vbios, inforom, kernel, bios; a list while an upgrade rolls
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
  thermal/thermal-throttle:
    contexts: [continuous]            # where it counts, of the contexts in which it can run: here not before a job
    options: {share: 0.05}            # with the unit and within the range that checks.md states
suppressions:                         # what is known and being dealt with: shown, but counts for nothing until then
  - {check: 'thermal/*', component: gpu2, owner: ann, reason: fan ordered, until: 2026-12-01T08:00:00Z}
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
    'In this order, later wins: `/etc/muster/muster.yaml`, `/etc/muster/conf.d/*.yaml`, the environment, flags. `--config FILE` stands for all the files. Nothing needs to be configured. Options of the checks, with units, defaults and sources, are in [checks.md](checks.md); a JSON Schema for editors is [muster.schema.json](muster.schema.json). A machine profile of your own goes to `/etc/muster/profiles/*.yaml`, see [profiles.md](profiles.md).',
    `\`\`\`yaml\n${EXAMPLE}\n\`\`\``,
    '## Environment',
    table(
      ['variable', 'setting'],
      Object.entries(ENVIRONMENT).map(([name, path]) => [`\`${name}\``, `\`${path.join('.')}\``]),
    ),
    'The agent reads the configuration again on SIGHUP (`systemctl reload muster`) or `muster control reload`. One that cannot be used is refused with its line, the one before it stays in force, and `muster_config_last_reload_successful`, `host/agent-degraded` and `muster events --type config_refused` say so. `node.name`, `web`, `state_dir`, `runtime_dir`, `tools`, `control.group`, `log.format`, `events` and `stragglers.enabled` change at the next start.',
    '## Which findings count',
    'A finding holds a node back where its check is in mode `enforce` and nobody has suppressed it. `mode: observe` shows it and lets it count for nothing; `mode: off` does not look; `contexts` keeps a check out of `continuous` (the agent), `prejob` (`muster validate`), `deep` or `job`. It can only narrow: a context in which a check cannot run is an error.',
    'A suppression names a check (or a glob), perhaps a part (`gpu3`, a UUID, a PCI address, `mlx5_2`, `node`), who is behind it, why, and until when (RFC 3339). One that names a part takes out of account what nobody can say of that part, too, so that a lost GPU does not keep its siblings from work; what is not known of the node stays UNKNOWN. One that has ended hides nothing; `muster doctor` and the log of the agent say that it is still there. Each file adds its own to those of the others; every other list replaces the one before it. `muster suppress` does the same by hand for the running agent; a `muster validate` beside it honours both, and where the agent is not asked (`--max-age`) what it left in its state directory counts. An unprivileged user has a state directory of their own, and sees only what the configuration states.',
    '**The kill switch.** While `/etc/muster/disabled` is there (`MUSTER_DISABLED_FILE` names another file), nothing is enforced on the node: `validate` judges and shows as ever but exits with 0, `-o nagios` and `-o npd` too, `-o junit` has no failures, and the Slurm prolog lets every job start. `ready` is then true in JSON, the severity stays, and `enforcement` says `{enabled: false, reason, file}`. Text, `nagios`, `npd` (as far as its 80 bytes reach) and `junit` say NOT ENFORCED with the first line of the file, never READY or OK, so write there why: `echo "driver rollout, ticket 17" > /etc/muster/disabled`. `muster_enforcement_enabled` is 0, `muster doctor` exits with 1. A file that is there but cannot be read counts, and so does one of which nobody can tell whether it is there: who pulls it does so because enforcing harms.',
    '`muster doctor` shows the configuration in force with the file, line or variable behind each setting, and what each source and check lacks here.',
    'Roots, for containers and tests: `MUSTER_SYSFS_ROOT`, `MUSTER_PROC_ROOT`, `MUSTER_KMSG` (the device, or a file of records). The node is named by the configuration, else `SLURMD_NODENAME`, `NODE_NAME`, the host name. Under `--mock` the state and runtime directories are temporary unless the configuration or the environment sets them.',
  ]
    .join('\n\n')
    .concat('\n');
