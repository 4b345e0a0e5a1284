import { describe, expect, it } from 'vitest';
import { explainSxid, explainXid } from '../../src/knowledge/explain.ts';
import { nicCounterLimits } from '../../src/knowledge/nic-counters.ts';
import { throttleReason, throttleReasons } from '../../src/knowledge/throttle.ts';

describe('nicCounterLimits', () => {
  it('takes no node out of service and explains every limit', () => {
    for (const limit of nicCounterLimits) {
      expect(limit.severity, limit.counter).not.toBe('CRITICAL');
      expect(limit.meaning, limit.counter).toMatch(/\.$/);
      expect(limit.source, limit.counter).not.toBe('');
      expect(limit.limit, limit.counter).toBeGreaterThanOrEqual(0);
    }
  });

  it('holds one limit for each counter, and leaves flaps to their own check', () => {
    const counters = nicCounterLimits.map(({ counter }) => counter);
    expect(new Set(counters).size).toBe(counters.length);
    expect(counters).not.toContain('link_downed');
    expect(counters).toEqual(expect.arrayContaining(['symbol_error', 'port_rcv_errors', 'roce_slow_restart']));
  });

  it('warns of what NVSentinel calls fatal', () => {
    const limitOf = (name: string) => nicCounterLimits.find(({ counter }) => counter === name);
    expect(limitOf('symbol_error')).toMatchObject({
      window: '1h',
      limit: 120,
      severity: 'WARNING',
      linkLayer: 'infiniband',
    });
    expect(limitOf('excessive_buffer_overrun_errors')).toMatchObject({ limit: 0, severity: 'WARNING' });
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
