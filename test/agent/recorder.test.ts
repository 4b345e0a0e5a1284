import { describe, expect, it } from 'vitest';
import { checks } from '../../checks/index.ts';
import { createRecorder } from '../../src/agent/recorder.ts';
import { replayed } from '../../src/agent/replay.ts';
import { type Component, type KernelEvent, known } from '../../src/api.ts';
import type { EventRecord } from '../../src/engine/event.ts';
import type { FindingRecord, Snapshot } from '../../src/engine/snapshot.ts';
import { snapshotOf } from '../support/snapshot.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const gpu: Component = { kind: 'gpu', key: 'gpu:GPU-1', index: 3, uuid: 'GPU-1', pciBusId: '00000000:3B:00.0' };

const xid = (over: Partial<KernelEvent> = {}): KernelEvent => ({
  at: NOW,
  firstAt: NOW,
  kind: 'xid',
  fromKernel: true,
  component: gpu,
  code: 79,
  repeats: 1,
  fields: {},
  text: 'NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.',
  sequence: 17,
  ...over,
});

const withLog = (events: readonly KernelEvent[], lost = 0): Snapshot =>
  snapshotOf({
    facts: { kernelLog: { ...known({ events, lost, since: NOW - 3_600_000 }), at: NOW, source: 'kernel-log' } },
  });

const recorderAt = (clock: { now: number }, told: readonly EventRecord[] = []) =>
  createRecorder({
    node: () => ({ name: 'n', bootId: 'b', bootedAt: 0 }),
    now: () => clock.now,
    monotonicMs: () => clock.now,
    told,
  });

const stored = (events: readonly Omit<EventRecord, 'id'>[]): EventRecord[] =>
  events.map((one, i) => ({ id: i + 1, ...one }));

describe('kernel events', () => {
  it('are told once, with the component and the code', () => {
    const recorder = recorderAt({ now: NOW });
    const [told, ...more] = recorder.eventsOf(withLog([xid()]));
    expect(told).toMatchObject({
      type: 'kernel_event',
      component: { index: 3, pci_bus_id: '00000000:3B:00.0' },
      evidence: { code: 79, count: 1, sequence: 17 },
    });
    expect(more).toEqual([]);
    expect(recorder.eventsOf(withLog([xid()]))).toEqual([]);
  });

  it('of a flood are one a minute, with their count', () => {
    const clock = { now: NOW };
    const recorder = recorderAt(clock);
    const counts: unknown[] = [];
    for (let second = 0; second < 180; second++) {
      clock.now = NOW + second * 1000;
      const flood = xid({ at: clock.now, repeats: 1 + second * 1000, sequence: 17 + second * 1000 });
      counts.push(...recorder.eventsOf(withLog([flood])).map(({ evidence }) => evidence?.count));
    }
    expect(counts).toEqual([1, 60_001, 120_001]);
  });

  it('are not told again by a restarted agent that reads them again', () => {
    const before = stored(recorderAt({ now: NOW }).eventsOf(withLog([xid()])));
    const after = recorderAt({ now: NOW + 60_000 }, before);
    expect(after.eventsOf(withLog([xid()]))).toEqual([]);
    // The log is numbered and dated from boot: a restart may date it half a second otherwise.
    expect(after.eventsOf(withLog([xid({ at: NOW + 500 })]))).toEqual([]);
    const again = xid({ at: NOW + 120_000, repeats: 2, sequence: 18 });
    expect(recorderAt({ now: NOW + 120_000 }, before).eventsOf(withLog([again]))).toHaveLength(1);
  });
});

describe('findings', () => {
  it('are told with what ends them, which an Xid may have of its own', () => {
    const finding: FindingRecord = {
      check: 'gpu/xid-errors',
      code: 'fatal-xid',
      title: 'Fatal Xid',
      severity: 'CRITICAL',
      component: gpu,
      related: [],
      message: 'GPU 3 reported Xid 64',
      evidence: {},
      action: { drain: true, then: 'service' },
      lifetime: { clearedBy: 'service' },
    };
    const changes = [{ type: 'finding_raised', at: NOW, finding }] as const;
    const [told] = recorderAt({ now: NOW }).eventsOf(snapshotOf({ changes }));
    // What a killed agent's successor goes on from.
    const [raised] = stored([told as EventRecord]);
    expect(replayed([], [raised as EventRecord], checks)[0]?.record.lifetime).toEqual({ clearedBy: 'service' });
    expect(checks.find(({ id }) => id === finding.check)?.rules).not.toMatchObject({
      'fatal-xid': { lifetime: { clearedBy: 'service' } },
    });
  });
});

describe('lost kernel records', () => {
  it('are told with what came since, once, over restarts', () => {
    const recorder = recorderAt({ now: NOW });
    const first = recorder.eventsOf(withLog([], 40));
    expect(first).toMatchObject([{ type: 'kernel_log_gap', evidence: { lost: 40 } }]);
    expect(recorder.eventsOf(withLog([], 40))).toEqual([]);
    expect(recorder.eventsOf(withLog([], 50))).toMatchObject([{ evidence: { lost: 10, lost_since_boot: 50 } }]);
    expect(recorderAt({ now: NOW }, stored(first)).eventsOf(withLog([], 40))).toEqual([]);
  });
});
