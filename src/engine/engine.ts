import {
  type AnyCheck,
  type AnyCollector,
  absent,
  type Component,
  type Context,
  type Expected,
  type FactName,
  type Facts,
  type Gpu,
  type Host,
  isPassedThrough,
  known,
  NODE,
  type PciGpu,
  type Profile,
  type Reading,
} from '../api.ts';
import { boardMoves } from '../derive/board-moves.ts';
import { matchesComponent } from '../derive/component-match.ts';
import { matchesGlob } from '../derive/glob.ts';
import type { SavedSigns } from '../derive/gpu-resets.ts';
import { outlasting, type SavedKernelHistory, withinBoot } from '../derive/kernel-history.ts';
import type { RoleOverride } from '../derive/nic-roles.ts';
import type { Baseline } from '../derive/series.ts';
import { type Pins, resolveProfile, type SiteProfile } from '../knowledge/profiles/index.ts';
import { createClockWatch } from './clock-steps.ts';
import { runCollector } from './collect.ts';
import { evaluateCheck, readingTimes, withDispensable } from './evaluate.ts';
import { createFactStore, type FactSettings, type GpuReset } from './facts.ts';
import type { HeldFinding } from './held-finding.ts';
import { createLifetimes } from './lifetimes.ts';
import type { OptionValues } from './options.ts';
import { OWN_SOURCE } from './own-source.ts';
import type { CheckResult, FactMap, FindingRecord, Mode, NodeIdentity, Snapshot } from './snapshot.ts';
import { createSourceBook } from './sources.ts';
import { createSuppressions, type StatedSuppression, type Suppression, type Suppressions } from './suppressions.ts';
import { unsuppressed, worst } from './verdict.ts';

/** The part of the configuration that judging depends on. */
export interface EngineSettings {
  /** A machine profile named by the site. */
  readonly machine?: string;
  readonly siteProfiles: readonly SiteProfile[];
  /** Versions that the configuration allows; they win over the profile's. */
  readonly pins?: Pins;
  readonly checks: Readonly<
    Record<string, { readonly mode: Mode; readonly contexts?: readonly Context[]; readonly options: OptionValues }>
  >;
  readonly optionalSources: ReadonlySet<string>;
  readonly nicRoles: readonly RoleOverride[];
  readonly kernelLogTrust: 'kernel' | 'any';
  readonly suppressions?: readonly StatedSuppression[];
}

/** What the host knows of children that would not die. */
export interface AbandonedChildren {
  count(): number;
  oldestSeconds(tool: string): number;
}

/** What outlives the process: plain data. */
export interface EngineMemory {
  readonly bootId: string;
  readonly findings: readonly HeldFinding[];
  readonly suppressions: readonly Suppression[];
  readonly gpus: readonly Component[];
  readonly counters: Baseline;
  /** What the kernel log has said since boot. */
  readonly kernel: SavedKernelHistory;
  /** By what a reset of each GPU would be seen. */
  readonly resetSigns: SavedSigns;
}

/** What an evaluation makes of the memory of findings: nothing, one more observation, or what it holds besides. */
export type LifetimeUse = 'ignore' | 'observe' | 'show';

export interface Acknowledgement {
  readonly acknowledged: readonly FindingRecord[];
  /** Conditions that are there at this moment: they end when they pass. */
  readonly stillThere: readonly FindingRecord[];
}

