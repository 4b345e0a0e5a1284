import {
  type Absent,
  type AnyCheck,
  absent,
  type Component,
  type Context,
  type Fact,
  type FactName,
  type Facts,
  type Finding,
  type Judgement,
  type Profile,
  type Rule,
  type Severity,
} from '../api.ts';
import { isExpectable, verdictOfAbsence } from './absence.ts';
import { type OptionValues, resolveOptions } from './options.ts';
import { OWN_SOURCE } from './own-source.ts';
import type { CheckResult, FactMap, FindingRecord, Mode, UnjudgedRecord, Verdict } from './snapshot.ts';
import { worst } from './verdict.ts';

export interface EvaluationContext {
  readonly now: number;
  readonly bootedAt: number;
  readonly context: Context;
  readonly node: Component;
  readonly profile: Profile;
  readonly mode: Mode;
  /** Where the configuration lets it count, of the contexts in which it can run; all of them without it. */
  readonly contexts?: readonly Context[];
  readonly options: OptionValues;
  /** Sources that the site declared optional: their absence is SKIPPED, and said so. */
  readonly optionalSources: ReadonlySet<string>;
  /** Facts that this machine must have, by its profile or by what the PCI bus shows. */
  readonly expectedFacts: ReadonlySet<FactName>;
  /** Facts about what does not change while the node runs (its topology); they do not age a verdict. */
  readonly lastingFacts: ReadonlySet<FactName>;
}

const NOT_COLLECTED = (name: string): Fact<never> => ({
  ...absent('not-recorded', `no source gave ${name}`),
  at: 0,
  source: name,
});

const factOf = (facts: FactMap, name: FactName): Fact<Facts[FactName]> => facts[name] ?? NOT_COLLECTED(name);

/** Evaluates one check on the facts of the moment; a pure function of its arguments. A check that throws is UNKNOWN. */
export const evaluateCheck = (check: AnyCheck, facts: FactMap, ctx: EvaluationContext): CheckResult => {
  const base = {
    id: check.id,
    category: check.id.split('/')[0] ?? check.id,
    title: check.title,
    mode: ctx.mode,
    ranAt: ctx.now,
    ...readingTimes(check, facts, ctx),
  };
  const whole = (
    severity: 'SKIPPED' | 'UNKNOWN',
    reason: string,
    unjudged: readonly UnjudgedRecord[] = [],
    errors = 0,
  ): CheckResult => ({
    ...base,
    severity,
    besides: severity,
    reason,
    findings: [],
    unjudged,
    judged: [],
    errors,
  });

  if (ctx.mode === 'off') return { ...whole('SKIPPED', 'turned off in the configuration'), leftOut: true };
  if (!check.contexts.includes(ctx.context))
    return whole('SKIPPED', `runs in ${check.contexts.join(', ')}, not in ${ctx.context}`);
  if (ctx.contexts?.includes(ctx.context) === false) {
    const reason = `the configuration lets it count in ${ctx.contexts.join(', ')}, not in ${ctx.context}`;
    return { ...whole('SKIPPED', reason), leftOut: true };
  }

  for (const name of check.requires as readonly FactName[]) {
    const fact = factOf(facts, name);
    if (fact.ok) continue;
    if (ctx.optionalSources.has(fact.source))
      return whole('SKIPPED', `${fact.detail} (the configuration declares ${fact.source} optional)`);
    const severity = isMissed(name, fact.reason, facts)
      ? 'UNKNOWN'
      : verdictOfAbsence(fact.reason, ctx.expectedFacts.has(name));
    const record = { component: ctx.node, reason: fact.reason, detail: fact.detail, verdict: severity };
    return whole(severity, fact.detail, [record]);
  }

  let judgements: readonly Judgement[];
  try {
    judgements = check.judge(handOver(check, facts, ctx.optionalSources), {
      now: ctx.now,
      bootedAt: ctx.bootedAt,
      context: ctx.context,
      node: ctx.node,
      options: resolveOptions(check, ctx.options, ctx.profile) as never,
    });
  } catch (error) {
    const detail = `the check itself failed: ${error instanceof Error ? error.message : String(error)}; please report it`;
    const record = { component: ctx.node, reason: 'failed' as const, detail, verdict: 'UNKNOWN' as const };
    return whole('UNKNOWN', detail, [record], 1);
  }
  return { ...base, ...sumUp(check, judgements, ctx), errors: 0 };
};

