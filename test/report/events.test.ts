import { describe, expect, it } from 'vitest';
import type { EventRecord } from '../../src/engine/event.ts';
import { ANSI, PLAIN } from '../../src/report/colour.ts';
import { eventsJson, eventsText } from '../../src/report/events.ts';
import { parseEventQuery } from '../../src/report/events-query.ts';

const event = (over: Partial<EventRecord>): EventRecord => ({
  id: 1,
  at: '2026-06-01T03:12:44.123Z',
  node: 'gpu-node-17',
  boot_id: 'boot-1',
  type: 'agent_started',
  message: 'muster 0.1.0 started',
  ...over,
});

const GPU = { key: 'gpu:GPU-a', kind: 'gpu', index: 3, uuid: 'GPU-a', pci_bus_id: '00000000:52:00.0' } as const;

const NIGHT: readonly EventRecord[] = [
  event({}),
  event({
    type: 'finding_raised',
    severity: 'CRITICAL',
    check: 'gpu/xid-errors',
    code: 'xid-79',
    component: GPU,
    message: 'Xid 79: the GPU has fallen off the bus',
  }),
  event({
    at: '2026-06-01T04:00:00.000Z',
    type: 'suppressed',
    check: 'network/link-down',
    component: { key: 'nic:mlx5_2/1', kind: 'nic', device: 'mlx5_2', port: 1 },
    message: 'network/link-down is suppressed',
    reason: 'cable ordered',
    owner: 'ada',
    expires_at: '2026-06-02T04:00:00.000Z',
  }),
];

describe('events as text', () => {
  it('are a line each, in columns, the newest last', () => {
    expect(eventsText(NIGHT, PLAIN)).toBe(
      [
        '2026-06-01T03:12:44Z  -         agent_started   -                  -                       muster 0.1.0 started',
        '2026-06-01T03:12:44Z  CRITICAL  finding_raised  gpu/xid-errors     GPU 3 00000000:52:00.0  Xid 79: the GPU has fallen off the bus',
        '2026-06-01T04:00:00Z  -         suppressed      network/link-down  NIC mlx5_2/1            network/link-down is suppressed (cable ordered, by ada, until 2026-06-02T04:00:00Z)',
        '',
      ].join('\n'),
    );
    expect(eventsText([], PLAIN)).toBe('');
  });

  it('show what is bad in red and what is over in green, and stay aligned', () => {
    const all = [...NIGHT, event({ type: 'finding_cleared', severity: 'CRITICAL' })];
    const text = eventsText(all, ANSI);
    expect(text).toContain('\u001b[31mCRITICAL\u001b[39m');
    expect(text).toContain('\u001b[32mCRITICAL\u001b[39m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: taking the colours away again
    expect(text.replaceAll(/\u001b\[[0-9]+m/g, '')).toBe(eventsText(all, PLAIN));
  });

  const EVIL = '\u001b]0;owned\u0007\u001b[2J\r\n\u009b31m\u202e end';

  it('let nothing reach the terminal that it would obey, whoever wrote it', () => {
    const all = event({
      message: EVIL,
      reason: EVIL,
      owner: EVIL,
      check: EVIL,
      at: EVIL,
      expires_at: EVIL,
      component: { ...GPU, pci_bus_id: EVIL },
    });
    for (const text of [eventsText([all], PLAIN), eventsJson([all])]) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the purpose
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/);
    }
    expect(eventsText([all], PLAIN).split('\n')).toHaveLength(2);
    expect(JSON.parse(eventsJson([all]))).toEqual({ schema_version: 1, events: [all] });
  });
});

describe('a query in words', () => {
  const nowMs = Date.parse('2026-06-01T12:00:00Z');
  const parse = (words: Parameters<typeof parseEventQuery>[0]) =>
    parseEventQuery(words, { nowMs, defaultLimit: 50, maxLimit: 1000 });

  it.each([
    ['90s', '2026-06-01T11:58:30Z'],
    ['30m', '2026-06-01T11:30:00Z'],
    ['2h', '2026-06-01T10:00:00Z'],
    ['7d', '2026-05-25T12:00:00Z'],
    ['2026-06-01T10:00:00Z', '2026-06-01T10:00:00Z'],
    ['2026-06-01t12:00:00.5+02:00', '2026-06-01T10:00:00.500Z'],
    ['2026-06-01 10:00:00z', '2026-06-01T10:00:00Z'],
  ])('since %s', (since, expected) => {
    expect(parse({ since })).toEqual({ ok: true, query: { limit: 50, sinceMs: Date.parse(expected) } });
  });

  it('with everything', () => {
    expect(
      parse({ type: ['finding_raised', 'gpu_reset'], check: 'gpu/***', component: 'GPU 3', limit: '1000' }),
    ).toEqual({
      ok: true,
      query: { limit: 1000, types: ['finding_raised', 'gpu_reset'], check: 'gpu/*', component: 'GPU 3' },
    });
  });

  it.each([
    [{ since: 'yesterday' }, 'since yesterday: write for example 30m, 2h, 7d or 2025-06-01T12:00:00Z'],
    [{ since: '' }, /^since : write/],
    [{ since: '-5m' }, /^since -5m/],
    [{ since: '2026-06-01' }, /^since 2026-06-01: write/],
    [{ since: '2026-13-41T00:00:00Z' }, /^since 2026-13/],
    [{ type: ['finding_raised', 'oops'] }, /^type oops: there is no such event; types are finding_raised, /],
    [{ limit: '0' }, 'limit 0: write a number from 1 to 1000'],
    [{ limit: '1001' }, /^limit 1001/],
    [{ limit: '1e2' }, /^limit 1e2/],
    [{ limit: '' }, /^limit/],
    [{ check: '' }, /^check: write/],
    [{ check: '*a'.repeat(40) }, /^check: write an id or a pattern of at most 64 characters/],
  ])('%j is refused on one line', (words, error) => {
    const parsed = parse(words);
    expect(parsed).toEqual({ ok: false, error: error instanceof RegExp ? expect.stringMatching(error) : error });
    expect(JSON.stringify(parsed)).not.toContain('\\n');
  });
});
