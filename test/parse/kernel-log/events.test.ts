import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { KernelLog } from '../../../src/api.ts';
import { createEventLog } from '../../../src/parse/kernel-log/events.ts';

const BOOTED_AT = Date.UTC(2025, 0, 1);
const NOW = BOOTED_AT + 86_400_000;
const reading = { now: NOW, bootedAt: BOOTED_AT };

const kmsg = (seconds: number, text: string, facilityAndPriority = 4): string =>
  `${facilityAndPriority},${seconds},${seconds * 1_000_000},-;${text}`;
const xid = (code: number, rest = '', gpu = '38'): string => `NVRM: Xid (PCI:0000:${gpu}:00): ${code}${rest}`;

const logOf = (...lines: readonly string[]): KernelLog => {
  const log = createEventLog();
  log.add(lines, reading);
  return log.take();
};

describe('lines become events', () => {
  test('repeats are counted; first and latest time and the latest words are kept', () => {
    const { events } = logOf(
      kmsg(10, xid(13, ', pid=1, name=a, SM 1')),
      kmsg(20, xid(13, ', pid=1, name=a, SM 1')),
      kmsg(30, xid(13, ', pid=2, name=b, SM 2')),
    );
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      code: 13,
      repeats: 3,
      firstAt: BOOTED_AT + 10_000,
      at: BOOTED_AT + 30_000,
      fields: { pid: '2', name: 'b' },
      fromKernel: true,
      text: xid(13, ', pid=2, name=b, SM 2'),
    });
  });

  test('GPUs and codes are kept apart', () => {
    const { events } = logOf(kmsg(1, xid(13)), kmsg(2, xid(31)), kmsg(3, xid(13, '', '9b')));
    expect(events.map(({ component, code }) => `${component.pciBusId} ${code}`)).toEqual([
      '00000000:38:00.0 13',
      '00000000:38:00.0 31',
      '00000000:9B:00.0 13',
    ]);
  });

  test('a harmless NVLink Xid does not take the place of a fatal one', () => {
    const { events } = logOf(
      kmsg(1, xid(145, ', RLW_REMAP Fatal XC0 i0 Link 00 (0x00000004 0x00000040 0x0 0x0)')),
      kmsg(2, xid(145, ', RLW_REMAP Nonfatal XC0 i0 Link 00 (0x00000004 0x00000001 0x0 0x0)')),
    );
    expect(events.map(({ fields }) => fields.severity)).toEqual(['Fatal', 'Nonfatal']);
  });

  test('what a user wrote stays apart from what the kernel wrote', () => {
    const { events } = logOf(kmsg(1, xid(79), 12), kmsg(2, xid(79)));
    expect(events.map(({ fromKernel, repeats }) => [fromKernel, repeats])).toEqual([
      [false, 1],
      [true, 1],
    ]);
  });

  test('a record whose time is not known happened when it was read, and none lies in the future', () => {
    const log = createEventLog();
    log.add([kmsg(10, xid(48))], { now: NOW });
    log.add([kmsg(10_000_000, xid(63))], reading);
    expect(log.take().events.map(({ at }) => at)).toEqual([NOW, NOW]);
  });

  test('the oldest record and what the ring overwrote are told', () => {
    const log = createEventLog();
    log.add([kmsg(5, 'IPv6: eth0: link becomes ready'), kmsg(9, xid(48))], { ...reading, lost: 3 });
    log.add([kmsg(20, xid(48))], { ...reading, lost: 4 });
    expect(log.take()).toMatchObject({ since: BOOTED_AT + 5000, lost: 7 });
    expect(logOf(kmsg(7, xid(48))).since).toBe(BOOTED_AT + 7000);
  });

  test('what was taken is not given again, and a sentence goes on over it', () => {
    const log = createEventLog();
    log.add([kmsg(1, xid(48)), kmsg(2, 'NVRM: The NVIDIA GPU 0000:18:00.0')], { ...reading, lost: 2 });
    expect(log.take()).toMatchObject({ events: [{ code: 48, repeats: 1, sequence: 1 }], lost: 2, sequence: 2 });
    expect(log.take()).toEqual({ events: [], lost: 0, since: 0 });
    log.add([kmsg(3, 'NVRM: fallen off the bus and is not responding to commands.'), kmsg(4, xid(48))], reading);
    expect(log.take()).toMatchObject({
      events: [{ kind: 'fallen-off-bus' }, { code: 48, repeats: 1, sequence: 4 }],
      lost: 0,
      sequence: 4,
    });
  });

  test('a record that came since the last reading did not happen before it, however the clocks drift', () => {
    const readToEndAt = NOW - 1000;
    const log = createEventLog();
    log.add([kmsg(10, xid(48)), `2025-01-01T00:00:20,000000+00:00 ${xid(63)}`], { ...reading, readToEndAt });
    expect(log.take().events.map(({ at }) => at)).toEqual([readToEndAt, BOOTED_AT + 20_000]);
  });

  test('a recovery that is needed no more does not take the place of one that is', () => {
    const { events } = logOf(
      kmsg(1, xid(154, ', GPU recovery action changed from 0x0 (None) to 0x1 (GPU Reset Required)')),
      kmsg(2, xid(154, ', GPU recovery action changed from 0x1 (GPU Reset Required) to 0x0 (None)')),
    );
    expect(events.map(({ variant }) => variant)).toEqual(['GPU Reset Required', 'None']);
  });

  test('with an empty log nothing before the first reading is known', () => {
    const log = createEventLog();
    log.add([], reading);
    expect(log.take()).toEqual({ events: [], lost: 0, since: NOW });
  });
});

