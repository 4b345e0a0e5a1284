import type { Action, Component, ComponentKind, Lifetime, Severity } from '../api.ts';

/** What can happen on a node that somebody will ask about later. */
export const EVENT_TYPES = [
  'finding_raised',
  'finding_changed',
  'finding_cleared',
  'kernel_event',
  'kernel_log_gap',
  'memory_lost',
  'source_failed',
  'source_recovered',
  'gpu_reset',
  'agent_started',
  'agent_stopped',
  'config_reloaded',
  'config_refused',
  'acknowledged',
  'suppressed',
  'unsuppressed',
  'fault_injected',
  'fault_recovered',
  'clock_stepped',
  'sources_shed',
  'sources_restored',
  'events_not_durable',
  'events_durable',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** The part that a technician looks for, as every JSON of ours spells it. */
export interface PlainComponent {
  readonly kind: ComponentKind;
  readonly index?: number;
  readonly uuid?: string;
  readonly pci_bus_id?: string;
  readonly serial?: string;
  readonly slot?: string;
  readonly device?: string;
  readonly port?: number;
  readonly guid?: string;
}

/** The part that an event is about. `key` is the identity that lifetimes follow; the rest is for people. */
export interface EventComponent extends PlainComponent {
  readonly key: string;
}

/** The reverse, for a finding that is known from the store alone. */
export const componentFrom = ({ pci_bus_id: pciBusId, ...rest }: EventComponent): Component => ({
  ...rest,
  ...(pciBusId === undefined ? {} : { pciBusId }),
});

/** What ends a finding, as JSON spells it. */
export type PlainLifetime =
  | 'condition'
  | { readonly cleared_by: 'gpu-reset' | 'reboot' | 'service' }
  | { readonly cleared_after_seconds: number };

export const plainLifetime = (lifetime: Lifetime): PlainLifetime => {
  if (lifetime === 'condition') return lifetime;
  return 'clearedBy' in lifetime
    ? { cleared_by: lifetime.clearedBy }
    : { cleared_after_seconds: lifetime.clearedAfterSeconds };
};

/** The reverse, for a finding that is known from the store alone. */
export const lifetimeFrom = (plain: PlainLifetime): Lifetime => {
  if (plain === 'condition') return plain;
  return 'cleared_by' in plain ? { clearedBy: plain.cleared_by } : { clearedAfterSeconds: plain.cleared_after_seconds };
};

/** One event as it is stored, printed by `muster events -o json` and answered by `/api/v1/events`. */
export interface EventRecord {
  /** Grows by one with each event of this node, over restarts and boots. */
  readonly id: number;
  /** RFC 3339, UTC. When it happened, which for a kernel record may be long before it was read. */
  readonly at: string;
  readonly node: string;
  readonly boot_id: string;
  readonly type: EventType;
  /** One line for people. */
  readonly message: string;
  readonly severity?: Severity;
  readonly check?: string;
  readonly code?: string;
  readonly component?: EventComponent;
  readonly action?: Action;
  /** What ends the finding. */
  readonly lifetime?: PlainLifetime;
  /** RFC 3339, UTC. */
  readonly first_seen?: string;
  /** Why a finding was cleared, a configuration refused, a source shed. */
  readonly reason?: string;
  /** Who acknowledged or suppressed. */
  readonly owner?: string;
  /** RFC 3339, UTC: when a suppression ends. */
  readonly expires_at?: string;
  readonly evidence?: Readonly<Record<string, string | number | boolean>>;
}

export type NewEvent = Omit<EventRecord, 'id'>;
