import type { AbsenceReason, Action, Severity } from '../api.ts';
import type { PlainComponent } from '../engine/event.ts';
import type { Enforcement, Mode, Verdict } from '../engine/snapshot.ts';

export type ComponentReport = PlainComponent;

export interface FindingReport {
  readonly check: string;
  readonly code: string;
  readonly severity: Severity;
  readonly component: ComponentReport;
  readonly related?: readonly ComponentReport[];
  readonly message: string;
  readonly observed?: string;
  readonly expected?: string;
  readonly evidence: Readonly<Record<string, string | number | boolean>>;
  readonly action: Action;
  readonly first_seen?: string;
  readonly last_seen?: string;
  readonly suppressed_until?: string;
  /** Who suppressed it and why: `alice: cable ordered, ticket 17`. */
  readonly suppressed_by?: string;
  readonly docs: string;
}

export interface UnjudgedReport {
  readonly component: ComponentReport;
  /** What is open, where it is one aspect of the check; the others were judged. */
  readonly code?: string;
  /** What the absence makes of the judgement. */
  readonly severity: 'UNKNOWN' | 'SKIPPED';
  readonly reason: AbsenceReason;
  readonly detail: string;
  readonly suppressed_until?: string;
  readonly suppressed_by?: string;
}

export interface CheckReport {
  readonly id: string;
  readonly category: string;
  readonly title: string;
  readonly severity: Verdict;
  readonly mode: Mode;
  readonly reason?: string;
  readonly findings: readonly FindingReport[];
  readonly unjudged: readonly UnjudgedReport[];
}

export interface AffectedComponents {
  readonly category: string;
  readonly max_severity: Verdict;
  readonly check_ids: readonly string[];
  readonly entities: readonly string[];
}

export type ValidationLevel = 'quick' | 'prejob' | 'deep';
export type ValidationSource = 'run' | 'daemon' | 'recording';

/** What `validate -o json` prints and `/api/v1/status` answers; described by `verdict.schema.json`. */
export interface VerdictReport {
  readonly schema_version: 1;
  readonly tool: { readonly name: 'muster'; readonly version: string };
  readonly node: {
    readonly name: string;
    readonly profile: string;
    readonly mock: boolean;
    readonly driver_version?: string;
    readonly boot_id: string;
  };
  readonly validation: {
    readonly level: ValidationLevel;
    readonly started_at: string;
    readonly duration_seconds: number;
    readonly source: ValidationSource;
    readonly age_seconds: number;
  };
  /** Whether `validate` exits with 0: nothing holds the node back, or nothing is enforced. */
  readonly ready: boolean;
  readonly enforcement: Enforcement;
  readonly overall_severity: Verdict;
  /** Enforced checks by what they say without the findings that are suppressed. */
  readonly counts: Readonly<Record<Lowercase<Verdict>, number>>;
  readonly affected_components: readonly AffectedComponents[];
  readonly checks: readonly CheckReport[];
}
