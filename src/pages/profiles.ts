import {
  allMachines,
  type DescribedProduct,
  describeProduct,
  describeProfile,
  type ProfileEntry,
  products,
} from '../knowledge/profiles/index.ts';
import { GENERATED, table } from './markdown.ts';

const INTRODUCTION = `A machine profile says what a kind of machine should be: how many GPUs, NVLinks and NICs it has, how wide their links are, which services run. What the machine itself shows, its siblings for example, always counts more. Every number has a source and a confidence:

- **specified**: by its maker, or by the site that wrote the profile.
- **measured**: read on real machines.
- **assumed**: true on some machines of the kind only. It never makes more than a WARNING.

What nobody can source is left out, and then nothing is expected. \`muster explain profile ID\` prints the same as this page for one profile, also for one of your own.

## How a machine is recognised

By its GPUs: PCI device and subsystem id, else the exact product name that nvidia-smi prints. No part of a name counts, since "GH200" contains "H200". The most frequent product speaks for the machine, and more than half of the GPUs must be there: clouds sell halves and quarters of these machines, whole and healthy. A vGPU is no board, whatever device id it has.

Machines that have the same GPUs are told apart by what their firmware says (\`/sys/class/dmi/id/sys_vendor\` and \`product_name\`): a DGX H100 is an HGX H100 board in a chassis of NVIDIA's. Where it cannot be read, or a hypervisor shows a machine of its own making, the HGX profile holds, whose expectations a DGX fulfils too.

\`--machine ID\` or \`machine: ID\` in muster.yaml names the profile. A node that is another machine is then CRITICAL \`wrong-machine\`; a DGX that is configured as its HGX board is none. Without a match only the numbers of the GPU product count, and the verdict says INFO \`unknown-machine\`.`;

const OWN = `## A profile of your own

One YAML file a profile in \`/etc/muster/profiles/\` (or \`MUSTER_PROFILES_DIR\`). It comes before the built-in ones; with the \`id\` of a built-in one it takes its place. A mistake stops Muster with \`file:line:column path: what is wrong\`.

\`\`\`yaml
id: pod-a                      # lower case letters, digits, dots and hyphens
extends: hgx-h100-8            # what this file does not say is taken from there
gpu:
  power_limit_watts: 650       # a bare value is what the site specifies
nics:                          # a list is replaced as a whole, never merged
  - role: compute              # compute, storage, management
    count: 8
    rate_gbps: { value: 400, source: port list of the fabric team, confidence: specified }
services: [nvidia-fabricmanager.service, nvidia-persistenced.service]
kernel_modules: [nvidia, mlx5_core, mlx5_ib]
mounts: [/scratch]
pins:
  driver: 580.105.08           # driver, vbios, inforom, nic-firmware, kernel, bios: one version, or a list of them; any other is a finding
\`\`\`

Further keys: \`title\`, \`products\` (exact product names), \`system\` (\`vendor\` and \`products\`, as the firmware says them), \`fabric\` (none, hgx, nvl72), \`gpu.{count, pcie_generation, pcie_width, nvlinks, nvlink_gbps, max_sm_mhz, memory_mib}\`, \`nics[].{pcie_generation, pcie_width}\`, \`host.{cpus, numa_nodes, memory_bytes, nvme_drives}\`, \`limits\`.

## Capturing one

\`muster profile capture -o /etc/muster/profiles/pod-a.yaml --id pod-a\` writes the profile of the machine it runs on; with \`--mock\` that of a simulated machine, with \`--from RECORDING\` that of a recorded one. Every number says on which node and when it was measured, and is no assumption: fewer GPUs, NVLinks, compute NICs, NVMe drives or mounts are then CRITICAL; fewer CPUs, less memory, a service or a module that is gone are WARNING. What could not be read is a comment with the reason, and so are the versions, for who wants to pin them.

A sick machine must not become the norm. Capture one that is known to be good. What the verdict finds on it is said on standard error and at the top of the file; where one GPU is worse than its siblings the siblings count. A count, a link or a rate below what the maker specifies is left out; a power limit, a clock or the memory of a GPU below it is kept, with a remark beside it.`;

const valueText = ({ value }: ProfileEntry): string =>
  typeof value === 'object' ? value.map((name) => `\`${name}\``).join(', ') || 'none' : String(value);

const entryTable = (entries: readonly ProfileEntry[]): string =>
  table(
    ['what', 'value', 'confidence', 'source'],
    entries.map((entry) => [`\`${entry.name}\``, valueText(entry), entry.confidence, entry.source]),
  );

const productTitle = ({ names, pciSubsystemIds }: DescribedProduct): string =>
  `${names[0]}${pciSubsystemIds.length === 0 ? '' : ` (subsystem ${pciSubsystemIds.join(', ')})`}`;

/** docs/profiles.md: every machine profile with its numbers, how it is recognised, how to write or capture one. */
export const profilesPage = (): string =>
  [
    GENERATED,
    '# Machine profiles',
    INTRODUCTION,
    OWN,
    '## Machines',
    ...allMachines([])
      .map(describeProfile)
      .map((profile) =>
        [
          `### ${profile.id}`,
          `**${profile.title}.** Recognised by: ${profile.recognisedBy}${profile.extends === undefined ? '' : ` Builds upon \`${profile.extends}\`.`}`,
          entryTable(profile.entries),
        ].join('\n\n'),
      ),
    '## GPUs',
    'These numbers hold in every machine; those above come first.',
    ...products
      .map(describeProduct)
      .map((product) =>
        [
          `### ${productTitle(product)}`,
          `Printed as ${product.names.join(' or ')}; PCI device ${product.pciDeviceIds.join(', ')}.`,
          entryTable(product.entries),
        ].join('\n\n'),
      ),
  ]
    .join('\n\n')
    .concat('\n');
