import type { Component, KernelEvent, KernelEventKind, KernelLog, Severity } from '../api.ts';
import { meaningOf } from './kernel-events.ts';

/** What a later process of the same boot goes on from; plain JSON. */
export interface SavedKernelHistory {
  readonly events: readonly KernelEvent[];
  readonly lost: number;
  readonly lostAt?: number;
  readonly since?: number;
  /** Of the last record that the history has seen; absent where the source numbers none, so that nothing can be resumed. */
  readonly sequence?: number;
}

/** What the kernel log has said in the life of a boot. */
export interface KernelHistory {
  /** Takes what a reading gained at a time (Unix ms); tells whether any of it is new. */
  add(gain: KernelLog, at: number): boolean;
  /** The same object until something changes; its components are named as the kernel names them. */
  value(): KernelLog;
  /**
   * Forgets the events of a component (of all without one) and of these kinds (of all without them) up to `at` (Unix
   * ms); a later one begins anew. Tells whether any was there.
   */
  acknowledge(o: {
    readonly componentKey?: string;
    readonly kinds?: readonly KernelEventKind[];
    readonly at: number;
  }): boolean;
  /** A GPU was reset after this time (Unix ms): its events until then are marked. Tells whether any was there. */
  noteReset(componentKey: string, at: number): boolean;
  /** The wall clock was stepped by so much: all times move with it. */
  shift(deltaMs: number): void;
  /** Boards have moved: the events of an address go where its board went, or end where it is gone (`undefined`). */
  relocate(moves: ReadonlyMap<string, string | undefined>): void;
  export(): SavedKernelHistory;
  restore(saved: SavedKernelHistory): void;
}

/** A reboot mends neither memory nor processors; for how long their errors count is for their check to say. */
const OF_THE_HARDWARE: readonly KernelEventKind[] = ['edac', 'machine-check'];

/** What a reboot does not cure, for the history of the next boot. */
export const outlasting = ({ events }: SavedKernelHistory): SavedKernelHistory => ({
  events: events.filter((event) => {
    if (!event.fromKernel) return false;
    if (OF_THE_HARDWARE.includes(event.kind)) return true;
    const lifetime = meaningOf(event)?.lifetime;
    return typeof lifetime === 'object' && 'clearedBy' in lifetime && lifetime.clearedBy === 'service';
  }),
  lost: 0,
});

/** The clock may have been set while no agent looked: what this boot said is no older than it and no younger than now. */
export const withinBoot = (
  saved: SavedKernelHistory,
  { bootedAt, now }: { readonly bootedAt: number; readonly now: number },
): SavedKernelHistory => {
  const within = (at: number): number => Math.min(Math.max(at, bootedAt), now);
  return {
    ...saved,
    events: saved.events.map((one) => ({ ...one, at: within(one.at), firstAt: within(one.firstAt) })),
  };
};

// As many distinct events as one reading may hold (parse/kernel-log/events.ts); repeats are counted.
const MAX_EVENTS = 1000;
const MAX_USER_EVENTS = 100;

const SEVERITIES: readonly (Severity | undefined)[] = [undefined, 'INFO', 'WARNING', 'CRITICAL'];
const weightOf = (event: KernelEvent): number => SEVERITIES.indexOf(meaningOf(event)?.severity);

const identityOf = ({ fromKernel, kind, component, code, causedBy, variant }: KernelEvent): string =>
  [fromKernel, kind, component.key, code, causedBy, variant].join('|');

/** The latest words, all the repeats. */
const merged = (known: KernelEvent, more: KernelEvent): KernelEvent => {
  const resetAt = Math.max(known.resetAt ?? Number.NEGATIVE_INFINITY, more.resetAt ?? Number.NEGATIVE_INFINITY);
  return {
    ...(more.at >= known.at ? more : known),
    at: Math.max(known.at, more.at),
    firstAt: Math.min(known.firstAt, more.firstAt),
    repeats: known.repeats + more.repeats,
    ...(Number.isFinite(resetAt) ? { resetAt } : {}),
  };
};

const shifted = (event: KernelEvent, deltaMs: number): KernelEvent => ({
  ...event,
  at: event.at + deltaMs,
  firstAt: event.firstAt + deltaMs,
  ...(event.resetAt === undefined ? {} : { resetAt: event.resetAt + deltaMs }),
});

/**
 * Keeps events under the PCI address by which the kernel names a GPU: it stands as long as the boot does, while who the
 * GPU is may be learnt later. `identify` tells which of the addresses a component key means.
 */
