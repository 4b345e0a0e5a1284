import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { parseKernelLine } from '../../../src/parse/kernel-log/record.ts';

const NOW = Date.UTC(2025, 5, 1);
const TEXT = 'NVRM: Xid (PCI:0000:38:00): 79, GPU has fallen off the bus.';
const local = (year: number, month: number, day: number, hours: number, minutes: number, seconds: number): number =>
  new Date(year, month - 1, day, hours, minutes, seconds).getTime();

describe('one line of the kernel log', () => {
  test.each([
    [
      '/dev/kmsg',
      `4,1227,437812449932,-;${TEXT}`,
      { monotonicUs: 437812449932, sequence: 1227, facility: 0, priority: 4, fromKernel: true },
    ],
    ['/dev/kmsg, continued', `4,1227,437812449932,c;${TEXT}`, { sequence: 1227, fromKernel: true }],
    [
      '/dev/kmsg with its caller',
      `4,7,1000,-,caller=T2024;${TEXT}`,
      { sequence: 7, monotonicUs: 1000, fromKernel: true },
    ],
    ['/dev/kmsg, written by a user', `12,344,665727932,-;${TEXT}`, { facility: 1, priority: 4, fromKernel: false }],
    ['dmesg', `[ 1108.858286] ${TEXT}`, { monotonicUs: 1108858286, fromKernel: true }],
    ['dmesg with callers', `[ 1108.858286][  T312] ${TEXT}`, { monotonicUs: 1108858286, fromKernel: true }],
    ['dmesg -T', `[Sun Feb 23 16:24:18 2025] ${TEXT}`, { at: local(2025, 2, 23, 16, 24, 18), fromKernel: true }],
    [
      'dmesg --time-format iso',
      `2024-11-15T12:02:03,470068+00:00 ${TEXT}`,
      { at: Date.UTC(2024, 10, 15, 12, 2, 3, 470), fromKernel: true },
    ],
    [
      'dmesg -x',
      `kern  :err   : 2025-02-10T16:28:06,502716+00:00 ${TEXT}`,
      { at: Date.UTC(2025, 1, 10, 16, 28, 6, 502), facility: 0, priority: 3, fromKernel: true },
    ],
    [
      'dmesg -x, written by a user',
      `user  :warn  : [  12.5] ${TEXT}`,
      { monotonicUs: 12500000, priority: 4, fromKernel: false },
    ],
    [
      'journalctl -o short-iso',
      `2025-01-02T15:20:12+0800 gpu-7.site kernel: ${TEXT}`,
      { at: Date.UTC(2025, 0, 2, 7, 20, 12), fromKernel: true },
    ],
    [
      'syslog',
      `Jan  5 06:18:52 atom kernel: [295306.524933] ${TEXT}`,
      { at: local(2025, 1, 5, 6, 18, 52), monotonicUs: 295306524933, fromKernel: true },
    ],
    [
      'syslog of last year',
      `Dec 31 23:59:59 atom kernel: ${TEXT}`,
      { at: local(2024, 12, 31, 23, 59, 59), fromKernel: true },
    ],
    [
      'syslog of a leap day',
      `Feb 29 10:00:00 atom kernel: ${TEXT}`,
      { at: local(2024, 2, 29, 10, 0, 0), fromKernel: true },
    ],
    ['pstore', `<6>[  201.650687] ${TEXT}`, { monotonicUs: 201650687, facility: 0, priority: 6, fromKernel: true }],
    [
      'pstore, written by a user',
      `<14>[  201.650687] ${TEXT}`,
      { monotonicUs: 201650687, facility: 1, priority: 6, fromKernel: false },
    ],
    [
      'syslog with fractions of a second',
      `May 31 06:18:52.123456 atom kernel: ${TEXT}`,
      { at: local(2025, 5, 31, 6, 18, 52), fromKernel: true },
    ],
    ['journalctl -o short-unix', `1740000000.250000 atom kernel: ${TEXT}`, { at: 1_740_000_000_250, fromKernel: true }],
    [
      'journalctl -o short-full',
      `Thu 2025-02-20 06:18:52 UTC atom kernel: ${TEXT}`,
      { at: local(2025, 2, 20, 6, 18, 52), fromKernel: true },
    ],
    ['text that says kernel', `node-3 kernel: ${TEXT}`, { fromKernel: true }],
    ['bare text', TEXT, { fromKernel: false }],
    [
      'journalctl -o json',
      JSON.stringify({
        MESSAGE: TEXT,
        SYSLOG_IDENTIFIER: 'kernel',
        _TRANSPORT: 'kernel',
        PRIORITY: '4',
        __REALTIME_TIMESTAMP: '1740000000000000',
      }),
      { at: 1740000000000, priority: 4, fromKernel: true },
    ],
    [
      'journalctl -o json, written by a user to /dev/kmsg',
      JSON.stringify({
        MESSAGE: TEXT.replace('NVRM: ', ''),
        SYSLOG_IDENTIFIER: 'NVRM',
        SYSLOG_FACILITY: '1',
        _TRANSPORT: 'kernel',
      }),
      { facility: 1, fromKernel: false },
    ],
  ])('%s', (_dialect, line, expected) => {
    expect(parseKernelLine(line, NOW)).toEqual(expect.objectContaining({ ...expected, text: TEXT }));
  });

  test.each([...'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ').entries()])(
    'month %i is %s',
    (month, name) => {
      // On 1 June 2025 the months that follow are those of the year before.
      const year = month <= 5 ? 2025 : 2024;
      const at = local(year, month + 1, 1, 0, 0, 7);
      expect(parseKernelLine(`${name}  1 00:00:07 atom kernel: ${TEXT}`, NOW)?.at).toBe(at);
      expect(parseKernelLine(`[Sun ${name}  1 00:00:07 ${year}] ${TEXT}`, NOW)?.at).toBe(at);
    },
  );

  test.each([
    ['syslog', `Jan  5 06:18:52 atom myprog[12]: ${TEXT}`],
    ['journalctl', `2025-01-02T15:20:12+0000 atom myprog: ${TEXT}`],
    ['journalctl -o json', JSON.stringify({ MESSAGE: TEXT, SYSLOG_IDENTIFIER: 'myprog', _TRANSPORT: 'syslog' })],
  ])('a program in %s keeps its name before the text and is not the kernel', (_where, line) => {
    const record = parseKernelLine(line, NOW);
    expect(record).toMatchObject({ fromKernel: false });
    expect(record?.text).toMatch(/^myprog(\[12\])?: NVRM/);
  });

  test('a journal identifier that looks like the driver is not the kernel', () => {
    expect(parseKernelLine('Jan  5 06:18:52 atom NVRM: Xid (PCI:0000:38:00): 79', NOW)).toMatchObject({
      fromKernel: false,
      text: 'NVRM: Xid (PCI:0000:38:00): 79',
    });
  });

  test('the escapes of /dev/kmsg become what was written', () => {
    expect(parseKernelLine('4,1,2,-;a\\x0ab \\xe2\\x80\\x94 \\x5c', NOW)?.text).toBe('a\nb — \\');
  });

  test.each(['', ' SUBSYSTEM=pci', ' DEVICE=+pci:0000:38:00.0', '{"MESSAGE":[1,"x"]}', '{"MESSAGE"'])(
    '%j is no record',
    (line) => expect(parseKernelLine(line, NOW)).toBeUndefined(),
  );

  test('a bracket that is not a time stays in the text', () => {
    expect(parseKernelLine('[ 0] RxErr (First)', NOW)).toEqual({ fromKernel: false, text: '[ 0] RxErr (First)' });
  });

  it('never throws, on any text and on every truncation of a real line', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (line) => void parseKernelLine(line, NOW)));
    const line = `kern  :err   : 2025-02-10T16:28:06,502716+00:00 node kernel: [ 12.5] ${TEXT}`;
    for (let length = 0; length <= line.length; length += 1) parseKernelLine(line.slice(0, length), NOW);
  });
});

