import { describe, expect, it } from 'vitest';
import { known } from '../../src/api.ts';
import { infiniband } from '../../src/collectors/infiniband.ts';
import { readIbstat } from '../../src/parse/infiniband/ibstat.ts';
import { createEventLog } from '../../src/parse/kernel-log/events.ts';
import { readNvLinks } from '../../src/parse/nvidia-smi/nvlink.ts';
import { readNvidiaSmi } from '../../src/parse/nvidia-smi/read.ts';
import { readTopology } from '../../src/parse/nvidia-smi/topology.ts';
import { machineOf } from '../support/machine-tree.ts';
import { haveSamples, sample, sampleNames, treeOfTarball } from '../support/samples.ts';
import { readTtar } from '../support/ttar.ts';

const NOW = Date.UTC(2026, 8, 1);
const ran = (stdout: string, exitCode = 0) => ({ stdout, stderr: '', exitCode });
const kernelLog = (text: string) => {
  const log = createEventLog();
  log.add(text.split('\n'), { now: NOW, bootedAt: NOW - 86_400_000 });
  return log.take();
};

/** The parser of each folder, for the text of any of its files. */
const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  'nvsmi-xml': (text) => readNvidiaSmi(ran(text)),
  'nvsmi-errors': (text) => readNvidiaSmi(ran(text, 255)),
  'nvsmi-nvlink': (text) => [readNvLinks(ran(text), known(ran(text))), readNvLinks(ran(''), known(ran(text)))],
  'nvsmi-topo': (text) => readTopology(ran(text)),
  'ib-ibstat': (text) => readIbstat(ran(text)),
  'kernel-log': kernelLog,
};

/** As a reader may meet it: whole, cut off, garbled, with the line ends of another system, or printed twice. */
const shapesOf = (text: string): readonly string[] => [
  text,
  ...[0.1, 0.3, 0.5, 0.7, 0.9].map((part) => text.slice(0, Math.floor(text.length * part))),
  text.slice(Math.floor(text.length / 2)),
  text.replaceAll('\n', '\r\n'),
  text.replaceAll(':', '\u0000'),
  text.replaceAll(/\d/g, '9'),
  text + text,
];

/** A reading where something was to be read; never `undefined`, `null` or NaN at any leaf. */
const expectReadings = (value: unknown): void => {
  expect(value).toBeDefined();
  expect(JSON.stringify(value)).not.toMatch(/:null\b/);
};

describe.each(Object.entries(PARSERS))('%s', (folder, parse) => {
  const there = haveSamples(folder);
  it.skipIf(!there).each(there ? sampleNames(folder) : ['(skipped: no samples folder)'])(
    '%s goes through its parser, whole and damaged',
    (name) => {
      for (const text of shapesOf(sample(folder, name))) expectReadings(parse(text));
    },
  );
});

const SYSFS = 'sysfs';
const GPUD = 'components/accelerator/nvidia/infiniband/class/testdata/sys-class-infiniband-h100.0';
describe.skipIf(!haveSamples(SYSFS))(
  `${SYSFS}${haveSamples(SYSFS) ? '' : ' (skipped: no samples folder)'}: trees go through their collector`,
  () => {
    it.each([
      [
        'gpud-sys-class-infiniband-h100.tar.gz',
        () => treeOfTarball(SYSFS, 'gpud-sys-class-infiniband-h100.tar.gz', GPUD, 'sys/class/infiniband'),
      ],
      ['node_exporter-sys-subset.ttar', () => readTtar(sample(SYSFS, 'node_exporter-sys-subset.ttar'))],
    ])('%s', async (_, treeOf) => {
      const tree = treeOf();
      expect(tree.size).toBeGreaterThan(10);
      const { nics } = await infiniband.collect(machineOf(tree), new AbortController().signal);
      expect(nics).toMatchObject({ ok: true });
      expectReadings(nics);
      // Each file in turn with text that is no value.
      for (const path of [...tree.keys()].filter((key) => key.includes('infiniband/')).slice(0, 200)) {
        const damaged = new Map([...tree, [path, '\u0000 not a value']]);
        expectReadings((await infiniband.collect(machineOf(damaged), new AbortController().signal)).nics);
      }
    });
  },
);
