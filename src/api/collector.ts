import type { FactName, Facts } from './facts.ts';
import type { Reading, S } from './reading.ts';
import type { Raw } from './series.ts';

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface KernelRecords {
  /** Lines as the source gives them: `/dev/kmsg` records, or text in any of the dialects of `dmesg` and syslog. */
  readonly lines: readonly string[];
  /** Records overwritten before they were read. */
  readonly lost: number;
}

/** The only door to the machine; its failures are values. Paths are those of the machine, whatever root they are read below. */
export interface Host {
  run(
    tool: string,
    args: readonly string[],
    o: {
      readonly deadlineMs: number;
      readonly maxBytes?: number;
      /** Variables for it besides `PATH` and `LC_ALL`. */
      readonly env?: Readonly<Record<string, string>>;
      /** Where it finds its tools, instead of where the machine's are. */
      readonly path?: string;
      /** Whom it runs for: calls of one name wait for each other, and none starts while one of them cannot be killed. */
      readonly as?: string;
    },
  ): Promise<Reading<CommandResult>>;
  /** Lines of a long-lived tool; ends with an absence when it exits or says nothing for `stallMs`. */
  follow(
    tool: string,
    args: readonly string[],
    o: { readonly stallMs: number; readonly signal: AbortSignal },
  ): AsyncIterable<S>;
  read(path: string): Promise<S>;
  /** Names in a directory, sorted. */
  list(path: string): Promise<Reading<readonly string[]>>;
  /** What the kernel log gained since the last call; the first call returns all that the ring still holds. */
  kernelRecords(): Promise<Reading<KernelRecords>>;
  /** Unix ms. */
  now(): number;
}

export type Collected<P extends FactName> = { readonly [K in P]: Reading<Raw<Facts[K]>> };

export type Schedule = 'once' | { readonly everySeconds: number } | { readonly cron: string };

/** Reads one source and says what it saw: I/O, no judgement. */
export interface Collector<P extends FactName = FactName> {
  readonly apiVersion: 1;
  readonly id: string;
  readonly provides: readonly P[];
  /** What it reads, for people: the command or the path. */
  readonly reads: string;
  readonly schedule: Schedule;
  /** Uses the GPU; runs only in `deep`. */
  readonly active?: boolean;
  /** Not asked while the agent itself is short of memory or CPU; what it feeds then goes stale, and is said to. */
  readonly sheddable?: boolean;
  readonly deadlineMs: number;
  /** Looks at what the others gave: asked after them, before anything is judged. */
  readonly afterOthers?: true;
  collect(host: Host, signal: AbortSignal): Promise<Collected<P>>;
  /** Ends what runs on between two questions: it is not asked any more, or not for now. */
  readonly release?: () => void;
}
// biome-ignore lint/suspicious/noExplicitAny: a list of collectors is heterogeneous in what it provides
export type AnyCollector = Collector<any>;

export const defineCollector = <const P extends FactName>(collector: Collector<P>): Collector<P> => collector;
