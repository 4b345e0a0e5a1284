import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { known } from '../../src/api.ts';
import { pfcPriorities, priorityList, trustOfTable } from '../../src/parse/dcb.ts';
import { ethtoolStatistics } from '../../src/parse/ethtool.ts';
import { temperatureLimit } from '../../src/parse/hwmon.ts';
import { partitionKey } from '../../src/parse/infiniband/pkey.ts';
import { haveSamples, sample } from '../support/samples.ts';

const all = (): boolean => true;

describe('ethtool -S', () => {
  const TEXT = `NIC statistics:
     rx_packets: 12
     tx_pause_storm_warning_events : 3
     rx_prio3_pause_duration: 731004
     rx0_xdp_drop: 0
     [3]: rx_ucast_bytes: 77
     not_a_number: abc
     tx_bytes_phy: -1
`;

  it('gives each counter, also one whose name the driver ends with a blank', () => {
    const counters = ethtoolStatistics(TEXT, all);
    expect(counters.get('tx_pause_storm_warning_events')).toEqual(known(3));
    expect(counters.get('rx_prio3_pause_duration')).toEqual(known(731_004));
    expect([...counters.keys()]).not.toContain('NIC statistics');
  });

  it('never makes a number of what is none', () => {
    const counters = ethtoolStatistics(TEXT, all);
    expect(counters.get('not_a_number')).toMatchObject({ ok: false, reason: 'failed' });
    expect(counters.get('tx_bytes_phy')).toMatchObject({ ok: false, reason: 'failed' });
  });

  it('keeps only what is asked for', () => {
    expect([...ethtoolStatistics(TEXT, (name) => name === 'rx_packets').keys()]).toEqual(['rx_packets']);
  });

  it('never throws, and each counter is a reading', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(fc.string()).map((lines) => lines.join('\n')),
          fc.nat(TEXT.length).map((end) => TEXT.slice(0, end)),
          fc.nat(TEXT.length).map((from) => TEXT.slice(from) + TEXT),
        ),
        (text) => {
          for (const total of ethtoolStatistics(text, all).values())
            if (total.ok) expect(Number.isFinite(total.value) && total.value >= 0).toBe(true);
        },
      ),
    );
  });

  const there = haveSamples('ethtool');
  it.skipIf(!there)(`reads real captures${there ? '' : ' (skipped: no samples folder)'}`, () => {
    const lane = ethtoolStatistics(sample('ethtool', 'ethtool-S-mlx5-degraded-lane.txt'), all);
    expect(lane.get('rx_corrected_bits_phy')).toEqual(known(17_750_739));
    const bad = ethtoolStatistics(sample('ethtool', 'ethtool-S-bad-values.txt'), all);
    expect(bad.get('tx_bytes_phy')?.ok).toBe(false);
    expect(bad.get('rx_bytes_phy')).toMatchObject({ ok: false, reason: 'unsupported' });
    const pause = ethtoolStatistics(sample('ethtool', 'ethtool-S-pause-excerpt.txt'), all);
    expect(pause.get('rx_prio3_pause_duration')).toEqual(known(3400));
  });
});

describe('dcb pfc show', () => {
  const show = (priorities: string): string => `pfc-cap 8 macsec-bypass off delay 4096\nprio-pfc ${priorities}\n`;

  it.each([
    ['0:off 1:off 2:off 3:on 4:off 5:off 6:off 7:off', '3'],
    ['0:on 1:off 2:off 3:on 4:off 5:off 6:off 7:on', '0,3,7'],
    ['0:off 1:off 2:off 3:off 4:off 5:off 6:off 7:off', 'none'],
  ])('%s is %s', (priorities, list) => expect(pfcPriorities(show(priorities))).toEqual(known(list)));

  it.each(['', show(''), show('3:maybe'), show('8:on'), show('0:off 1:o'), 'prio-pf'])(
    '%j is an absence, not a port without flow control',
    (text) => expect(pfcPriorities(text)).toMatchObject({ ok: false, reason: 'failed' }),
  );

  it('never throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.string().map(show)), (text) => void pfcPriorities(text)));
  });
});

describe('dcb app show dscp-prio', () => {
  it.each([
    ['', 'pcp'],
    ['\n', 'pcp'],
    ['dscp-prio 0:0 CS3:3 63:7\n', 'dscp'],
    ['dscp-prio 0:0', 'dscp'],
  ])('%j: the port trusts %s', (text, trust) => expect(trustOfTable(text)).toEqual(known(trust)));

  it.each(['ethtype-prio 8906:3', 'dscp-prio', 'dscp-prio 3', 'dscp-prio 0:9', 'Error'])('%j is an absence', (text) =>
    expect(trustOfTable(text)).toMatchObject({ ok: false, reason: 'failed' }),
  );
});

it('writes a set of priorities in their order', () => {
  expect(priorityList([4, 3])).toBe('3,4');
  expect(priorityList([])).toBe('none');
});

describe('a partition key', () => {
  it('is taken as printed', () => expect(partitionKey('0xFFFF\n')).toEqual(known('0xffff')));
  it.each(['', 'ffff', '0xfff', '0x1ffff', '0x0xffff', 'key 0xffff', '0x00g0'])('%j is none', (text) =>
    expect(partitionKey(text)).toMatchObject({ ok: false, reason: 'failed' }),
  );
  it('that the device does not have is unsupported', () =>
    expect(partitionKey('N/A')).toMatchObject({ ok: false, reason: 'unsupported' }));
});

describe('the threshold of a sensor', () => {
  it('is in degrees', () => expect(temperatureLimit('105000\n')).toEqual(known(105)));
  it.each(['0\n', '-1000\n'])('%j is none', (text) =>
    expect(temperatureLimit(text)).toMatchObject({ ok: false, reason: 'unsupported' }),
  );
  it('that is garbled has failed', () => expect(temperatureLimit('hot')).toMatchObject({ reason: 'failed' }));
});
