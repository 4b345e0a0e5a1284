import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeNvlink5, interpretXid } from '../../src/knowledge/xid/index.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const sheet = resolve(
  process.env.MUSTER_DATA ?? resolve(repository, '../shared/data'),
  'xid-catalog/nvlink5-144-150-decode.tsv',
);

const OLD = '570.148.08';
const NEW = '580.105.08';

describe('decodeNvlink5', () => {
  it.each([
    [
      'a link that went down at its peer, old layout',
      149,
      'NETIR_LINK_EVT',
      0x025001c6,
      0,
      OLD,
      'RESET_GPU',
      'INVESTIGATE_PEER_DEVICE',
      true,
    ],
    [
      'a link that went down for bad signal, old layout',
      149,
      'NETIR_LINK_EVT',
      0x004505c6,
      0,
      OLD,
      'RESET_GPU',
      'INVESTIGATE_LINK_SI',
      true,
    ],
    [
      'the same in the new layout under its new name',
      149,
      'NETIR_LINK_DOWN',
      0x00400011,
      0,
      NEW,
      'RESET_GPU',
      'INVESTIGATE_LINK_SI',
      true,
    ],
    ['a link taken down on purpose', 149, 'NETIR_LINK_EVT', 0x026001c6, 0, OLD, 'IGNORE', 'INVESTIGATE_SW/USER', true],
    [
      'raised bit errors',
      149,
      'NETIR_BER_EVENT',
      0x00086226,
      1,
      OLD,
      'IGNORE',
      'INVESTIGATE_LINK_SI_AND_CABLES',
      false,
    ],
    ['the network unit as a whole', 149, 'NETIR', 0x000fe406, 0, OLD, 'RESET_GPU', 'SYMPATHETIC_REPORT_SOLO', true],
    ['a remap fault of one program', 145, 'RLW_REMAP', 0x00000004, 1, NEW, 'XID_154_EVAL', 'CONTACT_SUPPORT', false],
    ['a remap fault of the hardware', 145, 'RLW_REMAP', 0x00000004, 0x40, NEW, 'RESET_GPU', 'CONTACT_SUPPORT', true],
    ['lost packets that need nothing', 145, 'RLW_RXPIPE', 0x00000006, 1, NEW, 'IGNORE', 'CONTACT_SUPPORT', false],
    ['lost packets that need a reset', 145, 'RLW_RXPIPE', 0x00000086, 1, NEW, 'RESET_GPU', 'CONTACT_SUPPORT', true],
    ['a status with the top bit', 145, 'RLW_CTRL', 0x00000003, 0x80000000, NEW, 'IGNORE', 'CONTACT_SUPPORT', false],
    ['an intrInfo with the top bit', 146, 'TLW_CTRL', 0x80000009, 4, NEW, 'RESET_GPU', 'CONTACT_SUPPORT', true],
    ['a watchdog', 150, 'MSE_WATCHDOG', 0, 0, undefined, 'RESET_GPU', 'CONTACT_SUPPORT', true],
    ['a degraded microcontroller', 150, 'MSE Degraded', 0, 0xffffffff, undefined, 'RESET_GPU', 'CONTACT_SUPPORT', true],
  ])('reads %s', (_what, code, unit, intrInfo, errorStatus, driverVersion, immediate, investigatory, fatal) => {
    expect(decodeNvlink5({ code, unit, intrInfo, errorStatus, driverVersion })).toEqual({
      immediate,
      investigatory,
      fatal,
    });
  });

  it('reads the layout of the driver, and either layout where the driver is not known', () => {
    const message = { code: 145, unit: 'RLW_SRC_TRACK', errorStatus: 1 };
    const old = 0x000000e2;
    const fresh = 0x00000007;
    expect(decodeNvlink5({ ...message, intrInfo: old, driverVersion: OLD })?.fatal).toBe(true);
    expect(decodeNvlink5({ ...message, intrInfo: old, driverVersion: NEW })).toBeUndefined();
    expect(decodeNvlink5({ ...message, intrInfo: fresh, driverVersion: OLD })).toBeUndefined();
    for (const intrInfo of [old, fresh])
      for (const driverVersion of [undefined, '', 'N/A'])
        expect(decodeNvlink5({ ...message, intrInfo, driverVersion })?.fatal).toBe(true);
  });

  it('takes the gravest of several flags', () => {
    expect(
      decodeNvlink5({ code: 144, unit: 'SAW_MVB', intrInfo: 1, errorStatus: 0x4 | 0x2, driverVersion: NEW }),
    ).toMatchObject({
      immediate: 'RESET_GPU',
      fatal: true,
    });
  });

  it('finds the top bit among several flags', () => {
    const message = { code: 145, unit: 'RLW_CTRL', intrInfo: 3, errorStatus: 0x80000001, driverVersion: NEW };
    expect(decodeNvlink5(message)?.investigatory).toBe('CONTACT_SUPPORT');
  });

  it('does not add up the numbered states of a module event', () => {
    expect(
      decodeNvlink5({ code: 149, unit: 'NETIR_MFDE_EVENT', intrInfo: 0x14, errorStatus: 6, driverVersion: NEW }),
    ).toBeUndefined();
  });

  it.each([
    ['another unit', 145, 'TLW_CTRL', 4, 1],
    ['no unit at all', 145, '', 4, 1],
    ['a status that is not listed', 145, 'RLW_REMAP', 4, 0x1000],
    ['an Xid without NVLink', 48, 'RLW_REMAP', 4, 1],
    ['no number', 145, 'RLW_REMAP', Number.NaN, Number.NaN],
  ])('does not guess at %s', (_what, code, unit, intrInfo, errorStatus) => {
    expect(decodeNvlink5({ code, unit, intrInfo, errorStatus })).toBeUndefined();
  });
});

