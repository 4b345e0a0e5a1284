import type { Component, KernelEvent } from '../api.ts';
import type { EventComponent, EventRecord, EventType, NewEvent } from '../engine/event.ts';
import type { GpuReset } from '../engine/facts.ts';
import type { FindingChange, NodeIdentity, Snapshot } from '../engine/snapshot.ts';

export interface Recorder {
  /** What the Snapshot tells that was not told before. */
  eventsOf(snapshot: Snapshot): readonly NewEvent[];
  /** An event of the agent itself, of an operator, or of a GPU. */
  event(type: EventType, message: string, more?: Partial<NewEvent>): NewEvent;
  reset(reset: GpuReset): NewEvent;
}

/** A flood of one Xid is one event a minute with its count; the first of it is told at once. */
const REPEAT_MS = 60_000;
/** Records that count from boot are dated by a boot time of whole seconds (proc_stat(5), btime). */
const SAME_TIME_MS = 2000;

const iso = (ms: number): string => (Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : new Date(0).toISOString());

const componentOf = ({
  key,
  kind,
  index,
  uuid,
  pciBusId,
  serial,
  slot,
  device,
  port,
  guid,
}: Component): EventComponent => ({
  key,
  kind,
  ...(index === undefined ? {} : { index }),
  ...(uuid === undefined ? {} : { uuid }),
  ...(pciBusId === undefined ? {} : { pci_bus_id: pciBusId }),
  ...(serial === undefined ? {} : { serial }),
  ...(slot === undefined ? {} : { slot }),
  ...(device === undefined ? {} : { device }),
  ...(port === undefined ? {} : { port }),
  ...(guid === undefined ? {} : { guid }),
});

/** The reverse, for a finding that is known from the store alone. */
export const componentFrom = ({ pci_bus_id: pciBusId, ...rest }: EventComponent): Component => ({
  ...rest,
  ...(pciBusId === undefined ? {} : { pciBusId }),
});

const identityOf = ({ fromKernel, kind, component, code, causedBy, variant }: KernelEvent): string =>
  [fromKernel, kind, component.pciBusId ?? component.key, code, causedBy, variant].join('|');

/** The same for an event of the store. */
const storedIdentity = ({ component, evidence = {} }: EventRecord): string =>
  [
    evidence.from_kernel,
    evidence.kind,
    component?.pci_bus_id ?? component?.key,
    evidence.code,
    evidence.caused_by,
    evidence.variant,
  ].join('|');

/** Turns what changed into events; each is told once, over restarts too: `told` is what the store holds of this boot. */
export const createRecorder = (o: {
  readonly node: () => NodeIdentity;
  readonly now: () => number;
  readonly told: readonly EventRecord[];
}): Recorder => {
  /** What was told of each kernel event: when it had happened last, and when that was told (Unix ms). */
  const kernel = new Map<string, { happenedAt: number; repeats: number; toldAt: number }>();
  for (const record of o.told) {
    if (record.type !== 'kernel_event') continue;
    const repeats = Number(record.evidence?.count ?? 1);
    kernel.set(storedIdentity(record), { happenedAt: Date.parse(record.at), repeats, toldAt: 0 });
  }
  let lostTold = Math.max(
    0,
    ...o.told
      .filter(({ type }) => type === 'kernel_log_gap')
      .map(({ evidence }) => Number(evidence?.lost_since_boot ?? 0)),
  );

  const event: Recorder['event'] = (type, message, more = {}) => ({
    at: iso(o.now()),
    node: o.node().name,
    boot_id: o.node().bootId,
    type,
    message,
    ...more,
  });

  const ofChange = ({ type, at, finding, reason }: FindingChange): NewEvent =>
    event(type, type === 'finding_cleared' ? `over: ${finding.message}` : finding.message, {
      at: iso(at),
      severity: finding.severity,
      check: finding.check,
      code: finding.code,
      component: componentOf(finding.component),
      action: finding.action,
      ...(finding.firstSeen === undefined ? {} : { first_seen: iso(finding.firstSeen) }),
      ...(reason === undefined ? {} : { reason }),
      evidence: finding.evidence,
    });

  const ofKernel = (one: KernelEvent): NewEvent | undefined => {
    const identity = identityOf(one);
    const told = kernel.get(identity);
    const now = o.now();
    const isNew = told === undefined || one.at > told.happenedAt + SAME_TIME_MS || one.repeats > told.repeats;
    if (!isNew) return undefined;
    // The store told of it before this process began, whatever the count was then.
    if (told?.toldAt === 0 && one.at <= told.happenedAt + SAME_TIME_MS) {
      kernel.set(identity, { happenedAt: one.at, repeats: one.repeats, toldAt: 1 });
      return undefined;
    }
    if (told !== undefined && now - told.toldAt < REPEAT_MS) return undefined;
    kernel.set(identity, { happenedAt: one.at, repeats: one.repeats, toldAt: now });
    return event('kernel_event', one.text, {
      at: iso(one.at),
      component: componentOf(one.component),
      ...(one.meaning === undefined ? {} : { severity: one.meaning.severity }),
      first_seen: iso(one.firstAt),
      evidence: {
        kind: one.kind,
        from_kernel: one.fromKernel,
        count: one.repeats,
        ...(one.code === undefined ? {} : { code: one.code }),
        ...(one.causedBy === undefined ? {} : { caused_by: one.causedBy }),
        ...(one.variant === undefined ? {} : { variant: one.variant }),
        ...(one.sequence === undefined ? {} : { sequence: one.sequence }),
      },
    });
  };

  const ofGap = (lost: number): readonly NewEvent[] => {
    if (lost <= lostTold) return [];
    const more = lost - lostTold;
    lostTold = lost;
    return [
      event('kernel_log_gap', `${more} kernel records were overwritten before they were read`, {
        severity: 'WARNING',
        evidence: { lost: more, lost_since_boot: lost },
      }),
    ];
  };

  return {
    event,
    reset: ({ component, at, evidence }) =>
      event('gpu_reset', `the GPU was reset: ${evidence}`, { at: iso(at), component: componentOf(component) }),
    eventsOf: ({ changes, facts }) => {
      const log = facts.kernelLog?.ok === true ? facts.kernelLog.value : undefined;
      const kernelEvents = (log?.events ?? []).map(ofKernel).filter((one): one is NewEvent => one !== undefined);
      // The record comes before the finding that follows from it.
      return [...kernelEvents, ...ofGap(log?.lost ?? 0), ...changes.map(ofChange)];
    },
  };
};
