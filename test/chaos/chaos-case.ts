import type { Bench, RunningAgent } from '../support/agent.ts';
import type { Length } from './lengths.ts';
import type { Scraper } from './scrapes.ts';

/** What a case has in its hands: a machine, the agent that looks at it, a place for its own files. */
export interface Stage {
  readonly bench: Bench;
  readonly agent: RunningAgent;
  readonly scraper: Scraper;
  /** Goes with the case. */
  readonly dir: string;
}

/** What is prepared before the agent starts. */
export interface Setting {
  /** What the agent is started in the hands of: `unshare --mount …`. */
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Puts back what lies outside of the case's own directory; runs whatever happens. */
  readonly close?: () => void;
}

export interface ChaosCase {
  readonly name: string;
  /** Why it cannot be run here; nothing when it can. */
  readonly missing?: () => string | undefined;
  /** How long the machine stays broken (s). */
  readonly seconds: Length;
  /** How often the agent asks its sources (s); 5 where nothing is said. */
  readonly intervalSeconds?: number;
  /** The sources that are broken: what they feed, and nothing else, may be UNKNOWN. */
  readonly breaks: readonly string[];
  /** Checks that must be seen to be UNKNOWN: the case is no case without them. */
  readonly blinds: readonly string[];
  /** Checks for which the breakage is itself something to find. */
  readonly finds?: readonly string[];
  /** Of these, what came and went so often that flap damping keeps it for minutes after the mending. */
  readonly damped?: readonly string[];
  /** The agent itself stands still: what is promised holds from when it goes on. */
  readonly stopsAgent?: boolean;
  readonly prepare?: (place: { readonly bench: Bench; readonly dir: string }) => Promise<Setting> | Setting;
  /** Breaks the machine and answers with how to mend it. Runs against a healthy, settled agent. */
  readonly inflict: (stage: Stage) => Promise<() => Promise<void>> | (() => Promise<void>);
  /** What else must be so, as lines that say what is not: at the end of the breakage, and when all is over. */
  readonly meanwhile?: (stage: Stage) => Promise<readonly string[]>;
  readonly after?: (stage: Stage) => Promise<readonly string[]>;
}
