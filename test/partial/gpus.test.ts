import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { selectGpus, withoutForeignGpus } from '../../src/cli/gpu-selection.ts';
import type { FindingReport, VerdictReport } from '../../src/report/verdict-report.ts';
import { judgeMoments, momentsOf, verdictOfSnapshot } from '../support/judge-machine.ts';
import { type RawMachine, simulated } from '../support/raw-machine.ts';
import { haveSamples, sample } from '../support/samples.ts';
import {
  answering,
  bareXml,
  changed,
  guest,
  inMigMode,
  passingThrough,
  product,
  saying,
  seeing,
  slice,
  unwired,
  vgpu,
  withoutNvlink,
  XML,
  xml,
} from './shapes.ts';

const shortName = ({ component }: FindingReport): string =>
  component.index === undefined
    ? (component.device ?? component.pci_bus_id ?? component.kind)
    : `${component.kind}${component.index}`;

/** Everything that is not a pass: `CRITICAL gpu/lost-gpus lost gpu3`, `UNKNOWN gpu/ecc-errors`. */
const saidBy = (verdict: VerdictReport): readonly string[] =>
  verdict.checks.flatMap(({ id, severity, findings }) => [
    ...findings.map((one) => `${one.severity} ${id} ${one.code} ${shortName(one)}`),
    ...(severity === 'UNKNOWN' ? [`UNKNOWN ${id}`] : []),
  ]);

const UNKNOWN_MACHINE = 'INFO host/unknown-machine unknown-machine node';

const H100 = simulated('hgx-h100-8');
const A100 = simulated('hgx-a100-8');
const L40S = simulated('l40s-8');
const all = (count: number): readonly number[] => Array.from({ length: count }, (_, place) => place);

/** A machine that is well, and what its verdict may still mention. */
interface Healthy {
  readonly on: RawMachine;
  readonly profile: string;
  readonly mentions?: readonly string[];
}

const widthOf = (count: number): readonly string[] =>
  all(count).map((gpu) => `INFO gpu/pcie-degraded width-reduced gpu${gpu}`);

const narrow = saying('current_link_width', '8x');

/** Two cards of two generations in one box. */
const MIXED = changed(
  L40S,
  slice(2),
  xml((text) => {
    const [head = '', first = '', second = ''] = text.split(/(?=\t<gpu id=)/);
    return head + product('Tesla T4', '1EB8')(first) + product('NVIDIA A100 80GB PCIe', '20B5')(second);
  }),
);

