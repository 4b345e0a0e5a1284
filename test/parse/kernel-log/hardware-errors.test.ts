import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEdac } from '../../../src/parse/kernel-log/edac.ts';
import { createEventLog } from '../../../src/parse/kernel-log/events.ts';
import { createFirmwareErrors, parseMachineCheck } from '../../../src/parse/kernel-log/machine-check.ts';
import { parsePeermem } from '../../../src/parse/kernel-log/peermem.ts';

const NOW = Date.UTC(2026, 8, 1, 12);

describe('EDAC', () => {
  it.each([
    [
      'EDAC MC0: 8821 CE memory read error on CPU_SrcID#0_Ha#0_Chan#0_DIMM#1',
      { controller: 'MC0', count: '8821', severity: 'correctable', dimm: 'CPU_SrcID#0_Ha#0_Chan#0_DIMM#1' },
    ],
    [
      'EDAC MC12: 1 UE memory read error on any memory (page:0x0 offset:0x0 grain:8)',
      { controller: 'MC12', count: '1', severity: 'uncorrectable', dimm: 'any memory' },
    ],
    [
      'EDAC MC1: 1 CE memory scrubbing error on CPU_SrcID#1_Ha#0_Chan#0_DIMM#0 (channel:0 slot:0)',
      { controller: 'MC1', count: '1', severity: 'correctable', dimm: 'CPU_SrcID#1_Ha#0_Chan#0_DIMM#0' },
    ],
    [
      'EDAC MC0: 1 UE unknown on unknown memory (node:0 card:0)',
      { controller: 'MC0', count: '1', severity: 'uncorrectable', dimm: 'unknown memory' },
    ],
  ])('%s', (text, fields) => {
    expect(parseEdac(text)).toMatchObject({ kind: 'edac', fields });
  });

  it.each([
    'EDAC MC0: Giving out device to module amd64_edac controller F19h_M10h: DEV 0000:00:18.3 (INTERRUPT)',
    'EDAC MC: Ver: 3.0.0',
    'EDAC MC: UMC11 chip selects:',
    'EDAC sbridge MC1: CPU 1: Machine Check Event: 0 Bank 11: 8c00004f000800c2',
    ' EDAC MC0: 1 UE memory read error on x',
  ])('says nothing in %s', (text) => {
    expect(parseEdac(text)).toBeUndefined();
  });

  it('counts modules and severities apart', () => {
    const variants = ['1 CE', '1 UE'].flatMap((kind) =>
      ['A', 'B'].map((dimm) => parseEdac(`EDAC MC0: ${kind} memory read error on ${dimm}`)?.variant),
    );
    expect(new Set(variants).size).toBe(4);
  });
});

describe('a machine check', () => {
  const bank = (status: string, exception = ''): string =>
    `mce: [Hardware Error]: CPU 3: Machine Check${exception}: 5 Bank 7: ${status}`;
  it.each([
    // Bit 61 of the status: not corrected.
    [bank('8c00004000010093'), 'corrected'],
    [bank('dc00004000010093'), 'corrected'],
    [bank('ac00004000010093'), 'uncorrected'],
    [bank('fe00000000800400'), 'uncorrected'],
    [bank('be00000000800400', ' Exception'), 'fatal'],
    [bank('9c00000000800400', ' Exception'), 'corrected'],
    ['mce: [Hardware Error]: Machine check events logged', 'unknown'],
    ['[Hardware Error]: Corrected error, no action required.', 'corrected'],
    ['[Hardware Error]: Deferred error, no action required.', 'deferred'],
    ['[Hardware Error]: Uncorrected, software restartable error.', 'uncorrected'],
    ['[Hardware Error]: Uncorrected, software containable error.', 'uncorrected'],
    ['[Hardware Error]: System Fatal error.', 'fatal'],
    ['mce: Uncorrected hardware memory error in user-access at 5fbc4b5c0', 'uncorrected'],
    ['Memory failure: 0xe16677: recovery action for dirty LRU page: Recovered', 'uncorrected'],
  ])('%s is %s', (text, severity) => {
    expect(parseMachineCheck(text)).toMatchObject({ kind: 'machine-check', fields: { severity } });
  });

  it.each([
    'mce: CPU supports 32 MCE banks',
    'mce: [Hardware Error]: TSC 0 ADDR 270',
    '[Hardware Error]: CPU:2 (17:31:0) MC17_STATUS[Over|CE|MiscV]: 0xdc2040000000011b',
    'Memory failure: 0xe16677: already hardware poisoned',
    'python3: Memory failure: 0xe16677: recovery action for dirty LRU page: Recovered',
    bank('8c0000400001'),
  ])('says nothing in %s', (text) => {
    expect(parseMachineCheck(text)).toBeUndefined();
  });
});

