import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { checks } from '../../checks/index.ts';
import { WINDOWS } from '../../src/api.ts';
import { explainSxid, explainXid } from '../../src/knowledge/explain.ts';
import { nicCounterLimits } from '../../src/knowledge/nic-counters.ts';
import { throttleReason, throttleReasons } from '../../src/knowledge/throttle.ts';
import { COUNTER_COLUMNS, counterRows } from '../../src/pages/nic-counters.ts';
import { HARDWARE_COUNTERS, PORT_COUNTERS } from '../../src/parse/infiniband/counters.ts';

describe('nicCounterLimits', () => {
  const Row = v.strictObject({
    name: v.pipe(v.string(), v.regex(/^[a-z_]+\*?[a-z_]*$/)),
    path: v.pipe(v.string(), v.regex(/^(?:ports\/<port>\/(?:hw_)?counters\/\w+|ethtool -S <interface>: [\w*]+)$/)),
    linkLayer: v.picklist(['infiniband', 'ethernet', 'any']),
    measure: v.picklist(['delta', 'rate']),
    threshold: v.pipe(v.number(), v.minValue(0)),
    unit: v.pipe(v.string(), v.minLength(1)),
    window: v.picklist(WINDOWS),
    // An error counter takes no node out of service.
    severity: v.picklist(['INFO', 'WARNING']),
    check: v.picklist(checks.map(({ id }) => id)),
    code: v.string(),
    compareWithSiblings: v.boolean(),
    meaning: v.pipe(v.string(), v.regex(/^[A-Z].*\.$/)),
    source: v.pipe(v.string(), v.minLength(1)),
  });

  it.each(nicCounterLimits.map((row) => [row.name, row] as const))('%s has the form of a rule', (_, row) => {
    expect(v.safeParse(Row, row).issues).toBeUndefined();
    expect(row.path.endsWith(row.name)).toBe(true);
    // A rate names its time, a delta does not.
    expect(/\/(s|min|h)$/.test(row.unit)).toBe(row.measure === 'rate');
    expect(Object.keys(checks.find(({ id }) => id === row.check)?.rules ?? {})).toContain(row.code);
  });

  it('reads only what a collector reads', () => {
    const inSysfs = nicCounterLimits.filter(({ path }) => path.startsWith('ports/'));
    const read = [...PORT_COUNTERS, ...HARDWARE_COUNTERS];
    expect(inSysfs.filter(({ name }) => !read.includes(name))).toEqual([]);
  });

  it('holds one limit for each counter, and leaves flaps to their own check', () => {
    const names = nicCounterLimits.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).not.toContain('link_downed');
    expect(names).toEqual(expect.arrayContaining(['symbol_error', 'port_rcv_errors', 'roce_slow_restart']));
  });

  it('warns of what NVSentinel calls fatal', () => {
    const limitOf = (wanted: string) => nicCounterLimits.find(({ name }) => name === wanted);
    expect(limitOf('symbol_error')).toMatchObject({
      measure: 'rate',
      threshold: 120,
      unit: 'errors/h',
      severity: 'WARNING',
      linkLayer: 'infiniband',
    });
    expect(limitOf('excessive_buffer_overrun_errors')).toMatchObject({ threshold: 0, severity: 'WARNING' });
  });

  it('is a table for people, a cell for each column', () => {
    const rows = counterRows();
    expect(rows).toHaveLength(nicCounterLimits.length);
    for (const row of rows) expect(row).toHaveLength(COUNTER_COLUMNS.length);
    expect(rows[0]?.slice(0, 5)).toEqual([
      'symbol_error',
      'ports/<port>/counters/symbol_error',
      'infiniband',
      'rate',
      '120 errors/h over 1 h',
    ]);
    expect(rows.find(([name]) => name === 'rnr_nak_retry_err')?.[4]).toBe('0 retries in 15 min');
  });
});

describe('throttleReasons', () => {
  it('holds each reason once, each with a bit of its own', () => {
    expect(throttleReasons).toHaveLength(9);
    expect(new Set(throttleReasons.map(({ reason }) => reason)).size).toBe(9);
    const bits = throttleReasons.map(({ bit }) => Number(bit));
    expect(bits.reduce((all, bit) => all | bit, 0)).toBe(0x1ff);
  });

  it.each([
    ['sw_power_cap', 'by-share'],
    ['idle', 'benign'],
    ['hw_thermal', 'slows'],
    ['hw_power_brake', 'slows'],
  ] as const)('calls %s %s', (reason, kind) => expect(throttleReason(reason)?.kind).toBe(kind));
});

describe('explain', () => {
  it('explains an Xid with both buckets and the reason of the judgement', () => {
    expect(explainXid(79)).toMatchObject({
      kind: 'xid',
      known: true,
      mnemonic: 'ROBUST_CHANNEL_GPU_HAS_FALLEN_OFF_THE_BUS',
      severity: 'CRITICAL',
      immediate: { name: 'RESTART_BM', meaning: expect.stringContaining('Reboot') },
      investigatory: { name: 'CONTACT_SUPPORT' },
      appliesTo: ['A100', 'H100', 'B100', 'GB200'],
      linkedTo154: true,
      why: expect.any(String),
    });
  });

  it('leaves out buckets that the catalogue does not give', () => {
    expect(explainXid(167)).not.toHaveProperty('immediate');
    expect(explainXid(167)).not.toHaveProperty('investigatory');
  });

  it('says of an unknown code that it is unknown', () => {
    expect(explainXid(999)).toMatchObject({ known: false, severity: 'WARNING', class: 'unknown' });
    expect(explainSxid(99_999)).toMatchObject({ kind: 'sxid', known: false, severity: 'WARNING' });
  });

  it('explains an SXid', () => {
    expect(explainSxid(20_034)).toMatchObject({
      kind: 'sxid',
      known: true,
      mnemonic: 'LTSSM Fault Up',
      severity: 'CRITICAL',
    });
  });
});