describe('dialects in which a log may be handed over', () => {
  const XID = 'NVRM: Xid (PCI:0000:61:00): 79, pid=1, name=x, GPU has fallen off the bus.';
  const AT = Date.UTC(2026, 10, 26, 20);

  it.each([
    `[Thu Nov 26 19:00:01 2026] [  T123] ${XID}`,
    `[370448.123] node7 kernel: ${XID}`,
    `Thu 2026-11-26 19:00:01 UTC node7 kernel: ${XID}`,
    `Thu 2026-11-26 19:00:01 CEST node7 kernel: ${XID}`,
    `1795719269.000000 node7 kernel: ${XID}`,
    `[Nov26 19:00] ${XID}`,
    `[  +0.000012] ${XID}`,
    `[370448.000000 <    0.000004>] ${XID}`,
    `<3>1 2026-11-26T19:00:01.000Z node7 kernel - - - ${XID}`,
    `\ufeff[370448.123456] ${XID}`,
    `\u001b[32m[370448.123456] \u001b[0m\u001b[31m${XID}\u001b[0m`,
    JSON.stringify({ MESSAGE: [...Buffer.from(XID)], _TRANSPORT: 'kernel', SYSLOG_FACILITY: '0' }),
    `{ "MESSAGE" : ${JSON.stringify(XID)}, "_TRANSPORT" : "kernel" }`,
  ])('%s', (line) => {
    expect(parseKernelLine(line, AT)).toMatchObject({ text: XID, fromKernel: true });
  });

  it.each([
    `[370448.123] node7 logger[12]: ${XID}`,
    `1795719269.000000 node7 logger[12]: ${XID}`,
    `Thu 2026-11-26 19:00:01 UTC node7 logger: ${XID}`,
    `<14>1 2026-11-26T19:00:01.000Z node7 logger 12 - - ${XID}`,
  ])('a user, %s', (line) => {
    const record = parseKernelLine(line, AT);
    expect(record?.fromKernel === true && record.text.startsWith('NVRM')).toBe(false);
  });
});
