import type { Component } from './component.ts';
import type { FactName, Facts, KernelEventKind } from './facts.ts';
import type { Absent, Fact } from './reading.ts';
import type { Context, Rule } from './rule.ts';

export interface Finding<C extends string = string> {
  readonly component: Component;
  readonly related?: readonly Component[];
  readonly code: C;
  /** One sentence with the measured value and the limit. */
  readonly message: string;
  readonly observed?: string;
  readonly expected?: string;
  readonly evidence?: Readonly<Record<string, string | number | boolean>>;
  /** When an event last happened, and when first, where it happened more than once (Unix ms). */
  readonly at?: number;
  readonly firstAt?: number;
  readonly override?: Partial<Pick<Rule, 'severity' | 'action' | 'lifetime'>>;
}

/**
 * The answer about one component under one code; without `code` it is about every code of the check.
 * No judgement at all is SKIPPED, never PASS. A condition clears only where its component was judged and
 * nothing about it was left unjudged.
 */
export type Judgement<C extends string = string> =
  | { readonly pass: Component; readonly code?: C }
  | { readonly finding: Finding<C> }
  | {
      readonly unjudged: Component;
      readonly code?: C;
      readonly because: Absent;
      /** The machine should have answered (its profile or its siblings say so): UNKNOWN where it would be SKIPPED. */
      readonly expected?: boolean;
    };

/** The effective value: configuration, else `profile.limits[fromProfile]`, else the default. */
export interface Option<
  T extends number | string | boolean | readonly string[] = number | string | boolean | readonly string[],
> {
  readonly default: T;
  readonly unit?: string;
  readonly source: string;
  readonly help: string;
  readonly fromProfile?: string;
}
export type Options = Readonly<Record<string, Option>>;
export type Values<O> = {
  readonly [K in keyof O]: O[K] extends { readonly default: infer T }
    ? T extends number
      ? number
      : T extends boolean
        ? boolean
        : T extends string
          ? string
          : readonly string[]
    : never;
};

export interface CheckContext<O> {
  readonly now: number;
  readonly bootedAt: number;
  readonly context: Context;
  readonly node: Component;
  readonly options: Values<O>;
}

/** `requires`: all must be there, else the engine answers for the check. `uses`: handed over absence and all. */
export interface Check<R extends FactName, U extends FactName, C extends string, O extends Options> {
  readonly apiVersion: 1;
  /** The path below `checks/`: a noun that names the failing state. */
  readonly id: string;
  readonly title: string;
  readonly why: string;
  readonly source: string;
  readonly remedy: string;
  readonly contexts: readonly Context[];
  readonly requires: readonly R[];
  readonly uses?: readonly U[];
  readonly options?: O;
  readonly rules: Readonly<Record<C, Rule>>;
  /** The kinds of kernel event that it judges: what `muster ack` of this check lays to rest. */
  readonly kernelEvents?: readonly KernelEventKind[];
  /** In the daemon a condition is raised by `hits` of the last `of` evaluations and dropped after `clear` passes in a row. */
  readonly raise?: {
    readonly hits: number;
    readonly of: number;
    readonly clear: number;
    /** Not raised so soon after boot: links train and services start for some minutes. Until then it is UNKNOWN. */
    readonly bootGraceSeconds?: number;
  };
  judge(
    facts: { readonly [K in R]: Facts[K] } & { readonly [K in U]: Fact<Facts[K]> },
    ctx: CheckContext<O>,
  ): readonly Judgement<NoInfer<C>>[];
}

/** A check whose type parameters no longer matter: what the engine holds. */
// biome-ignore lint/suspicious/noExplicitAny: a list of checks is heterogeneous in its facts and options
export type AnyCheck = Check<any, any, any, any>;

export const defineCheck = <
  const R extends FactName,
  C extends string,
  const U extends FactName = never,
  // biome-ignore lint/complexity/noBannedTypes: no options is the empty object
  O extends Options = {},
>(
  check: Check<R, U, C, O>,
): Check<R, U, C, O> => check;
