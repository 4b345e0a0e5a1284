import { describe, expect, it } from 'vitest';
import ecc from '../../../checks/gpu/ecc-errors.ts';
import inforom from '../../../checks/gpu/inforom-corruption.ts';
import rows from '../../../checks/gpu/row-remaps.ts';
import { absent, type Gpu, known } from '../../../src/api.ts';
import { counterOf, healthyGpu, type Overrides, steady } from '../../support/healthy-gpu.ts';
import { saidOf } from '../../support/said.ts';

const no = absent('unsupported', 'N/A');
const withGpu = (over: Overrides<Gpu>) => ({ gpus: [healthyGpu(0), healthyGpu(1, over)] });
const volatile = (over: Overrides<Gpu['ecc']['volatile']>): Overrides<Gpu> => ({ ecc: { volatile: over } });

describe('gpu/ecc-errors finds', () => {
  const rising = 'gpu 1: CRITICAL dram-uncorrectable-rising, drain, reset_gpu';
  it.each<[string, Overrides<Gpu>, readonly string[]]>([
    [
      'a new uncorrectable error',
      volatile({ dram_uncorrectable: counterOf(1, { interval: 1, '15m': 1, '1h': 1, '24h': 1 }) }),
      [rising],
    ],
    [
      'one of this day',
      volatile({ dram_uncorrectable: counterOf(1, { interval: 0, '15m': 0, '1h': 0, '24h': 1 }) }),
      [rising],
    ],
    ['one in the only window with history', volatile({ dram_uncorrectable: counterOf(1, { interval: 1 }) }), [rising]],
    [
      'one in SRAM',
      volatile({ sram_uncorrectable: counterOf(2, { interval: 2 }) }),
      ['gpu 1: CRITICAL sram-uncorrectable-rising, drain, reset_gpu'],
    ],
    [
      'old ones that the driver counted since it was loaded',
      volatile({ dram_uncorrectable: steady(3) }),
      ['gpu 1: WARNING dram-uncorrectable-since-load, stay, reset_gpu'],
    ],
    [
      'ones that one sample cannot date',
      volatile({ sram_uncorrectable: counterOf(3) }),
      ['gpu 1: WARNING sram-uncorrectable-since-load, stay, reset_gpu'],
    ],
    // The counter went to 0 with a reset; what grew before is cured.
    [
      'none that a reset has cured',
      volatile({ dram_uncorrectable: counterOf(0, { interval: 0, '15m': 0, '1h': 1, '24h': 1 }) }),
      [],
    ],
    [
      'none of a past life',
      { ecc: { aggregate: { dram_uncorrectable: steady(7), sram_uncorrectable: steady(2) } } },
      [],
    ],
    ['none in a large number of corrected ones', volatile({ dram_correctable: steady(9_000_000) }), []],
    [
      'very many corrected ones in a day',
      volatile({ sram_correctable: counterOf(20_000, { interval: 3, '15m': 90, '1h': 500, '24h': 10_001 }) }),
      ['gpu 1: WARNING sram-correctable-rate, stay, watch'],
    ],
    [
      'the SRAM threshold',
      { ecc: { sramThresholdExceeded: known(true) } },
      ['gpu 1: CRITICAL sram-threshold, drain, service'],
    ],
    [
      'a channel repair',
      { ecc: { channelRepairPending: known(true) } },
      ['gpu 1: WARNING repair-pending, stay, reset_gpu'],
    ],
    [
      'a TPC repair beside a silent channel',
      { ecc: { channelRepairPending: no, tpcRepairPending: known(true) } },
      ['gpu 1: WARNING repair-pending, stay, reset_gpu'],
    ],
    [
      'memory beyond repair',
      { ecc: { unrepairableMemory: known(true) } },
      ['gpu 1: CRITICAL unrepairable-memory, drain, service'],
    ],
    ['ECC turned off', { ecc: { enabled: known(false) } }, ['gpu 1: INFO ecc-disabled, stay, none']],
  ])('%s', (_, over, expected) => {
    expect(saidOf(ecc, withGpu(over)).findings).toEqual(expected);
  });

  it('as many corrected errors as the site allows', () => {
    const facts = withGpu(volatile({ dram_correctable: counterOf(50, { '24h': 50 }) }));
    expect(saidOf(ecc, facts, { options: { dram_correctable_per_day: 50 } }).findings).toEqual([]);
    expect(saidOf(ecc, facts, { options: { dram_correctable_per_day: 49 } }).findings).toHaveLength(1);
  });

  it('says how many and since when', () => {
    const facts = withGpu(volatile({ dram_uncorrectable: counterOf(2, { interval: 2 }) }));
    expect(saidOf(ecc, facts).messages).toEqual([
      'GPU 1 has new uncorrectable DRAM (HBM) errors: 2 within 30 s; 0 are expected',
    ]);
  });
});

