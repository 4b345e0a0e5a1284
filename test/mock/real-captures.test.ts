import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { MachineSpec } from '../../src/mock/machine.ts';
import { renderWorld } from '../../src/mock/world.ts';
import { file, machineNamed, START_MS, treeOf, xmlLeaves } from './support.ts';

const SAMPLES = process.env.MUSTER_SAMPLES ?? resolve(import.meta.dirname, '../../../shared/samples');
const there = existsSync(SAMPLES);
const read = (path: string): string => readFileSync(resolve(SAMPLES, path), 'utf8');

const xmlOf = (machine: MachineSpec): string =>
  file(
    renderWorld({ machine, faults: [], seed: 'test', startMs: START_MS, atMs: START_MS }),
    'commands/nvidia-smi_-q_-x.out',
  );

const gpuLeaves = (xml: string): ReadonlyMap<string, string> => {
  const [, first] = xmlLeaves(xml);
  return new Map((first?.[1] ?? []).map((leaf) => [leaf.path, leaf.text]));
};

/** A number with its unit, or the word itself where words are few; anything else is free text. */
const kind = (text: string): string => {
  if (text === '') return 'empty';
  const quantity = /^(?:0x[0-9a-f]+|-?[\d.]+)(?: (.+))?$/.exec(text);
  if (quantity) return `number ${quantity[1] ?? ''}`;
  return text === 'N/A' ? 'N/A' : 'words';
};

/** What differs between machines of one kind: identities, and a guest's view of a virtual machine. */
const OWN = /virtualization_mode|serial|uuid|pdi$|board_id|pci_bus$|pci_device$|latest_timestamp|clusterUuid/i;

describe.skipIf(!there)('the XML has the shape of a real capture (skipped without shared/samples)', () => {
  test.each([
    ['hgx-h100-8', 'hw-h100-580.105.08.xml', '580.105.08'],
    ['gb200-nvl72', 'hw-gb200-580.173.02.xml', '580.173.02'],
    ['hgx-a100-8', 'hw-a100-570.148.08.xml', '570.148.08'],
    // Not the same GPU: only the elements of driver 595 are compared.
    ['gb200-nvl72', 'hw-l40s-595.91.07.xml', '595.91.07'],
  ])('%s against %s', (name, capture, driver) => {
    const ours = gpuLeaves(xmlOf({ ...machineNamed(name), driver }));
    const real = gpuLeaves(read(`nvsmi-xml/${capture}`));
    expect([...ours.keys()]).toEqual([...real.keys()]);
    if (capture.includes('l40s')) return;
    const differing = [...ours].filter(([path, text]) => !OWN.test(path) && kind(text) !== kind(real.get(path) ?? ''));
    expect(differing.map(([path, text]) => `${path}: ours ${text}, real ${real.get(path)}`)).toEqual([]);
  });

  test.each([
    ['hgx-h100-8', 'hw-h100-580.105.08.xml'],
    ['gb200-nvl72', 'hw-gb200-580.173.02.xml'],
    ['hgx-a100-8', 'hw-a100-570.148.08.xml'],
  ])('%s says the same of its limits as %s', (name, capture) => {
    const ours = gpuLeaves(xmlOf(machineNamed(name)));
    const real = gpuLeaves(read(`nvsmi-xml/${capture}`));
    const limits =
      /product_|threshold|max_clocks|power_limit|fb_memory_usage\/total|pci_device_id|link_gen|link_width|remapper_histogram|fabric\/(state|status|health)|ecc|part_number|vbios|inforom_version/;
    const differing = [...ours].filter(([path, text]) => limits.test(path) && text !== real.get(path));
    expect(differing).toEqual([]);
  });
});

describe.skipIf(!there)('the other outputs have the shape of real ones (skipped without shared/samples)', () => {
  const lineShapes = (text: string): Set<string> =>
    new Set(
      text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) =>
          line
            .replace(/'[^']*'/, "''")
            .replace(/:.*/, ':')
            .replace(/\d+/g, 'N')
            .trimEnd(),
        ),
    );

  test('ibstat', () => {
    expect(lineShapes(file(treeOf('hgx-h100-8'), 'commands/ibstat.out'))).toEqual(
      lineShapes(read('ib-ibstat/ibstat-47.0.h100-some.down.0.txt')),
    );
  });

  test('nvlink -s', () => {
    const real = read('nvsmi-nvlink/nvlink-s-h100-80gb-hbm3-590.48.01.txt').trimEnd().split('\n');
    const ours = file(treeOf('hgx-h100-8'), 'commands/nvidia-smi_nvlink_-s.out').split('\n').slice(0, real.length);
    expect(ours.slice(1)).toEqual(real.slice(1));
    expect(ours[0]).toMatch(/^GPU 0: NVIDIA H100 80GB HBM3 \(UUID: GPU-[0-9a-f-]{36}\)$/);
  });
});
