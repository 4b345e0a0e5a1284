import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { absent, known } from '../../../src/api.ts';
import { counterTotal, HARDWARE_COUNTERS, PORT_COUNTERS } from '../../../src/parse/infiniband/counters.ts';
import {
  guid,
  linkLayer,
  physicalState,
  portState,
  rateGbps,
  rateWhileUp,
} from '../../../src/parse/infiniband/port.ts';

describe('leaves of an InfiniBand port', () => {
  test.each([
    ['4: ACTIVE', 'ACTIVE'],
    ['4: ACTIVE\n', 'ACTIVE'],
    ['1: DOWN\n', 'DOWN'],
    ['2: INIT\n', 'INIT'],
    ['3: ARMED\n', 'ARMED'],
  ])('state %j', (text, word) => expect(portState(text)).toEqual(known(word)));

  test.each([
    ['5: LinkUp\n', 'LinkUp'],
    ['3: Disabled', 'Disabled'],
    ['7: Phy Test\n', 'Phy Test'],
  ])('physical state %j', (text, word) => expect(physicalState(text)).toEqual(known(word)));

  test.each([
    ['400 Gb/sec (4X NDR)\n', 400],
    ['200 Gb/sec (2X NDR)', 200],
    ['10 Gb/sec (4X)\n', 10],
    ['2.5 Gb/sec (1X SDR)\n', 2.5],
  ])('rate %j', (text, gbps) => expect(rateGbps(text)).toEqual(known(gbps)));

  test.each(['', '400', '400 GT/s', 'fast', '400 Mb/sec'])('rate %j is none', (text) =>
    expect(rateGbps(text).ok).toBe(false),
  );

  test('a port that is down has no rate, whatever it prints', () => {
    expect(rateWhileUp(known('DOWN'), known(40))).toMatchObject({ ok: false, reason: 'unsupported' });
    expect(rateWhileUp(known('ACTIVE'), known(40))).toEqual(known(40));
    expect(rateWhileUp(absent('denied', ''), known(40))).toEqual(known(40));
  });

  test('link layers', () => {
    expect(linkLayer('InfiniBand\n')).toEqual(known('infiniband'));
    expect(linkLayer('Ethernet')).toEqual(known('ethernet'));
    // A device that is neither, as AWS EFA.
    expect(linkLayer('Unspecified')).toMatchObject({ ok: false, reason: 'unsupported' });
    expect(linkLayer('Token Ring')).toMatchObject({ ok: false, reason: 'failed' });
  });

  test.each([
    ['a088:c203:004f:1000\n', 'a088c203004f1000'],
    ['0xa088c203004f1000', 'a088c203004f1000'],
    ['0000:0000:0000:0000', undefined],
    ['', undefined],
  ])('GUID %j', (text, expected) => expect(guid(text)).toBe(expected));

  it('never throws and never makes text into a value', () => {
    const parsers = [portState, physicalState, rateGbps, linkLayer];
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => void [...parsers.map((parse) => parse(text)), guid(text)]),
    );
    for (const parse of parsers) for (const text of ['', '\n', 'N/A', '4:', '4: ']) expect(parse(text).ok).toBe(false);
  });
});

describe('a port counter', () => {
  test('is the number in the file, with or without a final newline', () => {
    expect(counterTotal('symbol_error', '12\n')).toEqual(known(12));
    expect(counterTotal('port_rcv_data', '230539874932483')).toEqual(known(230539874932483));
  });

  test.each([
    ['symbol_error', '65535'],
    ['port_rcv_errors', '65535'],
    ['port_rcv_remote_physical_errors', '65535'],
    ['port_xmit_discards', '65535'],
    ['VL15_dropped', '65535'],
    ['link_downed', '255'],
    ['link_error_recovery', '255'],
    ['port_rcv_constraint_errors', '255'],
    ['port_xmit_constraint_errors', '255'],
    ['excessive_buffer_overrun_errors', '15'],
    ['local_link_integrity_errors', '15'],
    ['port_xmit_wait', '4294967295'],
    ['link_downed', '4294967295'],
  ])('%s at %s has stopped counting', (name, text) => {
    expect(counterTotal(name, text)).toMatchObject({ ok: false, reason: 'unsupported' });
  });

  test.each([
    ['port_rcv_data', '4294967295'],
    ['out_of_sequence', '65535'],
    ['link_downed', '15'],
    ['symbol_error', '255'],
  ])('%s at %s goes on counting', (name, text) => expect(counterTotal(name, text)).toEqual(known(Number(text))));

  test.each([
    ['N/A (no PMA)\n', 'unsupported'],
    ['', 'failed'],
    ['-1', 'failed'],
    ['12 errors', 'failed'],
  ])('%j is %s, and not 0', (text, reason) => {
    expect(counterTotal('symbol_error', text)).toMatchObject({ ok: false, reason });
  });

  test('no name is in both directories, so that none hides the other', () => {
    expect(PORT_COUNTERS.filter((name) => HARDWARE_COUNTERS.includes(name))).toEqual([]);
  });
});