describe('a GPU that fell off the bus', () => {
  const SENTENCE = [
    'NVRM: The NVIDIA GPU 0000:18:00.0',
    'NVRM: (PCI ID: 10de:2901) installed in this system has',
    'NVRM: fallen off the bus and is not responding to commands.',
  ];
  const expected = {
    kind: 'fallen-off-bus',
    component: { key: 'gpu:00000000:18:00.0' },
    fields: { pciDeviceId: '10de:2901' },
    repeats: 1,
  };

  test('in three lines of dmesg, with another line between them', () => {
    const [first = '', ...rest] = SENTENCE;
    const lines = [first, 'eth0: link becomes ready', ...rest].map((text) => `[  100.5] ${text}`);
    expect(logOf(...lines).events).toMatchObject([expected]);
  });

  test('in one record of /dev/kmsg', () => {
    expect(logOf(kmsg(1, SENTENCE.join('\\x0a'))).events).toMatchObject([expected]);
  });

  test('in the short form', () => {
    const { events } = logOf('[ 1.5] NVRM: GPU 0000:29:00.0: GPU has fallen off the bus.');
    expect(events).toMatchObject([{ kind: 'fallen-off-bus', component: { key: 'gpu:00000000:29:00.0' } }]);
    // There is one way to fall off a bus.
    expect(events[0]).not.toHaveProperty('variant');
  });

  test('an Xid 79 is an Xid and nothing else', () => {
    expect(logOf(kmsg(1, xid(79, ', pid=1, name=x, GPU has fallen off the bus.'))).events).toMatchObject([
      { kind: 'xid', code: 79 },
    ]);
  });

  test('another sentence about a GPU is not taken for it', () => {
    const other = ['NVRM: The NVIDIA GPU 0000:18:00.0', 'NVRM: (PCI ID: 10de:2901) is not supported'];
    const later = Array.from({ length: 10 }, () => 'NVRM: GSP RPC history');
    const last = 'NVRM: fallen off the bus and is not responding to commands.';
    expect(logOf(...[...other, ...later, last].map((text) => `[  100.5] ${text}`)).events).toEqual([]);
  });

  test.each([
    [6, 1],
    [7, 0],
  ])('with %i lines between its first and its last it is told %i times', (between, told) => {
    const [first = '', , last = ''] = SENTENCE;
    const lines = [first, ...Array.from({ length: between }, () => 'NVRM: GSP RPC history'), last];
    expect(logOf(...lines.map((text) => `[  100.5] ${text}`)).events).toHaveLength(told);
  });

  test('a user cannot begin the sentence that the kernel ends', () => {
    const [first = '', second = '', last = ''] = SENTENCE;
    expect(logOf(kmsg(1, first, 12), kmsg(2, second), kmsg(3, last)).events).toEqual([]);
  });
});

describe('a flood', () => {
  const distinct = (n: number, facilityAndPriority: number): string[] =>
    Array.from({ length: n }, (_, i) => kmsg(i, xid(i + 1), facilityAndPriority));

  test('is bounded, and what is left out is counted as lost', () => {
    const { events, lost } = logOf(...distinct(10_200, 4));
    expect(events).toHaveLength(10_000);
    expect(lost).toBe(200);
  });

  test('of few distinct Xids stays few events, however many lines', () => {
    const log = createEventLog();
    const distinct = Array.from({ length: 29 }, (_, i) =>
      kmsg(1 + i, xid(95, `, pid=${i}, name=x`, (0x10 + i).toString(16))),
    );
    for (let round = 0; round < 1000; round += 1) log.add(distinct, reading);
    const { events, lost } = log.take();
    expect(events).toHaveLength(29);
    expect(new Set(events.map(({ repeats }) => repeats))).toEqual(new Set([1000]));
    expect(lost).toBe(0);
  });

  test('by a user leaves room for the kernel', () => {
    const { events } = logOf(...distinct(5000, 12), kmsg(6000, xid(79)));
    expect(events.filter(({ fromKernel }) => !fromKernel)).toHaveLength(100);
    expect(events.filter(({ fromKernel }) => fromKernel)).toMatchObject([{ code: 79 }]);
  });

  test('of users is nothing that was lost', () => {
    expect(logOf(...distinct(5000, 12)).lost).toBe(0);
  });

  // What the kernel prints of a file that a user named, with the newline in the name (fs/exec.c, 6.18).
  test('of words that a user put into a record of the kernel says nothing of a GPU', () => {
    const name = '/tmp/x\\x0aNVRM: GPU 0000:61:00.0: GPU has fallen off the bus.';
    expect(logOf(`4,9,1000,-;process '${name}' started with executable stack`).events).toEqual([]);
  });

  test('words of an event are bounded', () => {
    const [event] = logOf(kmsg(1, xid(13, `, ${'x'.repeat(9000)}`))).events;
    expect([event?.text.length, event?.fields.message?.length]).toEqual([500, 500]);
  });

  it('never throws on any lines', () => {
    const word = fc.constantFrom(
      'NVRM: Xid (',
      'SXid',
      'PCIe Bus Error',
      'mlx5_core',
      'Out of memory',
      '4,1,2,-;',
      '[ 1.2] ',
    );
    const line = fc
      .array(fc.oneof(word, fc.string({ unit: 'binary' })), { maxLength: 5 })
      .map((parts) => parts.join(''));
    fc.assert(fc.property(fc.array(line), (lines) => void logOf(...lines)));
  });
});
