import data from './parity.json' with { type: 'json' };

/** A tool that checks nodes as Muster does, and what was read of it. */
export interface Peer {
  readonly id: string;
  readonly title: string;
  readonly source: string;
}

/** One thing that can be checked on a node. */
export interface Row {
  readonly what: string;
  /** By peer, its own names for it. */
  readonly theirs: Readonly<Record<string, readonly string[]>>;
  readonly ours?: readonly { readonly check: string; readonly codes: readonly string[] }[];
  /** Why nothing here covers it. */
  readonly not?: string;
}

export const parity = data as unknown as { readonly peers: readonly Peer[]; readonly rows: readonly Row[] };