const healthy: Readonly<Record<string, Healthy>> = {
  'all GPUs in MIG mode': { on: inMigMode(H100), profile: 'hgx-h100-8' },
  'A100s in MIG mode': { on: inMigMode(A100), profile: 'hgx-a100-8' },
  'the guest of one vGPU': {
    on: changed(A100, slice(1), vgpu('NVIDIA A100-40C')),
    profile: 'generic:NVIDIA A100-40C',
    mentions: [UNKNOWN_MACHINE],
  },
  'the guest of eight vGPUs': {
    on: changed(A100, vgpu('GRID A100D-80C')),
    profile: 'generic:GRID A100D-80C',
    mentions: [UNKNOWN_MACHINE],
  },
  'a guest whose eight GPUs have x8 of x16': {
    on: xml(guest, narrow)(L40S),
    profile: 'l40s-8',
    mentions: widthOf(8),
  },
  'a guest whose eight H100s have x8 of x16': {
    on: xml(guest, narrow)(H100),
    profile: 'hgx-h100-8',
    mentions: widthOf(8),
  },
  'eight cards in slots of x8': { on: xml(narrow)(L40S), profile: 'l40s-8', mentions: widthOf(8) },
  'a guest with two of the eight GPUs': {
    on: changed(H100, slice(2), xml(guest)),
    profile: 'generic:NVIDIA H100 80GB HBM3',
    mentions: [UNKNOWN_MACHINE],
  },
  'a container with two GPUs of a driver that counts eight': {
    on: seeing([0, 1], 8)(H100),
    profile: 'hgx-h100-8',
    mentions: ['INFO gpu/missing-gpus unlisted node'],
  },
  'one L40S': { on: slice(1)(L40S), profile: 'generic:NVIDIA L40S', mentions: [UNKNOWN_MACHINE] },
  'one GH200': { on: simulated('gh200'), profile: 'gh200' },
  'four H100 cards': {
    on: changed(L40S, slice(4), xml(product('NVIDIA H100 PCIe', '2331'))),
    profile: 'generic:NVIDIA H100 PCIe',
    mentions: [UNKNOWN_MACHINE],
  },
  'eight A100 cards': {
    on: changed(L40S, xml(product('NVIDIA A100 80GB PCIe', '20B5'))),
    profile: 'generic:NVIDIA A100 80GB PCIe',
    mentions: [UNKNOWN_MACHINE],
  },
  // Links 4, 5, 10, 11, 16 and 17 are wired to nothing (Azure HPC node health checks, issue 162).
  'a pair of H100 NVL with 12 of 18 links wired': {
    on: changed(
      H100,
      slice(2),
      xml(product('NVIDIA H100 NVL', '233A'), saying('state|status', 'N/A')),
      unwired([4, 5, 10, 11, 16, 17]),
    ),
    profile: 'generic:NVIDIA H100 NVL',
    mentions: [UNKNOWN_MACHINE],
  },
  'four H100 NVL of which two are bridged': {
    on: changed(H100, slice(4), xml(product('NVIDIA H100 NVL', '233A'), saying('state|status', 'N/A')), (machine) =>
      machine.with({
        'commands/nvidia-smi_nvlink_-s.out': (text) => {
          const [one = '', two = '', ...others] = text.split(/(?=^GPU )/m);
          return [one, two, ...others.map((block) => block.replaceAll(/\d+\.\d+ GB\/s/g, '<inactive>'))].join('');
        },
      }),
    ),
    profile: 'generic:NVIDIA H100 NVL',
    mentions: [UNKNOWN_MACHINE],
  },
  'Grace GPUs in PCI domains of their own': { on: simulated('gb300-nvl72'), profile: 'gb300-nvl72' },
  'two GPUs that share a serial number': { on: simulated('gb200-nvl72'), profile: 'gb200-nvl72' },
  'a T4 beside an A100': {
    on: MIXED,
    profile: 'generic',
    mentions: [UNKNOWN_MACHINE],
  },
  'a hypervisor that gave all its GPUs away, its driver idle': {
    on: changed(H100, passingThrough(all(8)), answering('No devices were found', 6)),
    profile: 'generic',
  },
  'a hypervisor that gave all its GPUs away, its driver not loaded': {
    on: changed(
      H100,
      passingThrough(all(8)),
      answering(
        "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.",
        9,
      ),
    ).without('proc/driver/nvidia/version', 'sys/module/nvidia/version'),
    profile: 'generic',
  },
  'a hypervisor that gave half of its GPUs away': {
    on: changed(H100, passingThrough([4, 5, 6, 7]), seeing([0, 1, 2, 3], 4)),
    profile: 'hgx-h100-8',
  },
};

describe('machines that are well, although they say less than others', () => {
  it.each(Object.entries(healthy))('%s', async (_, { on, profile, mentions = [] }) => {
    const verdict = await on.verdict();
    expect(saidBy(verdict)).toEqual(mentions);
    expect(verdict).toMatchObject({ ready: true, node: { profile } });
  });
});

/** A machine with a fault: what must be said, first of all. */
interface Faulty {
  readonly on: RawMachine;
  readonly says: readonly string[];
  /** No GPU answers, or one is lost: what else there is to say of it stays open. */
  readonly open?: true;
}

/** The GPU at this place is on the bus, and the driver does not describe it. */
const vanishing =
  (place: number) =>
  (machine: RawMachine): RawMachine => {
    const kept = all(8).filter((other) => other !== place);
    const count = (machine.moments[0]?.tree.get(XML)?.match(/<gpu id=/g)?.length ?? 0) - 1;
    return seeing(kept, count)(machine);
  };