export interface Engine {
  /** Runs one collector and takes what it gave; tells whether any of it is new. */
  collect(collector: AnyCollector, deadlineMs: number): Promise<boolean>;
  /** Until the collector answers for the first time, what it provides is unknown, not absent. */
  expect(collector: AnyCollector): void;
  /** False where the source was asked last and did not answer. */
  answers(collector: AnyCollector): boolean;
  /** True where the source hung or missed its deadline: it is not asked again in a one-shot run. */
  hangs(collector: AnyCollector): boolean;
  /**
   * Judges the facts of the moment. `observe`: a condition needs N of M; `ignore`: the present state counts; `show`: the
   * present state and what is raised besides. `keepStale` is for a run that asks each source on its own terms, not on
   * its schedule.
   */
  assess(o: { readonly context: Context; readonly lifetimes: LifetimeUse; readonly keepStale?: boolean }): Snapshot;
  /** What is known at this moment, as a check would be handed it. */
  facts(o: { readonly keepStale: boolean }): FactMap;
  /** A fact that no collector reads: the agent's own state, the step times that jobs report, the plugins. */
  offer<N extends OfferedFact>(name: N, value: Facts[N]): void;
  /** Another configuration is in force, perhaps with other checks: what those found that are gone is over. */
  configure(settings: EngineSettings, checks?: readonly AnyCheck[]): void;
  /** The source is asked no more: nothing is left of what it said. */
  dismiss(collector: AnyCollector): void;
  /** Lays to rest what somebody has dealt with. */
  acknowledge(o: { readonly component?: string; readonly check?: string; readonly owner: string }): Acknowledgement;
  readonly suppressions: Pick<Suppressions, 'add' | 'remove' | 'active' | 'stated' | 'takeEnded'>;
  /** The components that are known here, with what is gone but for its findings. */
  components(): readonly Component[];
  /** GPUs that were seen to have been reset since the last call. */
  takeResets(): readonly GpuReset[];
  /** By how many milliseconds the wall clock was stepped since the last call; 0 when it was not. */
  takeClockStep(): number;
  memory(): EngineMemory;
  /** What an earlier process knew; of another boot only what a reboot does not cure. */
  remember(memory: EngineMemory): void;
  /** Findings that were raised in this boot by a process that could not say more of them. */
  hold(findings: readonly HeldFinding[]): void;
  baseline(): Baseline;
  restore(baseline: Baseline): void;
}

export type OfferedFact = 'agent' | 'stepTimes' | 'pastFindings' | 'plugins';

const NO_PAST = 'no source tells of the last weeks: the agent does once it has watched the node for three days';

