import { describe, expect, it } from 'vitest';
import { recallPastFindings } from '../../src/agent/past-findings.ts';
import type { EventRecord, NewEvent } from '../../src/engine/event.ts';
import type { FindingChange } from '../../src/engine/snapshot.ts';
import { openEventLog } from '../../src/store/event-log.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const NOW = Date.parse('2026-03-29T12:00:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const event = (type: EventRecord['type'], at: number, over: Partial<NewEvent> = {}): NewEvent => ({
  at: new Date(at).toISOString(),
  node: 'n',
  boot_id: 'b',
  type,
  message: 'GPU 3: Xid 79',
  ...over,
});

const xid = (type: EventRecord['type'], at: number, over: Partial<NewEvent> = {}): NewEvent =>
  event(type, at, {
    check: 'gpu/xid-errors',
    code: 'fatal',
    severity: 'CRITICAL',
    component: { key: 'gpu:GPU-1', kind: 'gpu', index: 3, uuid: 'GPU-1', pci_bus_id: '00000000:3B:00.0' },
    action: { drain: true, then: 'reboot' },
    ...over,
  });

/** From what the store really holds. */
const recall = async (events: readonly NewEvent[], clock = { now: NOW }) => {
  const log = await openEventLog({
    directory: temporaryDirectory(),
    clock: { wallMs: () => clock.now, monotonicMs: () => 0 },
  });
  for (const one of events) log.append(one);
  await log.flushed();
  return recallPastFindings({ events: log, now: () => clock.now });
};

const started = event('agent_started', NOW - 20 * DAY);

describe('findings of the past', () => {
  it('are what the store tells, with the identity of the board', async () => {
    const past = await recall([
      started,
      xid('finding_raised', NOW - 10 * DAY),
      xid('finding_cleared', NOW - 9 * DAY),
      event('kernel_event', NOW - 8 * DAY),
    ]);
    expect(past.value()).toEqual([
      {
        check: 'gpu/xid-errors',
        code: 'fatal',
        severity: 'CRITICAL',
        drain: true,
        component: { key: 'gpu:GPU-1', kind: 'gpu', index: 3, uuid: 'GPU-1', pciBusId: '00000000:3B:00.0' },
        from: NOW - 10 * DAY,
        to: NOW - 9 * DAY,
      },
    ]);
  });

  it('are one where a reboot cleared them and the node found them again', async () => {
    const at = NOW - 5 * DAY;
    const past = await recall([
      started,
      xid('finding_raised', at, { severity: 'WARNING', action: { drain: false, then: 'watch' } }),
      xid('finding_changed', at + HOUR),
      xid('finding_cleared', at + 2 * HOUR, { reason: 'the node was rebooted' }),
      xid('finding_raised', at + 2 * HOUR + 300_000),
      xid('finding_cleared', at + 4 * HOUR),
      xid('finding_raised', at + 30 * HOUR),
    ]);
    expect(past.value()?.map(({ from, to, severity, drain }) => ({ from, to, severity, drain }))).toEqual([
      { from: at, to: at + 4 * HOUR, severity: 'CRITICAL', drain: true },
      { from: at + 30 * HOUR, to: undefined, severity: 'CRITICAL', drain: true },
    ]);
  });

  it('of another component are others', async () => {
    const component = { key: 'gpu:GPU-2', kind: 'gpu', index: 3, uuid: 'GPU-2' } as const;
    const past = await recall([
      started,
      xid('finding_raised', NOW - DAY),
      xid('finding_raised', NOW - DAY, { component }),
    ]);
    expect(past.value()?.map((one) => one.component.uuid)).toEqual(['GPU-1', 'GPU-2']);
  });

  it('are not told of before three days were watched, over restarts', async () => {
    const clock = { now: NOW };
    const past = await recall([event('agent_started', NOW - 2 * DAY), xid('finding_raised', NOW - DAY)], clock);
    expect(past.value()).toBeUndefined();
    clock.now = NOW + 1.5 * DAY;
    expect(past.value()).toHaveLength(1);
    expect((await recall([])).value()).toBeUndefined();
  });

  it('grow with what the agent finds, and are forgotten when they are old', async () => {
    const clock = { now: NOW };
    const past = await recall([started], clock);
    const before = past.value();
    expect(before).toEqual([]);
    const finding = {
      check: 'gpu/lost-gpus',
      code: 'lost',
      severity: 'CRITICAL',
      action: { drain: true, then: 'reboot' },
    };
    const change = {
      type: 'finding_raised',
      at: NOW,
      finding: { ...finding, component: { kind: 'gpu', key: 'gpu:GPU-1' } },
    };
    past.note([change as unknown as FindingChange]);
    expect(past.value()).toMatchObject([{ check: 'gpu/lost-gpus', from: NOW }]);
    expect(past.value()).toBe(past.value());
    clock.now = NOW + 36 * DAY;
    expect(past.value()).toEqual([]);
  });
});