export const createKernelHistory = (identify: (component: Component) => Component): KernelHistory => {
  const events = new Map<string, KernelEvent>();
  let userEvents = 0;
  let lost = 0;
  let lostAt: number | undefined;
  let since: number | undefined;
  let sequence: number | undefined;
  let current: KernelLog | undefined;

  const isOf = ({ component }: KernelEvent, key: string): boolean =>
    component.key === key || identify(component).key === key;

  const fold = (event: KernelEvent): void => {
    const identity = identityOf(event);
    const known = events.get(identity);
    if (known === undefined) {
      const isFull = event.fromKernel ? events.size - userEvents >= MAX_EVENTS : userEvents >= MAX_USER_EVENTS;
      // What users wrote is nothing that was lost, and nothing that takes the place of what the kernel says.
      if (isFull && (!event.fromKernel || !makeRoomFor(event))) {
        if (event.fromKernel) lost += event.repeats;
        return;
      }
      if (!event.fromKernel) userEvents += 1;
    }
    events.set(identity, known === undefined ? event : merged(known, event));
  };

  /** A thousand variants of a mild error must not keep out the one that is fatal: the mildest and oldest goes. */
  const makeRoomFor = (event: KernelEvent): boolean => {
    let victim: { readonly identity: string; readonly weight: number; readonly at: number } | undefined;
    for (const [identity, one] of events) {
      if (!one.fromKernel) continue;
      const weight = weightOf(one);
      const isMilder =
        victim === undefined || weight < victim.weight || (weight === victim.weight && one.at < victim.at);
      if (isMilder) victim = { identity, weight, at: one.at };
    }
    if (victim === undefined || victim.weight >= weightOf(event)) return false;
    lost += events.get(victim.identity)?.repeats ?? 0;
    return events.delete(victim.identity);
  };

  const begin = (at: number): boolean => {
    if (since !== undefined && since <= at) return false;
    since = at;
    return true;
  };

  return {
    add: (gain, at) => {
      sequence = gain.sequence ?? sequence;
      const isEarlier = begin(gain.since);
      const lostBefore = lost;
      for (const event of gain.events) fold(event);
      lost += gain.lost;
      if (lost > lostBefore) lostAt = at;
      const isNew = isEarlier || gain.events.length > 0 || gain.lost > 0;
      if (isNew) current = undefined;
      return isNew;
    },
    value: () => {
      current ??= {
        events: [...events.values()],
        lost,
        ...(lostAt === undefined ? {} : { lostAt }),
        since: since ?? 0,
      };
      return current;
    },
    acknowledge: ({ componentKey, kinds, at }) => {
      let isChanged = false;
      for (const [identity, event] of events) {
        if (event.at > at || (kinds !== undefined && !kinds.includes(event.kind))) continue;
        if (componentKey !== undefined && !isOf(event, componentKey)) continue;
        events.delete(identity);
        if (!event.fromKernel) userEvents -= 1;
        isChanged = true;
      }
      if (isChanged) current = undefined;
      return isChanged;
    },
    noteReset: (componentKey, at) => {
      let isChanged = false;
      for (const [identity, event] of events) {
        if (event.at > at || (event.resetAt ?? Number.NEGATIVE_INFINITY) >= at || !isOf(event, componentKey)) continue;
        events.set(identity, { ...event, resetAt: at });
        isChanged = true;
      }
      if (isChanged) current = undefined;
      return isChanged;
    },
    shift: (deltaMs) => {
      for (const [identity, event] of events) events.set(identity, shifted(event, deltaMs));
      if (since !== undefined) since += deltaMs;
      if (lostAt !== undefined) lostAt += deltaMs;
      current = undefined;
    },
    relocate: (moves) => {
      const before = [...events.values()];
      events.clear();
      userEvents = 0;
      for (const event of before) {
        const { pciBusId } = event.component;
        if (pciBusId === undefined || !moves.has(pciBusId)) fold(event);
        else {
          const to = moves.get(pciBusId);
          if (to !== undefined) fold({ ...event, component: { ...event.component, key: `gpu:${to}`, pciBusId: to } });
        }
      }
      current = undefined;
    },
    export: () => ({
      events: [...events.values()],
      lost,
      ...(lostAt === undefined ? {} : { lostAt }),
      ...(since === undefined ? {} : { since }),
      ...(sequence === undefined ? {} : { sequence }),
    }),
    restore: (saved) => {
      for (const event of saved.events) fold(event);
      lost += saved.lost;
      lostAt ??= saved.lostAt;
      if (saved.since !== undefined) begin(saved.since);
      sequence ??= saved.sequence;
      current = undefined;
    },
  };
};