describe('a record of the firmware', () => {
  const record = (number: string, severity: string, section: string): readonly string[] => [
    `${number}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 4`,
    `${number}[Hardware Error]: event severity: ${severity}`,
    `${number}[Hardware Error]:  Error 0, type: ${severity}`,
    `${number}[Hardware Error]:  fru_text: B2`,
    `${number}[Hardware Error]:   section_type: ${section}`,
  ];
  const told = (lines: readonly string[]) => {
    const errors = createFirmwareErrors();
    return lines.flatMap((line) => {
      const message = errors.next(line);
      return message === undefined ? [] : [message.fields];
    });
  };

  it.each([
    ['corrected', 'corrected'],
    ['info', 'corrected'],
    ['recoverable', 'uncorrected'],
    ['fatal', 'fatal'],
    ['odd', 'unknown'],
  ])('of severity %s is %s', (printed, severity) => {
    expect(told(record('{7193}', printed, 'memory error'))).toEqual([
      { severity, source: 'firmware', section: 'memory', part: 'B2' },
    ]);
  });

  it('is not told by the beginning of another', () => {
    const [, begin = '', , part = ''] = record('{1}', 'fatal', 'memory error');
    const other = record('{2}', 'corrected', 'PCIe error')[4] ?? '';
    expect(told([begin, part, other])).toEqual([{ severity: 'unknown', source: 'firmware', section: 'PCIe' }]);
  });

  it('of the boot before says so, until one of this boot comes', () => {
    const before = ['BERT: Error records from previous boot:', ...record('', 'fatal', 'general processor error')];
    expect(told([...before, ...record('{1}', 'corrected', 'memory error')])).toMatchObject([
      { severity: 'fatal', section: 'general processor', previousBoot: 'true' },
      { severity: 'corrected', section: 'memory' },
    ]);
    expect(told([...before, ...record('{1}', 'corrected', 'memory error')])[1]).not.toHaveProperty('previousBoot');
  });

  it('of a user does not mix with one of the kernel', () => {
    const log = createEventLog();
    const [, begin = '', , part = '', end = ''] = record('{1}', 'fatal', 'memory error');
    const line = (text: string, i: number, facility: number): string => `${facility * 8 + 4},${i},${i},-;${text}`;
    log.add([line(begin, 1, 1), line(part, 2, 1), line(end, 3, 0)], { now: NOW });
    expect(log.take().events).toMatchObject([{ fromKernel: true, fields: { severity: 'unknown' } }]);
  });
});

describe('nvidia-peermem', () => {
  it('is heard of a stale registration alone', () => {
    const line =
      'nvidia-peermem nv_get_p2p_free_callback:127 ERROR detected invalid context, skipping further processing';
    // The variant keeps it apart from whatever else is of kind "other".
    expect(parsePeermem(line)).toMatchObject({
      kind: 'other',
      fields: { event: 'peermem-invalid-context' },
      variant: 'peermem-invalid-context',
    });
    expect(parsePeermem(` ${line}`)).toBeUndefined();
    expect(parsePeermem('nvidia-peermem nv_mem_client_init:1 registered')).toBeUndefined();
  });
});

describe('what nobody meant to write', () => {
  it('never throws', () => {
    const words = fc.constantFrom(
      'EDAC MC0: ',
      '1 UE ',
      'on ',
      '{1}',
      '[Hardware Error]: ',
      'event severity: ',
      'section_type: ',
      'mce: ',
      'Memory failure: 0x1: ',
      'Bank 8: ',
      'BERT: Error records from previous boot:',
    );
    const lines = fc.array(fc.array(fc.oneof(words, fc.string()), { maxLength: 8 }).map((parts) => parts.join('')));
    fc.assert(
      fc.property(lines, (texts) => {
        const errors = createFirmwareErrors();
        for (const text of texts) {
          for (const message of [parseEdac(text), parseMachineCheck(text), errors.next(text)])
            for (const value of Object.values(message?.fields ?? {})) expect(value).not.toBe('');
        }
      }),
    );
  });
});