export const createEngine = (o: {
  readonly host: Host;
  readonly node: NodeIdentity;
  readonly checks: readonly AnyCheck[];
  readonly settings: EngineSettings;
  readonly abandoned: AbandonedChildren;
  /** Given by the daemon, which lives long enough to see the wall clock stepped. */
  readonly monotonicMs?: () => number;
}): Engine => {
  const { host, abandoned } = o;
  let { node, settings, checks } = o;
  const store = createFactStore(factSettings(settings));
  const sources = createSourceBook();
  const lifetimes = createLifetimes();
  const suppressions = createSuppressions();
  suppressions.configure(settings.suppressions ?? []);
  const remembered = new Map<string, { inputs: readonly unknown[]; result: CheckResult }>();
  const errors = new Map<string, number>();
  const hanging = new Set<string>();
  const offered = new Map<OfferedFact, unknown>();
  const clockWatch =
    o.monotonicMs === undefined ? undefined : createClockWatch({ wallMs: host.now, monotonicMs: o.monotonicMs });
  let clockStepMs = 0;
  /** Who was here before the last reboot, until it is known who is here now. */
  let former: readonly Component[] = [];

  /** Everything that is known moves with the wall clock, so that ages and windows stay what they are. */
  const followClock = (): void => {
    const deltaMs = clockWatch?.stepped() ?? 0;
    if (deltaMs === 0) return;
    clockStepMs += deltaMs;
    store.shift(deltaMs);
    sources.shift(deltaMs);
    lifetimes.shift(deltaMs);
    if (node.bootedAt > 0) node = { ...node, bootedAt: node.bootedAt + deltaMs };
    remembered.clear();
  };

  /** What a reboot does not cure goes with the board: another one in its place is not accused of it. */
  const followBoards = (): void => {
    if (former.length === 0 || store.gpus().every(({ uuid }) => uuid === undefined)) return;
    const { addresses, gone } = boardMoves(former, store.gpus());
    former = [];
    if (addresses.size > 0) store.kernel.relocate(addresses);
    for (const { key } of gone) lifetimes.forget(key, { now: host.now(), reason: 'the board was replaced' });
  };

  /** A check runs again only when something that it sees changed. */
  const evaluate = (check: AnyCheck, moment: Moment): CheckResult => {
    const { facts, profile, context, expectedFacts, identities, times } = moment;
    const names: readonly FactName[] = [...check.requires, ...(check.uses ?? [])];
    // Events age while their fact stands still, so a check of the kernel log runs once a minute all the same.
    const minute = names.includes('kernelLog') ? Math.floor(times.now / 60_000) : 0;
    const key = `${context} ${check.id}`;
    const previous = remembered.get(key);
    const isSame = (input: unknown, i: number): boolean => input === previous?.inputs[i];
    const common = [settings, moment.expected, minute];
    if (
      previous !== undefined &&
      common.every(isSame) &&
      names.every((name, i) => isSame(identities(name), common.length + i))
    ) {
      return { ...previous.result, ...readingTimes(check, facts, times) };
    }
    const inputs = [...common, ...names.map(identities)];
    const configured = settings.checks[check.id];
    const evaluated = evaluateCheck(check, facts, {
      ...times,
      bootedAt: node.bootedAt,
      context,
      node: NODE,
      profile,
      mode: configured?.mode ?? 'enforce',
      ...(configured?.contexts === undefined ? {} : { contexts: configured.contexts }),
      options: configured?.options ?? {},
      optionalSources: settings.optionalSources,
      expectedFacts,
    });
    const failures = (errors.get(check.id) ?? 0) + evaluated.errors;
    errors.set(check.id, failures);
    const result = { ...evaluated, errors: failures };
    remembered.set(key, { inputs, result });
    return result;
  };

  /** `abandonedCount`: of children that would not die; each tool is asked about only where there are some. */
  const ownFacts = (now: number, abandonedCount: number): FactMap => {
    const own = { at: now, source: OWN_SOURCE };
    const hungSeconds = (source: string): number =>
      abandonedCount === 0 ? 0 : abandoned.oldestSeconds(toolOf(source));
    const given: Record<string, unknown> = {
      agent: { ...absent('not-recorded', 'this run is not the agent'), ...own },
      pastFindings: { ...absent('no-history', NO_PAST), ...own },
      plugins: { ...absent('not-recorded', 'nobody has looked for plugins'), ...own },
    };
    for (const [name, value] of offered) given[name] = { ...known(value), ...own };
    return { ...given, sources: { ...known(sources.states(NODE, hungSeconds)), ...own } } as FactMap;
  };

  const withLifetime = (check: AnyCheck, result: CheckResult, use: LifetimeUse): CheckResult => {
    if (use === 'ignore') return result;
    return use === 'observe'
      ? lifetimes.apply(check, result, { now: host.now(), bootedAt: node.bootedAt })
      : lifetimes.withRaised(result, host.now());
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
      followClock();
      // Counted back from the answer: the clock may have been stepped since the question.
      const at = o.monotonicMs === undefined ? run.at : host.now() - Math.round(run.durationMs);
      sources.record(collector.id, { ...run, at, readings });
      const isNew = store.put(collector, run.collected, at);
      followBoards();
      return isNew;
    },
    expect: (collector) => {
      const waiting = absent('timeout', `${collector.id} has not answered yet`);
      sources.expect(collector.id, waiting);
      const collected = Object.fromEntries(collector.provides.map((name: FactName) => [name, waiting]));
      store.put(collector, collected, host.now());
    },
    answers: ({ id }) => sources.statuses().find(({ source }) => source === id)?.up !== false,
    hangs: (collector) => hanging.has(collector.id),
    assess: ({ context, lifetimes: use, keepStale = false }) => {
      followClock();
      const now = host.now();
      const abandonedCount = abandoned.count();
      const facts: FactMap = { ...store.facts(now, { keepStale }), ...ownFacts(now, abandonedCount) };
      const profile = facts.profile?.ok === true ? facts.profile.value : undefined;
      if (profile === undefined) throw new Error('the fact store always gives a profile');
      const expectedFacts = expectedOf(facts);
      const moment: Moment = {
        facts,
        profile,
        context,
        expectedFacts,
        expected: [...expectedFacts].join(),
        identities: identitiesIn(facts),
        times: { now, lastingFacts: store.lasting() },
      };
      const results = checks.map((check) => suppressions.mark(withLifetime(check, evaluate(check, moment), use), now));
      return {
        at: now,
        context,
        node,
        profile,
        facts,
        checks: results,
        sources: sources.statuses(),
        overall: worst(results.filter(({ mode }) => mode === 'enforce').map((one) => unsuppressed(one, now).severity)),
        abandonedProcesses: abandonedCount,
        changes: use === 'observe' ? lifetimes.takeChanges() : [],
      };
    },
    facts: ({ keepStale }) => {
      const now = host.now();
      return withDispensable(
        { ...store.facts(now, { keepStale }), ...ownFacts(now, abandoned.count()) },
        settings.optionalSources,
      );
    },
    offer: (name, value) => {
      offered.set(name, value);
    },
    configure: (next, nextChecks = checks) => {
      const left = new Set(nextChecks.map(({ id }) => id));
      const gone = checks.map(({ id }) => id).filter((id) => !left.has(id));
      lifetimes.retire(gone, { now: host.now(), reason: 'there is no such check any more' });
      if (nextChecks !== checks) remembered.clear();
      settings = next;
      suppressions.configure(next.suppressions ?? []);
      checks = nextChecks;
      store.configure(factSettings(next));
    },
    dismiss: ({ id, provides }) => {
      sources.dismiss(id);
      hanging.delete(id);
      store.drop(provides);
    },
    acknowledge: ({ component, check, owner }) => {
      const now = host.now();
      const isMeant = (record: FindingRecord): boolean =>
        (check === undefined || matchesGlob(check, record.check)) &&
        (component === undefined || matchesComponent(component, record.component));
      const answer = lifetimes.acknowledge(isMeant, { now, owner });
      const left = lifetimes.save().map(({ record }) => record);
      for (const { check: id, component: accused, related } of answer.acknowledged) {
        const kinds = checks.find((one) => one.id === id)?.kernelEvents;
        if (kinds === undefined) continue;
        // What was told with it goes with it, but for what another finding tells.
        const isElsewhere = ({ key }: Component): boolean =>
          left.some(
            (other) => other.check === id && [other.component, ...other.related].some((one) => one.key === key),
          );
        for (const { key } of [accused, ...related.filter((one) => !isElsewhere(one))])
          store.kernel.acknowledge({ componentKey: key, kinds, at: now });
      }
      return answer;
    },
    suppressions,
    components: () => {
      const { nics } = store.facts(host.now(), { keepStale: true });
      const present = [NODE, ...store.gpus(), ...(nics?.ok === true ? nics.value.map(({ ref }) => ref) : [])];
      const held = lifetimes.save().map(({ record }) => record.component);
      return [...new Map([...held, ...present].map((component) => [component.key, component])).values()];
    },
    takeResets: () => store.takeResets(),
    takeClockStep: () => {
      const taken = clockStepMs;
      clockStepMs = 0;
      return taken;
    },
    memory: () => ({
      bootId: node.bootId,
      findings: lifetimes.save(),
      suppressions: suppressions.active(host.now()),
      gpus: store.gpus(),
      counters: store.baseline(host.now()),
      kernel: store.kernel.export(),
      resetSigns: store.resetSigns.export(),
    }),
    remember: (memory) => {
      const now = host.now();
      // Where the boot cannot be told nothing is over: only one that is known to be another ends what a boot cures.
      const sameBoot = memory.bootId === node.bootId || memory.bootId === '' || node.bootId === '';
      if (node.bootId === '') node = { ...node, bootId: memory.bootId };
      lifetimes.restore(memory.findings, { sameBoot, now });
      suppressions.restore(memory.suppressions, now);
      if (!sameBoot) {
        store.kernel.restore(outlasting(memory.kernel));
        former = memory.gpus;
        return;
      }
      // Where records are not numbered nothing can be resumed: all of them are read once more.
      if (memory.kernel.sequence !== undefined)
        store.kernel.restore(withinBoot(memory.kernel, { bootedAt: node.bootedAt, now }));
      store.resetSigns.restore(memory.resetSigns);
      store.restoreIdentities(memory.gpus);
      store.restore(memory.counters);
    },
    hold: (findings) => lifetimes.restore(findings, { sameBoot: true, now: host.now() }),
    baseline: () => store.baseline(host.now()),
    restore: (baseline) => store.restore(baseline),
  };
};