const faulty: Readonly<Record<string, Faulty>> = {
  'a GPU in MIG mode is missing': {
    on: vanishing(3)(inMigMode(H100)),
    says: ['CRITICAL gpu/missing-gpus not-in-driver 00000000:61:00.0'],
  },
  'a GPU in MIG mode fell off the bus': {
    on: inMigMode(H100).saying(['NVRM: Xid (PCI:0000:61:00): 79, GPU has fallen off the bus.']),
    says: ['CRITICAL gpu/xid-errors fatal-xid gpu3'],
  },
  'a vGPU is gone': {
    on: changed(A100, slice(2), vgpu('NVIDIA A100-40C'), vanishing(1)),
    says: ['CRITICAL gpu/missing-gpus not-in-driver 00000000:0F:00.0'],
  },
  'one GPU of a guest has x4 where the others have x8': {
    on: xml(guest, narrow, (text) => text.replace('<current_link_width>8x', '<current_link_width>4x'))(L40S),
    says: ['CRITICAL gpu/pcie-degraded width-reduced gpu0'],
  },
  'one card has x8 where the others have x16': {
    on: xml((text) => text.replace('<current_link_width>16x', '<current_link_width>8x'))(L40S),
    says: ['CRITICAL gpu/pcie-degraded width-reduced gpu0'],
  },
  'one of eight cards is gone from the driver': {
    on: simulated('l40s-8+missing@gpu5'),
    says: ['CRITICAL gpu/missing-gpus not-in-driver 00000000:A7:00.0'],
  },
  // PCIe servers come with any number of cards.
  'one of eight cards is gone from the bus': {
    on: slice(7)(L40S),
    says: ['WARNING gpu/missing-gpus below-profile node'],
  },
  'one of eight GPUs of a board is gone from the bus': {
    on: slice(7)(H100),
    says: ['CRITICAL gpu/missing-gpus below-profile node'],
  },
  'the only GPU is gone from the driver': {
    on: answering('No devices were found', 6)(simulated('gh200')),
    says: ['CRITICAL gpu/missing-gpus not-in-driver 00000009:01:00.0'],
    open: true,
  },
  'a container: a GPU of its own is lost': {
    on: seeing([2, 3], 8)(simulated('hgx-h100-8+lost@gpu3')),
    says: ['CRITICAL gpu/lost-gpus lost gpu1'],
    open: true,
  },
  'a container: the driver counts fewer than the bus': {
    on: seeing([0, 1], 7)(H100),
    says: ['UNKNOWN gpu/missing-gpus'],
  },
  'a Grace GPU is missing': {
    on: simulated('gb300-nvl72+missing@gpu2'),
    says: ['CRITICAL gpu/missing-gpus not-in-driver 00000018:06:00.0'],
  },
  'one of two GPUs that share a serial number is lost': {
    on: simulated('gb200-nvl72+lost@gpu1'),
    says: ['CRITICAL gpu/lost-gpus lost gpu1'],
    open: true,
  },
  'an H100 NVL of four lost a link': {
    on: changed(
      H100,
      slice(4),
      xml(product('NVIDIA H100 NVL', '233A'), saying('state|status', 'N/A')),
      unwired([4, 5, 10, 11, 16, 17]),
      (machine) =>
        machine.with({
          'commands/nvidia-smi_nvlink_-s.out': (text) => text.replace(/Link 3: \S+ GB\/s/, 'Link 3: <inactive>'),
        }),
    ),
    says: ['CRITICAL gpu/nvlink-down links-down gpu0'],
  },
  'one of the GPUs that the hypervisor kept is missing': {
    on: changed(H100, passingThrough([4, 5, 6, 7]), seeing([0, 1, 2], 3)),
    says: ['CRITICAL gpu/missing-gpus not-in-driver 00000000:61:00.0'],
  },
  'the T4 beside an A100 is missing': {
    on: vanishing(0)(MIXED),
    says: ['CRITICAL gpu/missing-gpus not-in-driver 00000000:16:00.0'],
  },
  'a GPU that no driver took': {
    on: changed(H100, vanishing(3)).with({
      'sys/bus/pci/devices/0000:61:00.0/uevent': (text) => text.replace('DRIVER=nvidia\n', ''),
    }),
    says: ['CRITICAL gpu/missing-gpus not-in-driver 00000000:61:00.0'],
  },
};

describe('the same machines with a fault', () => {
  it.each(Object.entries(faulty))('%s', async (_, { on, says, open }) => {
    const verdict = await on.verdict();
    const grave = saidBy(verdict).filter((line) => !line.startsWith('INFO'));
    for (const line of says) expect(grave).toContain(line);
    expect(grave.filter((line) => !says.includes(line) && !(open === true && line.startsWith('UNKNOWN')))).toEqual([]);
    expect(verdict.ready).toBe(!says.some((line) => /^(CRITICAL|UNKNOWN)/.test(line)));
  });
});

describe('a container that is told which GPUs are its own', () => {
  const judged = async (wanted: readonly string[]): Promise<VerdictReport> => {
    const own = seeing([0, 1], 2)(H100);
    const snapshot = withoutForeignGpus(await judgeMoments(own.moments), { from: 'NVIDIA_VISIBLE_DEVICES', wanted });
    return verdictOfSnapshot(snapshot);
  };

  it('misses none of the others', async () => {
    const verdict = await judged(['0', '1']);
    expect(saidBy(verdict)).toEqual([]);
    expect(verdict.ready).toBe(true);
    const missing = verdict.checks.find(({ id }) => id === 'gpu/missing-gpus');
    expect(missing).toMatchObject({ severity: 'SKIPPED', reason: expect.stringContaining('NVIDIA_VISIBLE_DEVICES') });
  });

  it('misses them where they are its own, too', async () => {
    const verdict = await judged(['0']);
    expect(saidBy(verdict)).toContain('CRITICAL gpu/missing-gpus not-in-driver 00000000:61:00.0');
  });

  it('asks about a GPU that is not there as about no GPU of this node', async () => {
    const { facts } = await judgeMoments(momentsOf('hgx-h100-8', [0]));
    const refs = facts.gpus?.ok === true ? facts.gpus.value.map(({ ref }) => ref) : [];
    expect(() => selectGpus({ from: '--gpus', wanted: ['9'] }, refs)).toThrow(/matches none/);
  });
});

