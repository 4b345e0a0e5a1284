import {
  type AnyCheck,
  type AnyCollector,
  absent,
  type Component,
  type Context,
  type Expected,
  type FactName,
  type Gpu,
  type Host,
  type PciGpu,
  type Reading,
} from '../api.ts';
import type { RoleOverride } from '../derive/nic-roles.ts';
import type { Baseline } from '../derive/series.ts';
import { resolveProfile, type SiteProfile } from '../knowledge/profiles/index.ts';
import { runCollector } from './collect.ts';
import { evaluateCheck } from './evaluate.ts';
import { createFactStore } from './facts.ts';
import { createLifetimes } from './lifetimes.ts';
import type { OptionValues } from './options.ts';
import type { CheckResult, FactMap, Mode, NodeIdentity, Snapshot } from './snapshot.ts';
import { createSourceBook } from './sources.ts';
import { worst } from './verdict.ts';

/** The part of the configuration that judging depends on. */
export interface EngineSettings {
  /** A machine profile named by the site. */
  readonly machine?: string;
  readonly siteProfiles: readonly SiteProfile[];
  readonly checks: Readonly<Record<string, { readonly mode: Mode; readonly options: OptionValues }>>;
  readonly optionalSources: ReadonlySet<string>;
  readonly nicRoles: readonly RoleOverride[];
  readonly kernelLogTrust: 'kernel' | 'any';
}

/** What the host knows of children that would not die. */
export interface AbandonedChildren {
  count(): number;
  oldestSeconds(tool: string): number;
}

export interface Engine {
  /** Runs one collector and takes what it gave; tells whether any of it is new. */
  collect(collector: AnyCollector, deadlineMs: number): Promise<boolean>;
  /** Until the collector answers for the first time, what it provides is unknown, not absent. */
  expect(collector: AnyCollector): void;
  /** True where the source hung or missed its deadline: it is not asked again in a one-shot run. */
  hangs(collector: AnyCollector): boolean;
  /**
   * Judges the facts of the moment. With `lifetimes` a condition needs N of M; without, the present state counts.
   * `keepStale` is for a run that asks each source on its own terms, not on its schedule.
   */
  assess(o: { readonly context: Context; readonly lifetimes: boolean; readonly keepStale?: boolean }): Snapshot;
  baseline(): Baseline;
  restore(baseline: Baseline): void;
}

const NODE: Component = { kind: 'node', key: 'node' };