it('gpu/ecc-errors leaves a GPU without ECC unjudged', () => {
  const none = counterOf(no, { interval: no, '15m': no, '1h': no, '24h': no });
  const silent = { sram_correctable: none, sram_uncorrectable: none, dram_correctable: none, dram_uncorrectable: none };
  const said = saidOf(ecc, {
    gpus: [
      healthyGpu(0, {
        ecc: {
          enabled: no,
          volatile: silent,
          sramThresholdExceeded: no,
          channelRepairPending: no,
          tpcRepairPending: no,
          unrepairableMemory: no,
        },
      }),
    ],
  });
  expect(said.passes).toEqual([]);
  expect(said.findings).toEqual([]);
  expect(said.unjudged.every((line) => line.endsWith('unsupported'))).toBe(true);
});

it('gpu/ecc-errors needs history for what rises only, so that a single capture can pass', () => {
  const fresh = counterOf(0);
  const once = {
    sram_correctable: fresh,
    sram_uncorrectable: fresh,
    dram_correctable: fresh,
    dram_uncorrectable: fresh,
  };
  const said = saidOf(ecc, { gpus: [healthyGpu(0, { ecc: { volatile: once } })] });
  const silent = said.judgements.flatMap((one) => ('unjudged' in one ? [one.code] : []));
  expect(silent).toHaveLength(4);
  expect(
    silent.filter((code) => code === undefined || ecc.rules[code as keyof typeof ecc.rules].availability === undefined),
  ).toEqual([]);
  expect(said.passes).toContain('gpu 0: dram-uncorrectable-since-load');
});

describe('gpu/row-remaps finds', () => {
  it.each<[string, Overrides<Gpu>, readonly string[]]>([
    ['a failure', { rows: { failed: known(true) } }, ['gpu 1: CRITICAL remap-failed, drain, service']],
    ['a pending remap', { rows: { pending: known(true) } }, ['gpu 1: WARNING remap-pending, stay, reset_gpu']],
    ['512 remapped rows', { rows: { uncorrectable: known(512) } }, ['gpu 1: WARNING many-remaps, stay, service']],
    ['nothing in 511', { rows: { uncorrectable: known(511), correctable: known(9999) } }, []],
    [
      'a bank without spares',
      { rows: { histogram: known({ max: 2559, high: 0, partial: 0, low: 0, none: 1 }) } },
      ['gpu 1: WARNING spares-exhausted, stay, service'],
    ],
    [
      'a bank with few spares',
      { rows: { histogram: known({ max: 2559, high: 0, partial: 0, low: 1, none: 0 }) } },
      ['gpu 1: INFO spares-low, stay, watch'],
    ],
    [
      'nothing in used spares',
      { rows: { histogram: known({ max: 2500, high: 50, partial: 10, low: 0, none: 0 }) } },
      [],
    ],
    [
      'a pending page retirement before Ampere',
      {
        rows: { pending: no, failed: no, correctable: no, uncorrectable: no, histogram: no },
        retiredPages: { count: known(3), pending: known(true) },
      },
      ['gpu 1: WARNING retirement-pending, stay, reset_gpu'],
    ],
  ])('%s', (_, over, expected) => {
    expect(saidOf(rows, withGpu(over)).findings).toEqual(expected);
  });

  it('retired pages alone where there are no rows to remap', () => {
    const old: Overrides<Gpu> = {
      rows: { pending: no, failed: no, correctable: no, uncorrectable: no, histogram: no },
      retiredPages: { count: known(0), pending: known(false) },
    };
    const said = saidOf(rows, { gpus: [healthyGpu(0, old)] });
    expect(said).toMatchObject({ findings: [], unjudged: [], passes: ['gpu 0: retirement-pending'] });
  });

  it('no pass where the driver speaks of neither', () => {
    const silent: Overrides<Gpu> = {
      rows: { pending: no, failed: no, correctable: no, uncorrectable: no, histogram: no },
    };
    expect(saidOf(rows, { gpus: [healthyGpu(0, silent)] }).passes).toEqual([]);
  });
});

describe('gpu/inforom-corruption', () => {
  it.each<[string, Gpu['inforomCorrupted'], readonly string[], readonly string[]]>([
    ['finds it', known(true), ['gpu 0: CRITICAL corrupted, drain, service'], []],
    ['passes', known(false), [], []],
    ['does not know which GPU exit code 14 means', absent('failed', 'exit code 14'), [], ['gpu 0: corrupted failed']],
  ])('%s', (_, inforomCorrupted, findings, unjudged) => {
    expect(saidOf(inforom, { gpus: [healthyGpu(0, { inforomCorrupted })] })).toMatchObject({ findings, unjudged });
  });
});