const fixture = (name: string): string =>
  readFileSync(join(resolve(import.meta.dirname, '../fixtures/nvidia-smi'), name), 'utf8');

describe('bare output of nvidia-smi -q -x', () => {
  it('of an A100 in MIG mode: its processes, and nothing else', async () => {
    const verdict = await bareXml(fixture('a100-mig-515.xml')).verdict();
    expect(saidBy(verdict)).toEqual(['INFO gpu/leftover-processes leftover gpu0', UNKNOWN_MACHINE]);
  });

  it('of a V100 with pages to retire: the retirement, and what else this board prints', async () => {
    const said = saidBy(await bareXml(fixture('v100-470.xml')).verdict());
    expect(said).toContain('WARNING gpu/row-remaps retirement-pending gpu0');
    expect(said.filter((line) => /CRITICAL|UNKNOWN/.test(line))).toEqual([]);
  });

  it('of a V100 without pages to retire: no word of retirement', async () => {
    const text = saying('pending_retirement|pending_blacklist', 'No')(fixture('v100-470.xml'));
    const said = saidBy(await bareXml(text).verdict());
    expect(said.filter((line) => line.includes('row-remaps'))).toEqual([]);
  });

  it('of a workstation without NVLink, ECC or margin: what a card may be without', async () => {
    const card = changed(
      slice(1)(L40S),
      withoutNvlink,
      xml(
        product('NVIDIA GeForce RTX 3090', '2204'),
        saying('product_architecture', 'Ampere'),
        saying('current_ecc|pending_ecc|sram_\\w+|dram_correctable|dram_uncorrectable', 'N/A'),
        saying('gpu_temp_tlimit|gpu_temp_\\w+_threshold', 'N/A'),
        (text) => text.replaceAll(/<remapped_rows>[\s\S]*?<\/remapped_rows>/g, '<remapped_rows>N/A</remapped_rows>'),
      ),
    );
    const text = card.moments.at(-1)?.tree.get(XML) ?? '';
    expect(saidBy(await bareXml(text).verdict())).toEqual([UNKNOWN_MACHINE]);
  });

  const real: Readonly<Record<string, readonly string[]>> = {
    'hw-h100-580.105.08.xml': [],
    'hw-gb200-580.173.02.xml': [],
    'hw-a100-570.148.08.xml': [UNKNOWN_MACHINE],
    'hw-l40s-595.91.07.xml': [...widthOf(1), UNKNOWN_MACHINE],
    '3090-v13.xml': [UNKNOWN_MACHINE],
    'dual_2070-v13.xml': [...widthOf(2), UNKNOWN_MACHINE],
    'rtx-3060-v12.xml': [UNKNOWN_MACHINE],
    'pro-6000-maxq-blackwell-v13.xml': [
      'INFO gpu/ecc-errors ecc-disabled gpu0',
      'INFO gpu/leftover-processes leftover gpu0',
      UNKNOWN_MACHINE,
    ],
    'tesla-t4.xml': [
      ...widthOf(1),
      'INFO gpu/leftover-processes leftover gpu0',
      'INFO gpu/persistence-mode-off off gpu0',
      UNKNOWN_MACHINE,
    ],
  };
  const found = haveSamples('nvsmi-xml');
  it.skipIf(!found).each(Object.entries(real))(
    `of a real machine, %s${found ? '' : ' (skipped: no samples folder)'}`,
    async (file, says) => {
      expect(saidBy(await bareXml(sample('nvsmi-xml', file)).verdict())).toEqual(says);
    },
  );

  it.skipIf(!found)('of a real machine that lost a GPU: the one that is gone', async () => {
    const text = sample('nvsmi-xml', 'hw-h100-580.105.08.xml').replace(/\t<gpu id="[^"]*">[\s\S]*?<\/gpu>\n/, '');
    const said = saidBy(await bareXml(text.replace('<attached_gpus>8', '<attached_gpus>7')).verdict());
    expect(said).toEqual(['CRITICAL gpu/missing-gpus below-profile node']);
  });
});