export const createEngine = (o: {
  readonly host: Host;
  readonly node: NodeIdentity;
  readonly checks: readonly AnyCheck[];
  readonly settings: EngineSettings;
  readonly abandoned: AbandonedChildren;
}): Engine => {
  const { host, node, checks, settings, abandoned } = o;
  const store = createFactStore({
    resolveProfile: (gpus, pciGpus) =>
      resolveProfile({
        siteProfiles: settings.siteProfiles,
        ...(settings.machine === undefined ? {} : { configured: settings.machine }),
        ...seen(gpus, pciGpus),
      }),
    roleOverrides: settings.nicRoles,
    kernelLogTrust: settings.kernelLogTrust,
  });
  const sources = createSourceBook();
  const lifetimes = createLifetimes();
  const remembered = new Map<string, { inputs: readonly unknown[]; result: CheckResult; raised: CheckResult }>();
  const errors = new Map<string, number>();
  const hanging = new Set<string>();

  /** A check runs again only when a fact that it sees changed. */
  const evaluate = (
    check: AnyCheck,
    facts: FactMap,
    context: Context,
    expectedFacts: ReadonlySet<FactName>,
    withLifetimes: boolean,
  ): CheckResult => {
    const names: readonly FactName[] = [...check.requires, ...(check.uses ?? [])];
    // Events age while their fact stands still, so a check of the kernel log runs once a minute all the same.
    const minute = names.includes('kernelLog') ? Math.floor(host.now() / 60_000) : 0;
    const inputs = [context, minute, ...names.map((name) => identityOf(facts, name))];
    const key = `${context} ${check.id}`;
    const previous = remembered.get(key);
    if (previous !== undefined && inputs.every((input, i) => input === previous.inputs[i])) {
      return withLifetimes ? previous.raised : previous.result;
    }
    const profile = facts.profile?.ok === true ? facts.profile.value : undefined;
    if (profile === undefined) throw new Error('the fact store always gives a profile');
    const configured = settings.checks[check.id];
    const evaluated = evaluateCheck(check, facts, {
      now: host.now(),
      bootedAt: node.bootedAt,
      context,
      node: NODE,
      profile,
      mode: configured?.mode ?? 'enforce',
      options: configured?.options ?? {},
      optionalSources: settings.optionalSources,
      expectedFacts,
      lastingFacts: store.lasting(),
    });
    const failures = (errors.get(check.id) ?? 0) + evaluated.errors;
    errors.set(check.id, failures);
    const result = { ...evaluated, errors: failures };
    const raised = withLifetimes ? lifetimes.apply(check, result) : result;
    remembered.set(key, { inputs, result, raised });
    return raised;
  };

  return {
    collect: async (collector, deadlineMs) => {
      const run = await runCollector(collector, host, deadlineMs);
      const readings = Object.values(run.collected);
      const hung = readings.some(
        (reading) => !reading.ok && (reading.reason === 'hung' || reading.reason === 'timeout'),
      );
      if (hung) hanging.add(collector.id);
      else hanging.delete(collector.id);
      sources.record(collector.id, { ...run, readings });
      return store.put(collector, run.collected, run.at);
    },
    expect: (collector) => {
      const waiting = absent('timeout', `${collector.id} has not answered yet`);
      sources.expect(collector.id, waiting);
      const collected = Object.fromEntries(collector.provides.map((name: FactName) => [name, waiting]));
      store.put(collector, collected, host.now());
    },
    hangs: (collector) => hanging.has(collector.id),
    assess: ({ context, lifetimes: withLifetimes, keepStale = false }) => {
      const now = host.now();
      const states = sources.states(NODE, (source) => abandoned.oldestSeconds(toolOf(source)));
      const collected = store.facts(now, { keepStale });
      const facts: FactMap = { ...collected, sources: { ok: true, value: states, at: now, source: 'muster' } };
      const profile = facts.profile?.ok === true ? facts.profile.value : undefined;
      if (profile === undefined) throw new Error('the fact store always gives a profile');
      const expectedFacts = expectedOf(facts);
      const results = checks.map((check) => evaluate(check, facts, context, expectedFacts, withLifetimes));
      return {
        at: now,
        context,
        node,
        profile,
        facts,
        checks: results,
        sources: sources.statuses(),
        overall: worst(results.filter(({ mode }) => mode === 'enforce').map(({ severity }) => severity)),
        abandonedProcesses: abandoned.count(),
      };
    },
    baseline: () => store.baseline(host.now()),
    restore: (baseline) => store.restore(baseline),
  };
};

/** Every source that runs a tool is named after it. */
const toolOf = (source: string): string => (source.startsWith('nvidia-smi') ? 'nvidia-smi' : source);

/** The source states are made anew each time: their content decides, not their identity. */
const identityOf = (facts: FactMap, name: FactName): unknown => {
  const fact = facts[name];
  if (fact === undefined) return undefined;
  if (name === 'sources') return JSON.stringify(fact.ok ? fact.value : fact);
  return fact.ok ? fact.value : `${fact.reason}: ${fact.detail}`;
};

/** Who the GPUs are, by the driver; by the PCI bus where the driver does not answer. */
const seen = (gpus: Reading<readonly Gpu[]>, pciGpus: Reading<readonly PciGpu[]>) => {
  const onPci = pciGpus.ok ? pciGpus.value : [];
  const silent = absent('failed', 'the driver does not answer');
  const fromPci = onPci.map(({ pciDeviceId }) => ({
    product: silent,
    pciDeviceId,
    pciSubsystemId: silent,
    virtualization: silent,
  }));
  return { gpus: gpus.ok ? gpus.value : fromPci, ...(pciGpus.ok ? { pciGpuCount: onPci.length } : {}) };
};

/** What this machine must be able to say: the profile expects it, or the PCI bus shows the part. */
const expectedOf = (facts: FactMap): ReadonlySet<FactName> => {
  const expected = new Set<FactName>();
  const profile = facts.profile?.ok === true ? facts.profile.value : undefined;
  const onPci = facts.pciGpus?.ok === true && facts.pciGpus.value.length > 0;
  if (onPci || profile?.known === true || profile?.configured === true) expected.add('gpus').add('driver');
  // How many NICs there are differs by cloud: a number that is only assumed makes a WARNING, never an UNKNOWN node.
  const isSure = (count: Expected<number>): boolean => count.ok && count.confidence !== 'assumed';
  if (profile?.known === true && profile.nics.some(({ count }) => isSure(count))) expected.add('nics');
  return expected;
};