/** A recording that shows GPUs on the PCI bus and holds nothing that they said leaves out what matters most. */
const isMissed = (name: FactName, reason: Absent['reason'], { pciGpus }: FactMap): boolean =>
  name === 'gpus' && reason === 'not-recorded' && pciGpus?.ok === true && pciGpus.value.length > 0;

/** How old the facts of a check are: they may be read again without saying anything new. */
export const readingTimes = (
  check: AnyCheck,
  facts: FactMap,
  { now, lastingFacts }: Pick<EvaluationContext, 'now' | 'lastingFacts'>,
): Pick<CheckResult, 'factsAt' | 'sampledAt'> => {
  const requires = check.requires as readonly FactName[];
  let factsAt = now;
  for (const name of requires) if (!lastingFacts.has(name)) factsAt = Math.min(factsAt, factOf(facts, name).at);
  // Facts of the engine itself (the profile, the state of the sources) are made anew each time and observe nothing.
  const observes = (name: FactName): boolean => facts[name] !== undefined && facts[name].source !== OWN_SOURCE;
  // By a source that is asked once an hour a condition would be raised and cleared after hours.
  const isLive = (name: FactName): boolean => observes(name) && !lastingFacts.has(name);
  const uses = (check.uses ?? []) as readonly FactName[];
  const observed = requires.find(isLive) ?? uses.find(isLive) ?? requires.find(observes) ?? uses.find(observes);
  return { factsAt, sampledAt: observed === undefined ? now : factOf(facts, observed).at };
};

/** A check gets what it declared and nothing else; what the site can do without leaves nothing open. */
// biome-ignore lint/suspicious/noExplicitAny: which facts a check gets is known to its own type only
const handOver = (check: AnyCheck, facts: FactMap, optionalSources: ReadonlySet<string>): any => {
  const handed: Record<string, unknown> = {};
  for (const name of check.requires as readonly FactName[]) {
    const fact = factOf(facts, name);
    if (fact.ok) handed[name] = fact.value;
  }
  for (const name of (check.uses ?? []) as readonly FactName[]) {
    const fact = factOf(facts, name);
    handed[name] = fact.ok || !optionalSources.has(fact.source) ? fact : dispensable(fact);
  }
  return handed;
};

/** All the facts as checks get them: what the site can do without is `not-recorded`. */
export const withDispensable = (facts: FactMap, optionalSources: ReadonlySet<string>): FactMap =>
  Object.fromEntries(
    Object.entries(facts as Readonly<Record<string, Fact<unknown>>>).map(([name, fact]) => [
      name,
      fact.ok || !optionalSources.has(fact.source) ? fact : dispensable(fact),
    ]),
  ) as FactMap;

const dispensable = (fact: Absent & { readonly source: string }): Absent => ({
  ...fact,
  ...absent('not-recorded', `${fact.detail} (the configuration declares ${fact.source} optional)`),
});

