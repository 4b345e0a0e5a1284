import { describe, expect, it } from 'vitest';
import { checks } from '../../checks/index.ts';
import { replayed } from '../../src/agent/replay.ts';
import type { EventRecord } from '../../src/engine/event.ts';

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
  lifetime: { cleared_by: 'service' },
  first_seen: '2026-03-01T11:59:00.000Z',
};

describe('an agent that was killed after it told and before it saved', () => {
  it('finds the finding raised, with its beginning and with what ends it', () => {
    const [held, ...more] = replayed([], [raisedXid], checks);
    expect(held).toMatchObject({
      raised: true,
      firstSeen: Date.parse('2026-03-01T11:59:00.000Z'),
      record: {
        check: 'gpu/xid-errors',
        code: 'fatal-xid',
        lifetime: { clearedBy: 'service' },
        component: { pciBusId: '00000000:3B:00.0' },
      },
    });
    expect(more).toEqual([]);
  });

  it('finds what became worse as bad as it became', () => {
    const warned: EventRecord = { ...raisedXid, severity: 'WARNING' };
    const worse: EventRecord = { ...raisedXid, id: 9, type: 'finding_changed' };
    expect(replayed([], [warned, worse], checks)[0]?.record.severity).toBe('CRITICAL');
  });

  it('finds what was cleared gone', () => {
    const cleared: EventRecord = { ...raisedXid, id: 9, type: 'finding_cleared' };
    expect(replayed(replayed([], [raisedXid], checks), [cleared], checks)).toEqual([]);
  });

  it('finds what is said of a job over when the job is', () => {
    const lagging: EventRecord = {
      ...raisedXid,
      check: 'straggler/lagging-gpu',
      code: 'likely',
      severity: 'WARNING',
      lifetime: 'condition',
    };
    expect(replayed([], [lagging], checks)[0]?.record.lapsesAfterSeconds).toBe(900);
  });

  it('leaves out codes that this version does not have', () => {
    expect(replayed([], [{ ...raisedXid, code: 'no-such-code' }], checks)).toEqual([]);
  });
});
