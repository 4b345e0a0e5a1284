import type {
  AbsenceReason,
  Action,
  Component,
  Context,
  Fact,
  FactName,
  Facts,
  Lifetime,
  Profile,
  Severity,
} from '../api.ts';

/** DESIGN: CRITICAL > UNKNOWN > WARNING > INFO > PASS; SKIPPED never counts. */
export type Verdict = 'PASS' | 'INFO' | 'WARNING' | 'CRITICAL' | 'UNKNOWN' | 'SKIPPED';
export type Mode = 'enforce' | 'observe' | 'off';

/** Whether verdicts are acted on: exit codes, prologs, gates. Judging goes on where they are not. */
export type Enforcement =
  | { readonly enabled: true }
  | {
      readonly enabled: false;
      /** The first line of the kill switch, or why there is none. */
      readonly reason: string;
      /** The kill switch. */
      readonly file: string;
    };

export type FactMap = { readonly [K in FactName]?: Fact<Facts[K]> };

/** What somebody may not want to hear of for a time. */
export interface Suppressible {
  /** Unix ms. */
  readonly suppressedUntil?: number;
  /** Who suppressed it and why: `alice: cable ordered, ticket 17`. */
  readonly suppressedBy?: string;
}

export interface FindingRecord extends Suppressible {
  readonly check: string;
  readonly code: string;
  readonly title: string;
  readonly severity: Severity;
  readonly component: Component;
  readonly related: readonly Component[];
  readonly message: string;
  readonly observed?: string;
  readonly expected?: string;
  readonly evidence: Readonly<Record<string, string | number | boolean>>;
  readonly action: Action;
  readonly lifetime: Lifetime;
  readonly outlivesReboot?: true;
  readonly lapsesAfterSeconds?: number;
  /** When an event last happened (Unix ms). */
  readonly at?: number;
  /** Unix ms. */
  readonly firstSeen?: number;
  /** When it was last judged to be there (Unix ms); a raised finding outlasts it until it is cleared. */
  readonly lastSeen?: number;
}

/** A finding that came, went, or changed its severity or what it asks for. */
export interface FindingChange {
  readonly type: 'finding_raised' | 'finding_changed' | 'finding_cleared';
  /** Unix ms. */
  readonly at: number;
  readonly finding: FindingRecord;
  /** Why it was cleared: what passed, a reset, an acknowledgement, an age, a boot. */
  readonly reason?: string;
}

export interface UnjudgedRecord extends Suppressible {
  readonly component: Component;
  readonly code?: string;
  readonly reason: AbsenceReason;
  readonly detail: string;
  /** What the absence makes of the judgement. */
  readonly verdict: 'UNKNOWN' | 'SKIPPED';
}

export interface CheckResult {
  readonly id: string;
  /** The first part of the id. */
  readonly category: string;
  readonly title: string;
  readonly severity: Verdict;
  /** What it says besides its findings. */
  readonly besides: Verdict;
  readonly mode: Mode;
  /** The configuration takes it out, everywhere or in this context: what was found before does not count either. */
  readonly leftOut?: true;
  /** Why a check is SKIPPED or UNKNOWN as a whole. */
  readonly reason?: string;
  readonly findings: readonly FindingRecord[];
  readonly unjudged: readonly UnjudgedRecord[];
  /** Components about which something was judged. */
  readonly judged: readonly Component[];
  /** Unix ms of the evaluation, and of the oldest fact that the check requires. */
  readonly ranAt: number;
  readonly factsAt: number;
  /** When the source that the check is about was last read (Unix ms): the same reading judged twice is one observation. */
  readonly sampledAt: number;
  /** How often the check itself threw since start. */
  readonly errors: number;
}

export interface SourceStatus {
  readonly source: string;
  readonly up: boolean;
  readonly reason?: AbsenceReason;
  readonly detail?: string;
  readonly durationSeconds: number;
  /** Unix ms. */
  readonly lastSuccessAt?: number;
}

export interface NodeIdentity {
  readonly name: string;
  readonly bootId: string;
  /** Unix ms. */
  readonly bootedAt: number;
  /** The simulated machine with its faults, as given to `--mock`. */
  readonly mock?: string;
}

/** Everything that is known at one moment: immutable; reports, metrics and the server render it and nothing else. */
export interface Snapshot {
  /** Unix ms. */
  readonly at: number;
  readonly context: Context;
  readonly node: NodeIdentity;
  readonly profile: Profile;
  readonly facts: FactMap;
  readonly checks: readonly CheckResult[];
  readonly sources: readonly SourceStatus[];
  readonly overall: Verdict;
  readonly abandonedProcesses: number;
  /** Since the Snapshot before; of a continuous evaluation only. */
  readonly changes: readonly FindingChange[];
}