const factSettings = (settings: EngineSettings): FactSettings => ({
  resolveProfile: (gpus, pciGpus, system) =>
    resolveProfile({
      siteProfiles: settings.siteProfiles,
      pins: settings.pins,
      ...(settings.machine === undefined ? {} : { configured: settings.machine }),
      ...seen(gpus, pciGpus),
      ...(system.ok ? { system: system.value } : {}),
    }),
  roleOverrides: settings.nicRoles,
  kernelLogTrust: settings.kernelLogTrust,
});

/** Every source that runs a tool is named after it. */
const toolOf = (source: string): string => (source.startsWith('nvidia-smi') ? 'nvidia-smi' : source);

/** What one evaluation of all the checks shares. */
interface Moment {
  readonly facts: FactMap;
  readonly profile: Profile;
  readonly context: Context;
  readonly expectedFacts: ReadonlySet<FactName>;
  /** The same, to tell whether they are those of another moment. */
  readonly expected: string;
  readonly identities: (name: FactName) => unknown;
  readonly times: { readonly now: number; readonly lastingFacts: ReadonlySet<FactName> };
}

/** By what a fact of another moment is told apart. The source states are made anew each time: their content decides. */
const identitiesIn = (facts: FactMap): ((name: FactName) => unknown) => {
  let states: string | undefined;
  return (name) => {
    const fact = facts[name];
    if (fact === undefined) return undefined;
    if (name === 'sources') {
      states ??= JSON.stringify(fact.ok ? fact.value : fact);
      return states;
    }
    return fact.ok ? fact.value : `${fact.reason}: ${fact.detail}`;
  };
};

/** Who the GPUs are, by the driver; by the PCI bus where the driver does not answer. */
const seen = (gpus: Reading<readonly Gpu[]>, pciGpus: Reading<readonly PciGpu[]>) => {
  const onPci = pciGpus.ok ? pciGpus.value : [];
  const own = onPci.filter((gpu) => !isPassedThrough(gpu));
  const silent = absent('failed', 'the driver does not answer');
  const fromPci = own.map(({ pciDeviceId }) => ({
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
  const onPci = facts.pciGpus?.ok === true && facts.pciGpus.value.some((gpu) => !isPassedThrough(gpu));
  if (onPci || profile?.known === true || profile?.configured === true) expected.add('gpus').add('driver');
  // How many NICs there are differs by cloud: a number that is only assumed makes a WARNING, never an UNKNOWN node.
  const isSure = (count: Expected<number>): boolean => count.ok && count.confidence !== 'assumed';
  if (profile?.known === true && profile.nics.some(({ count }) => isSure(count))) expected.add('nics');
  return expected;
};
