import type { Component, KernelEvent } from '../api.ts';
import {
  type EventComponent,
  type EventRecord,
  type EventType,
  type NewEvent,
  plainLifetime,
} from '../engine/event.ts';
import type { GpuReset } from '../engine/facts.ts';
import type { FindingChange, NodeIdentity, Snapshot, SourceStatus } from '../engine/snapshot.ts';
import { componentReport } from '../report/component-report.ts';

export interface Recorder {
  /** What the Snapshot tells that was not told before. */
  eventsOf(snapshot: Snapshot): readonly NewEvent[];
  /** An event of the agent itself, of an operator, or of a GPU. */
  event(type: EventType, message: string, more?: Partial<NewEvent>): NewEvent;
  reset(reset: GpuReset): NewEvent;
}

/** A flood of one Xid is one event a minute with its count; the first of it is told at once. */
const REPEAT_MS = 60_000;
/** A source that comes and goes every second is told of once a minute. */
const SOURCE_MS = 60_000;
/** Records that count from boot are dated by a boot time of whole seconds (proc_stat(5), btime). */
const SAME_TIME_MS = 2000;

export const eventComponent = (component: Component): EventComponent => ({
  key: component.key,
  ...componentReport(component),
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

interface Told {
  /** Unix ms. */
  readonly happenedAt: number;
  readonly sequence?: number;
  /** Monotonic ms; absent where an earlier process told it. */
  readonly toldAtMs?: number;
}

/** By its number, which no step of the clock changes; by its time where the source numbers nothing. */
const isLater = (one: KernelEvent, told: Told): boolean =>
  one.sequence !== undefined && told.sequence !== undefined
    ? one.sequence > told.sequence
    : one.at > told.happenedAt + SAME_TIME_MS;

/** Turns what changed into events; each is told once, over restarts too: `told` is what the store holds of this boot. */
export const createRecorder = (o: {
  readonly node: () => NodeIdentity;
  readonly now: () => number;
  readonly monotonicMs: () => number;
  readonly told: readonly EventRecord[];
}): Recorder => {
  /** What was told of each kernel event. */
  const kernel = new Map<string, Told>();
  for (const record of o.told) {
    if (record.type !== 'kernel_event') continue;
    const { sequence } = record.evidence ?? {};
    kernel.set(storedIdentity(record), {
      happenedAt: Date.parse(record.at),
      ...(typeof sequence === 'number' ? { sequence } : {}),
    });
  }
  let lostTold = Math.max(
    0,
    ...o.told
      .filter(({ type }) => type === 'kernel_log_gap')
      .map(({ evidence }) => Number(evidence?.lost_since_boot ?? 0)),
  );

  /** What no calendar can date is dated by its telling. */
  const iso = (ms: number): string => new Date(Math.abs(ms) <= 8.64e15 ? ms : o.now()).toISOString();

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
      component: eventComponent(finding.component),
      action: finding.action,
      // An Xid may need more than its class does: an agent that is killed now finds only here what ends it.
      lifetime: plainLifetime(finding.lifetime),
      ...(finding.firstSeen === undefined ? {} : { first_seen: iso(finding.firstSeen) }),
      ...(reason === undefined ? {} : { reason }),
      evidence: finding.evidence,
    });

  const ofKernel = (one: KernelEvent): NewEvent | undefined => {
    const identity = identityOf(one);
    const told = kernel.get(identity);
    const nowMs = o.monotonicMs();
    if (told !== undefined && (!isLater(one, told) || nowMs - (told.toldAtMs ?? Number.NEGATIVE_INFINITY) < REPEAT_MS))
      return undefined;
    const { sequence } = one;
    kernel.set(identity, { happenedAt: one.at, toldAtMs: nowMs, ...(sequence === undefined ? {} : { sequence }) });
    // Anybody who may write to /dev/kmsg can forge the text.
    const origin = one.fromKernel ? '' : ' (not written by the kernel)';
    const severity = one.fromKernel ? one.meaning?.severity : 'INFO';
    return event('kernel_event', `${one.text}${origin}`, {
      at: iso(one.at),
      component: eventComponent(one.component),
      ...(severity === undefined ? {} : { severity }),
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

  /** What was told of each source: that it answers, or that it does not, and when (Unix ms). */
  const sources = new Map<string, { up: boolean; toldAt: number }>();

  const ofSource = ({ source, up, detail }: SourceStatus): NewEvent | undefined => {
    const told = sources.get(source);
    const now = o.now();
    if ((told?.up ?? true) === up || (told !== undefined && now - told.toldAt < SOURCE_MS)) return undefined;
    sources.set(source, { up, toldAt: now });
    return up
      ? event('source_recovered', `${source} answers again`)
      : event('source_failed', `${source} does not answer: ${detail ?? 'no reason given'}`, { severity: 'WARNING' });
  };

  return {
    event,
    reset: ({ component, at, evidence }) =>
      event('gpu_reset', `GPU ${component.index ?? component.key} was reset: it says so by ${evidence}`, {
        at: iso(at),
        component: eventComponent(component),
      }),
    eventsOf: ({ changes, facts, sources: statuses }) => {
      const log = facts.kernelLog?.ok === true ? facts.kernelLog.value : undefined;
      const kernelEvents = (log?.events ?? []).map(ofKernel).filter((one): one is NewEvent => one !== undefined);
      // The record comes before the finding that follows from it.
      const sourceEvents = statuses.map(ofSource).filter((one): one is NewEvent => one !== undefined);
      return [...kernelEvents, ...ofGap(log?.lost ?? 0), ...sourceEvents, ...changes.map(ofChange)];
    },
  };
};
