import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { parseXid } from '../../../src/parse/kernel-log/xid.ts';

const xid = (rest: string) => parseXid(`NVRM: Xid (PCI:0000:38:00): ${rest}`);

describe('an Xid message', () => {
  test.each([
    ['NVRM: Xid (PCI:0000:b3:00): 48, DBE', '00000000:B3:00.0', 48],
    ['NVRM: Xid (PCI:0000:b3:00.0): 48, DBE', '00000000:B3:00.0', 48],
    ['NVRM: Xid (0000:03:00): 14, Channel 00000001', '00000000:03:00.0', 14],
    ['NVRM: Xid PCI:0000:01:00: 43, pid=1, name=x, Ch 00000018', '00000000:01:00.0', 43],
    ['NVRM: Xid (PCI:0019:01:00): 154, text', '00000019:01:00.0', 154],
    ['NVRM: Xid (PCI:0000:01:00 GPU-I:05): 94, pid=7194, Contained', '00000000:01:00.0', 94],
    ['NVRM: Xid (PCI:0000:3b:00 GPU-I:01 GPU-CI:02): 13, pid=9, name=a', '00000000:3B:00.0', 13],
    ['NVRM: Xid (PCI:0000:04:00): 69', '00000000:04:00.0', 69],
  ])('%s', (text, pciBusId, code) => {
    expect(parseXid(text)).toMatchObject({
      kind: 'xid',
      code,
      component: { kind: 'gpu', key: `gpu:${pciBusId}`, pciBusId },
    });
  });

  test.each([
    'NVRM: Xid (PCI:0000:66:00): abc',
    'NVRM: Xid (PCI:0000:66:00): 79abc',
    'NVRM: Xid (PCI:0000:66:00): 1234567',
    'NVRM: Xid (invalid): some error',
    'NVRM: Xid (PCI:0000:66:ff): 79, no such device number',
    'NVRM: Xid error: xyz',
    'myprog: NVRM: Xid (PCI:0000:38:00): 79, forged',
    'segfault in [NVRM: Xid (PCI:0000:38:00): 79]',
    ' NVRM: Xid (PCI:0000:38:00): 79, indented',
    'nvidia-nvswitch3: SXid (PCI:0000:05:00.0): 12028, Non-fatal',
  ])('%j is none', (text) => expect(parseXid(text)).toBeUndefined());

  test.each([
    ["13, pid='<unknown>', name=<unknown>, Graphics Exception", { message: 'Graphics Exception' }],
    [
      '43, pid=1814139, name=pt_main_thread, Ch 00000018',
      { pid: '1814139', name: 'pt_main_thread', channel: '00000018' },
    ],
    ['145, pid=11, name=ray::WorkerDict, text', { name: 'ray::WorkerDict', message: 'text' }],
    ['31, pid=12, name=nvc:[driver], text', { name: 'nvc:[driver]', message: 'text' }],
    ['94, pid=7194, Contained: CE User Channel', { pid: '7194', message: 'Contained: CE User Channel' }],
    ['63, Row Remapper: New row marked for remapping', { message: 'Row Remapper: New row marked for remapping' }],
  ])('fields of %s', (rest, fields) => expect(xid(rest)?.fields).toMatchObject(fields));

  test.each([
    [13, 'Graphics SM Warp Exception on (GPC 3, TPC 1, SM 0): Out Of Range Address', 'GPC 3 TPC 1'],
    [13, 'Graphics SM Global Exception on (GPC 10, TPC 6, SM 1): Multiple Warp Errors', 'GPC 10 TPC 6'],
    [13, 'Graphics Exception: ESR 0x51d730=0xb 0x51d734=0x24', undefined],
    [31, 'Graphics SM Warp Exception on (GPC 3, TPC 1, SM 0): Out Of Range Address', undefined],
  ])('the place in Xid %d, %s', (code, message, place) => {
    const parsed = xid(`${code}, pid=9, name=x, ${message}`);
    expect(parsed?.fields.place).toBe(place);
    expect(parsed?.variant).toBe(place ?? '');
  });

  test('an Xid inside a process name does not count', () => {
    expect(xid('43, pid=7, name=x NVRM: Xid (PCI:0000:01:00): 79, Ch 1')).toMatchObject({ code: 43 });
  });

  test('45 names the Xid that caused it', () => {
    expect(xid('45, pid=1, name=x, Ch 00000001 caused by previous Xid 149')).toMatchObject({ code: 45, causedBy: 149 });
    expect(xid('45, pid=1, name=x, Ch 00000001')?.causedBy).toBeUndefined();
  });

  test('154 names the recovery action', () => {
    expect(xid('154, GPU recovery action changed from 0x0 (None) to 0x4 (Drain and Reset)')?.fields).toMatchObject({
      previousRecoveryAction: 'None',
      recoveryAction: 'Drain and Reset',
    });
  });

  test('154 is not believed where it quotes the action of another', () => {
    expect(
      xid('154, see GPU recovery action changed from 0x0 (None) to 0x4 (Drain and Reset)')?.fields,
    ).not.toHaveProperty('recoveryAction');
  });

  test.each([
    [
      '149, NETIR_LINK_EVT  Fatal   XC0 i0 Link 08 (0x004505c6 0x00000001 0x2 0x3 0x4 0x5)',
      'NETIR_LINK_EVT',
      'Fatal',
      '08',
    ],
    ['149, NETIR Fatal XC0 i0 Link -1 (0x004505c6 0x00000001 0x2)', 'NETIR', 'Fatal', '-1'],
    ['149, NETIR  Fatal  XC0  i0  Link -1  (0x004505c6 0x00000001 0x2)', 'NETIR', 'Fatal', '-1'],
    [
      '145, pid=8, name=ray::W, RLW_RXPIPE Nonfatal XC0 i0 Link 13 (0x004505c6 0x00000001)',
      'RLW_RXPIPE',
      'Nonfatal',
      '13',
    ],
    ['146, TLW_RX/TLW_RX_PIPE0 Fatal XC0 i0 Link 00 (0x004505c6 0x00000001)', 'TLW_RX/TLW_RX_PIPE0', 'Fatal', '00'],
  ])('the words of %s', (rest, unit, severity, link) => {
    expect(xid(rest)?.fields).toMatchObject({
      unit,
      severity,
      link,
      crossContained: '0',
      injected: '0',
      intrInfo: '0x004505c6',
      errorStatus: '0x00000001',
    });
  });

  test('a line that was cut off keeps what it said', () => {
    expect(xid('149, NETIR Fatal XC0 i0 Link -1 (0x000fe406')?.fields).toMatchObject({ intrInfo: '0x000fe406' });
  });

  it('never throws and never reads a code that is not in the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (rest) => {
        const found = xid(rest);
        if (found?.code !== undefined) expect(rest.startsWith(String(found.code)) || rest.startsWith('0')).toBe(true);
      }),
    );
  });
});
