/**
 * What travels over `muster.sock`: one JSON object a line in each direction, one request a connection. A request names
 * its verb beside its fields (`{"verb":"reload"}`); an answer is `{"ok":true,…}` or `{"ok":false,"error":"one line"}`.
 */
export interface ControlRequests {
  /** The daemon's judgements for `validate --max-age`; refused when a required fact is older. */
  readonly verdict: {
    readonly max_age_seconds?: number;
    /** With every reading, of which metrics are made; a verdict needs the judgements alone. */
    readonly readings?: boolean;
  };
  readonly reload: Record<string, never>;
  /** Asks every source now; answers once they have answered. */
  readonly collect: Record<string, never>;
  /** At least one of the two. */
  readonly ack: {
    /** As a person writes it: `matchesComponent` knows the spellings. */
    readonly component?: string;
    /** A check id or a glob over them. */
    readonly check?: string;
    readonly owner: string;
    readonly reason: string;
  };
  readonly suppress: {
    readonly component?: string;
    /** A check id or a glob over them. */
    readonly check: string;
    readonly owner: string;
    readonly reason: string;
    readonly seconds: number;
  };
  readonly unsuppress: { readonly component?: string; readonly check: string; readonly owner: string };
  /** `xid79@gpu3`; refused outside the mock. */
  readonly inject: { readonly fault: string };
  /** Takes an injected or initial fault back; refused outside the mock. */
  readonly recover: { readonly fault: string };
}

export type ControlVerb = keyof ControlRequests;
export type ControlAnswer =
  | { readonly ok: true; readonly message?: string; readonly [more: string]: unknown }
  | { readonly ok: false; readonly error: string };

/** One handler a verb; what a handler throws is answered as its one line. */
export type ControlHandlers = {
  readonly [V in ControlVerb]: (request: ControlRequests[V]) => ControlAnswer | Promise<ControlAnswer>;
};

/** The sockets' names in the runtime directory. */
export const CONTROL_SOCKET = 'muster.sock';
export const JOB_SOCKET = 'muster-job.sock';
