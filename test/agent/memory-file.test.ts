import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checks } from '../../checks/index.ts';
import { type AgentMemory, fromFile, replayed, toFile } from '../../src/agent/memory-file.ts';
import type { EventRecord } from '../../src/engine/event.ts';

const memory: AgentMemory = {
  lastEventId: 7,
  engine: { bootId: 'b', findings: [], suppressions: [], gpus: [], counters: {}, kernel: { events: [], lost: 0 } },
};

const raisedXid: EventRecord = {
  id: 8,
  at: '2026-03-01T12:00:00.000Z',
  node: 'n',
  boot_id: 'b',
  type: 'finding_raised',
  message: 'GPU 3 reported Xid 79',
  severity: 'CRITICAL',
  check: 'gpu/xid-errors',
  code: 'fatal-xid',
  component: { key: 'gpu:GPU-1', kind: 'gpu', index: 3, pci_bus_id: '00000000:3B:00.0' },
  action: { drain: true, then: 'reboot' },
  first_seen: '2026-03-01T11:59:00.000Z',
};

describe('the memory file', () => {
  it('comes back as it was', () => {
    expect(fromFile(JSON.parse(JSON.stringify(toFile(memory))))).toEqual({
      ok: true,
      value: { schema_version: 1, ...memory },
    });
  });

  it('is no memory when it is another version or not whole, whatever it holds', () => {
    expect(fromFile({ ...memory, schema_version: 2 })).toMatchObject({ ok: false });
    expect(fromFile({ schema_version: 1, lastEventId: 1, engine: { bootId: 'b' } })).toMatchObject({ ok: false });
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(fromFile(value).ok).toBe(false);
      }),
    );
  });
});

describe('an agent that was killed after it told and before it saved', () => {
  it('finds the finding raised, with its beginning', () => {
    const [held, ...more] = replayed([], [raisedXid], checks);
    expect(held).toMatchObject({
      raised: true,
      firstSeen: Date.parse('2026-03-01T11:59:00.000Z'),
      record: { check: 'gpu/xid-errors', code: 'fatal-xid', component: { pciBusId: '00000000:3B:00.0' } },
    });
    expect(more).toEqual([]);
  });

  it('finds what was cleared gone', () => {
    const cleared: EventRecord = { ...raisedXid, id: 9, type: 'finding_cleared' };
    expect(replayed(replayed([], [raisedXid], checks), [cleared], checks)).toEqual([]);
  });

  it('leaves out codes that this version does not have', () => {
    expect(replayed([], [{ ...raisedXid, code: 'no-such-code' }], checks)).toEqual([]);
  });
});