const sumUp = (
  check: AnyCheck,
  judgements: readonly Judgement[],
  ctx: EvaluationContext,
): Pick<CheckResult, 'severity' | 'besides' | 'reason' | 'findings' | 'unjudged' | 'judged'> => {
  const judged = new Map<string, Component>();
  const found: Severity[] = [];
  const byComponent = new Map<string, Verdict[]>();
  const add = (component: Component, verdict: Verdict): void => {
    const verdicts = byComponent.get(component.key);
    if (verdicts === undefined) byComponent.set(component.key, [verdict]);
    else verdicts.push(verdict);
  };

  const answered = answeredCodes(judgements);
  const findings: FindingRecord[] = [];
  const unjudged: UnjudgedRecord[] = [];
  for (const judgement of judgements) {
    if ('pass' in judgement) {
      judged.set(judgement.pass.key, judgement.pass);
      add(judgement.pass, 'PASS');
    } else if ('finding' in judgement) {
      const record = findingRecord(check, judgement.finding, ctx.now);
      judged.set(judgement.finding.component.key, judgement.finding.component);
      add(judgement.finding.component, 'PASS');
      if (record === undefined) continue;
      findings.push(record);
      found.push(record.severity);
    } else {
      const record = unjudgedRecord(judgement, answered);
      unjudged.push(record);
      // Silence about a code that not every driver or GPU has does not hold back a pass of the rest.
      const optional =
        judgement.code !== undefined && (check.rules[judgement.code] as Rule | undefined)?.availability !== undefined;
      if (record.verdict === 'UNKNOWN' || !optional)
        add(judgement.unjudged, record.verdict === 'UNKNOWN' ? 'UNKNOWN' : 'SKIPPED');
    }
  }

  const besides = worst([...byComponent.values()].map(verdictOfComponent));
  const severity = worst([besides, ...found]);
  const firstUnjudged = unjudged.find(({ verdict }) => verdict === severity);
  return {
    severity,
    besides,
    ...(severity === 'SKIPPED' || severity === 'UNKNOWN'
      ? { reason: firstUnjudged?.detail ?? 'there is nothing of this kind here' }
      : {}),
    findings,
    unjudged,
    judged: [...judged.values()],
  };
};

/** One aspect left unjudged keeps a component from passing; a finding stands all the same. */
const verdictOfComponent = (verdicts: readonly Verdict[]): Verdict => {
  const result = worst(verdicts);
  return result === 'PASS' && verdicts.includes('SKIPPED') ? 'SKIPPED' : result;
};

const kindOf = (component: Component, code: string | undefined): string =>
  `${component.kind}|${component.model ?? ''}|${code ?? ''}`;

/** Which codes were answered for some component of a kind and model: siblings of it should answer too. */
const answeredCodes = (judgements: readonly Judgement[]): ReadonlySet<string> => {
  const answered = new Set<string>();
  for (const judgement of judgements) {
    if ('pass' in judgement) answered.add(kindOf(judgement.pass, judgement.code));
    else if ('finding' in judgement) answered.add(kindOf(judgement.finding.component, judgement.finding.code));
  }
  return answered;
};

const unjudgedRecord = (
  judgement: { unjudged: Component; code?: string; because: Absent; expected?: boolean },
  answered: ReadonlySet<string>,
): UnjudgedRecord => {
  const { unjudged, code, because } = judgement;
  const siblingAnswers =
    unjudged.kind !== 'node' && isExpectable(because.reason) && answered.has(kindOf(unjudged, code));
  const verdict = verdictOfAbsence(because.reason, judgement.expected === true || siblingAnswers);
  return {
    component: unjudged,
    ...(code === undefined ? {} : { code }),
    reason: because.reason,
    detail: siblingAnswers ? `${because.detail} (its siblings answer)` : because.detail,
    verdict,
  };
};

/** Nothing for an event that is older than its lifetime. */
const findingRecord = (check: AnyCheck, finding: Finding, now: number): FindingRecord | undefined => {
  const stated = (check.rules as Readonly<Record<string, Rule>>)[finding.code];
  if (stated === undefined) throw new Error(`${check.id} has no rule for the code ${finding.code}`);
  const rule = { ...stated, ...finding.override };
  const { lifetime } = rule;
  const aged =
    typeof lifetime === 'object' && 'clearedAfterSeconds' in lifetime ? lifetime.clearedAfterSeconds : undefined;
  if (aged !== undefined && finding.at !== undefined && now - finding.at > aged * 1000) return undefined;
  return {
    check: check.id,
    code: finding.code,
    title: rule.title,
    severity: rule.severity,
    component: finding.component,
    related: finding.related ?? [],
    message: finding.message,
    ...(finding.observed === undefined ? {} : { observed: finding.observed }),
    ...(finding.expected === undefined ? {} : { expected: finding.expected }),
    evidence: finding.evidence ?? {},
    action: rule.action,
    lifetime,
    ...(rule.outlivesReboot === undefined ? {} : { outlivesReboot: rule.outlivesReboot }),
    ...(rule.lapsesAfterSeconds === undefined ? {} : { lapsesAfterSeconds: rule.lapsesAfterSeconds }),
    ...(finding.at === undefined ? {} : { at: finding.at, firstSeen: finding.firstAt ?? finding.at }),
  };
};
