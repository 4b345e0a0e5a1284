import { describe, expect, it } from 'vitest';
import driverDrift from '../../../checks/firmware/driver-drift.ts';
import nicFirmwareDrift from '../../../checks/firmware/nic-firmware-drift.ts';
import vbiosDrift from '../../../checks/firmware/vbios-drift.ts';
import { absent, type Driver, known } from '../../../src/api.ts';
import { healthyGpu, healthyGpus, judgeWith, nodeRef, profileOf, specified } from '../../support/healthy-gpu.ts';
import { ethernetNic, healthyNics, withNic } from '../../support/healthy-nic.ts';
import { findingOf, findingsIn, passesIn, unjudgedIn } from '../../support/outcomes.ts';

const lost = absent('lost', 'GPU is lost');
const withVbios = (...versions: readonly string[]) =>
  versions.map((version, index) => healthyGpu(index, { vbiosVersion: known(version) }));

describe('firmware/vbios-drift', () => {
  it('passes GPUs that agree, and the node with them', () => {
    const judgements = judgeWith(vbiosDrift, { gpus: healthyGpus(3) });
    expect(passesIn(judgements)).toEqual(
      ['gpu0', 'gpu1', 'gpu2', 'node'].map((name) => `${name} differs-from-siblings`),
    );
  });

  it.each([
    { name: 'the one that differs', versions: ['A', 'A', 'B', 'A'], found: ['gpu2 differs-from-siblings'] },
    {
      name: 'each of a minority',
      versions: ['A', 'A', 'B', 'C', 'A'],
      found: ['gpu2 differs-from-siblings', 'gpu3 differs-from-siblings'],
    },
    {
      name: 'the node when nobody has a majority',
      versions: ['A', 'A', 'B', 'B'],
      found: ['node differs-from-siblings'],
    },
  ])('accuses $name', ({ versions, found }) => {
    const judgements = judgeWith(vbiosDrift, { gpus: withVbios(...versions) });
    expect(findingsIn(judgements)).toEqual(found);
    expect(findingOf(judgements)?.override).toBeUndefined();
  });

  it('does not compare different products', () => {
    const other = healthyGpu(1, { ref: { model: 'NVIDIA L40S' }, vbiosVersion: known('95.02') });
    const judgements = judgeWith(vbiosDrift, { gpus: [healthyGpu(0), other] });
    expect(findingsIn(judgements)).toEqual([]);
    expect(passesIn(judgements)).toEqual([]);
  });

  it('never passes a GPU, nor the node, whose VBIOS is not known', () => {
    const gpus = [...healthyGpus(3), healthyGpu(3, { vbiosVersion: lost })];
    const judgements = judgeWith(vbiosDrift, { gpus });
    expect(unjudgedIn(judgements)).toContain('gpu3 differs-from-siblings lost');
    expect(passesIn(judgements)).not.toContain('gpu3 differs-from-siblings');
    expect(passesIn(judgements)).not.toContain('node differs-from-siblings');
  });

  it('compares with the pin of the site', () => {
    const profile = profileOf({ pins: { vbios: specified(['B']) } });
    const judgements = judgeWith(vbiosDrift, { gpus: withVbios('A', 'B'), profile });
    expect(findingsIn(judgements)).toContain('gpu0 differs-from-pin');
    expect(passesIn(judgements)).toContain('gpu1 differs-from-pin');
  });
});

describe('firmware/driver-drift', () => {
  const driver = (version: Driver['version']): Driver => ({
    ref: nodeRef,
    version,
    cudaVersion: known('13.0'),
    libraryMismatch: known(false),
    libraryVersion: absent('unsupported', 'only printed with a refusal'),
    attachedGpus: known(2),
  });

  it.each([
    { name: 'the driver is the GSP firmware', version: '580.105.08', severity: undefined, found: [] },
    {
      name: 'another branch',
      version: '570.124.06',
      severity: undefined,
      found: ['gpu0 gsp-differs-from-driver', 'gpu1 gsp-differs-from-driver'],
    },
    {
      name: 'the same branch',
      version: '580.65.06',
      severity: 'INFO',
      found: ['gpu0 gsp-differs-from-driver', 'gpu1 gsp-differs-from-driver'],
    },
  ])('$name', ({ version, severity, found }) => {
    const judgements = judgeWith(driverDrift, { gpus: healthyGpus(2), driver: driver(known(version)) });
    expect(findingsIn(judgements)).toEqual(found);
    expect(findingOf(judgements)?.override?.severity).toBe(severity);
  });

  it('accuses the GPU whose GSP firmware is not that of the others', () => {
    const gpus = [...healthyGpus(3), healthyGpu(3, { gspFirmwareVersion: known('570.1') })];
    expect(findingsIn(judgeWith(driverDrift, { gpus }))).toEqual(['gpu3 gsp-differs-from-siblings']);
  });

  it('compares the driver with the pin of the site, and says nothing without one', () => {
    const facts = { gpus: healthyGpus(2), driver: driver(known('580.105.08')) };
    const pinned = profileOf({ pins: { driver: specified(['590.48.01']) } });
    expect(findingsIn(judgeWith(driverDrift, { ...facts, profile: pinned }))).toEqual(['node driver-differs-from-pin']);
    expect(unjudgedIn(judgeWith(driverDrift, { ...facts, profile: profileOf() }))).toEqual([
      'node driver-differs-from-pin unsupported',
    ]);
  });
});

describe('firmware/nic-firmware-drift', () => {
  it('accuses the NIC with other firmware than the rest of its board id', () => {
    const nics = withNic(4, 2, { firmwareVersion: known('28.39.1002') });
    expect(findingsIn(judgeWith(nicFirmwareDrift, { nics }))).toEqual(['mlx5_2 differs-from-siblings']);
  });

  it('does not compare boards of different ids or chips', () => {
    const nics = [...withNic(4, 2, { boardId: known('MT_other'), firmwareVersion: known('1.2.3') }), ethernetNic(9)];
    const judgements = judgeWith(nicFirmwareDrift, { nics });
    expect(findingsIn(judgements)).toEqual([]);
    expect(unjudgedIn(judgements).filter((one) => one.includes('differs-from-siblings'))).toEqual([]);
  });

  it('never passes a NIC whose board id or firmware is not known', () => {
    for (const unknown of [{ boardId: absent('denied', 'EACCES') }, { firmwareVersion: absent('failed', 'EIO') }]) {
      const judgements = judgeWith(nicFirmwareDrift, { nics: [...withNic(4, 1, unknown), ...withNic(2, 1, unknown)] });
      expect(passesIn(judgements)).not.toContain('mlx5_1 differs-from-siblings');
    }
  });

  it('pins compute NICs only', () => {
    const profile = profileOf({ pins: { 'nic-firmware': specified(['28.43.2026']) } });
    const judgements = judgeWith(nicFirmwareDrift, { nics: [...healthyNics(2), ethernetNic(8)], profile });
    expect(findingsIn(judgements)).toEqual(['mlx5_0 differs-from-pin', 'mlx5_1 differs-from-pin']);
  });
});