describe.skipIf(!existsSync(sheet))(
  `decodeNvlink5 against NVIDIA's table (${existsSync(sheet) ? 'found' : 'not here'})`,
  () => {
    const rows = existsSync(sheet)
      ? readFileSync(sheet, 'utf8')
          .split('\n')
          .slice(1)
          .filter(Boolean)
          .map((line) => line.split('\t').map((cell) => cell.trim()))
      : [];
    const word = (pattern: string) => Number.parseInt(pattern.replaceAll('-', '0'), 2);

    it('gives the actions of every row, in both layouts', () => {
      expect(rows.length).toBe(95);
      for (const [code, units, before, from, statuses, immediate, , , , investigatory] of rows)
        for (const unit of (units ?? '').split('/'))
          for (const [pattern, driverVersion] of [
            [before, OLD],
            [from, NEW],
          ])
            for (const status of (statuses ?? '').split('/'))
              expect(
                decodeNvlink5({
                  code: Number(code),
                  unit,
                  intrInfo: word(pattern ?? ''),
                  errorStatus: Number(status),
                  driverVersion,
                }),
                `${code} ${unit} ${pattern} ${status}`,
              ).toMatchObject({ immediate, investigatory });
    });
  },
);

describe('interpretXid', () => {
  const line = (tail: string) => `NVRM: Xid (PCI:0008:01:00): ${tail}`;

  it.each([
    [
      'a fatal link event',
      149,
      '149, NETIR_LINK_EVT Fatal XC0 i0 Link 08 (0x004505c6 0x00000000 0x00000000 0x00000000)',
      OLD,
      'CRITICAL',
      true,
    ],
    [
      'a link number below zero',
      149,
      '149, NETIR Fatal XC0 i0 Link -1 (0x000fe406 0x00000000 0x00000000)',
      OLD,
      'CRITICAL',
      true,
    ],
    [
      'a message with its process',
      145,
      '145, pid=876767, name=trainer::Worker, RLW_RXPIPE Nonfatal XC0 i0 Link 13 (0x0409a0c2 0x00000008 0x00000001)',
      OLD,
      'INFO',
      false,
    ],
    [
      'a fault of one program',
      145,
      '145, pid=7, name=x, RLW_SRC_TRACK Nonfatal XC1 i0 Link 03 (0x040868e2 0x00000008 0x00000000)',
      OLD,
      'WARNING',
      false,
    ],
    [
      'rising bit errors',
      149,
      '149, NETIR_BER_EVENT Nonfatal XC0 i0 Link 03 (0x00086226 0x00000001 0x00000000)',
      undefined,
      'WARNING',
      false,
    ],
    [
      'a message that no row fits',
      149,
      '149, NETIR_LINK_EVT Fatal XC0 i0 Link 08 (0x3f4505c6 0x00000000)',
      OLD,
      'WARNING',
      false,
    ],
    ['a message cut short', 149, '149, NETIR_LINK_EVT Fatal XC0 i0 Link', OLD, 'WARNING', false],
    ['no message', 149, '', undefined, 'WARNING', false],
  ])('judges %s', (_what, code, tail, driverVersion, severity, drain) => {
    expect(interpretXid({ code, text: line(tail), driverVersion })).toMatchObject({
      code,
      severity,
      action: { drain },
    });
  });

  it.each([
    ['from 0x0 (None) to 0x1 (GPU Reset Required)', 'CRITICAL', 'reset_gpu'],
    ['from 0x0 (None) to 0x2 (Node Reboot Required)', 'CRITICAL', 'reboot'],
    ['from 0x4 (Drain and Reset) to 0x0 (None)', 'INFO', 'none'],
    ['from 0x0 (None) to 0x9 (Something New)', 'CRITICAL', 'service'],
    ['from 0x0 (None', 'WARNING', 'watch'],
  ])('judges Xid 154 "%s" by its text', (change, severity, then) => {
    const text = line(`154, GPU recovery action changed ${change}`);
    expect(interpretXid({ code: 154, text })).toMatchObject({ code: 154, severity, action: { then } });
  });

  it('reads lines as GB200 prints them, in columns, and units under both of their names', () => {
    const words = '(0x021425c6 0x00000000 0x00000000 0x00000000 0x00000000 0x00000000)';
    const columns = interpretXid({
      code: 149,
      text: line(`149, NETIR_LINK_EVT  Fatal   XC0 i0 Link 01 ${words}`),
      driverVersion: OLD,
    });
    expect(columns).toMatchObject({ class: 'reset', immediate: 'RESET_GPU' });
    const names = '149, NETIR_LINK_EVT/NETIR_LINK_DOWN Fatal XC0 i0 Link 00 (0x00400011 0x00000000 0x0 0x0)';
    expect(interpretXid({ code: 149, text: line(names), driverVersion: NEW })).toMatchObject({ class: 'reset' });
  });

  it('says what the decode asks for', () => {
    const text = line('149, NETIR_LINK_EVT Fatal XC0 i0 Link 08 (0x004505c6 0x00000000 0x0 0x0)');
    const { meaning } = interpretXid({ code: 149, text, driverVersion: OLD });
    expect(meaning).toMatch(/^NVLink 5, a link event .+; decoded: Reset the GPU .+ Examine the signal quality/);
    expect(meaning).not.toMatch(/must be decoded/);
  });

  it('takes no other Xid for a recovery', () => {
    expect(interpretXid({ code: 13, text: 'from 0x0 (None) to 0x2 (Node Reboot Required)' }).severity).toBe('INFO');
  });

  it('answers for any text', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -5, max: 300 }),
        fc.string({ maxLength: 400 }),
        fc.string(),
        (code, text, driverVersion) => {
          expect(interpretXid({ code, text, driverVersion }).code).toBe(code);
        },
      ),
    );
  });
});
