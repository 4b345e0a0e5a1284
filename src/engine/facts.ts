import {
  type AnyCollector,
  absent,
  type Component,
  type Fact,
  type FactName,
  type Facts,
  type KernelLog,
  known,
  type Profile,
  type Raw,
  type Reading,
} from '../api.ts';
import { createGpuResetWatch, type GpuReset, type GpuResetWatch } from '../derive/gpu-resets.ts';
import { createIdentityBook, identifyAll } from '../derive/inventory.ts';
import { withMeanings } from '../derive/kernel-events.ts';
import { createKernelHistory, type KernelHistory } from '../derive/kernel-history.ts';
import { assignRoles, type RoleOverride } from '../derive/nic-roles.ts';
import { type Baseline, createSeriesStore } from '../derive/series.ts';
import { nicCounterLimits } from '../knowledge/nic-counters.ts';
import { withoutGivenAway } from './given-away.ts';
import { OWN_SOURCE } from './own-source.ts';
import type { FactMap } from './snapshot.ts';

/** A source that did not answer for this many of its intervals has gone stale: its readings are dropped, never frozen. */
const STALE_INTERVALS = 3;
/** Three seconds of the kernel log would make every pause of a node that a job fills with load a stale source. */
const STALE_AT_LEAST_SECONDS = 10;

type ProfileResolver = (
  gpus: Reading<Facts['gpus']>,
  pciGpus: Reading<Facts['pciGpus']>,
  system: Reading<Facts['system']>,
) => Profile;

/** The part of the configuration that facts depend on. */
export interface FactSettings {
  readonly resolveProfile: ProfileResolver;
  readonly roleOverrides: readonly RoleOverride[];
  readonly kernelLogTrust: 'kernel' | 'any';
}

export type { GpuReset } from '../derive/gpu-resets.ts';

/** What is known of the machine now, and what its counters showed before. */
export interface FactStore {
  /** Takes what one run of a collector gave; tells whether any of it is new. */
  put(collector: AnyCollector, collected: Readonly<Record<string, Reading<unknown>>>, at: number): boolean;
  /** A source that is asked no more has said nothing. */
  drop(names: readonly FactName[]): void;
  /** The facts of the moment; what has gone stale is absent. A fact that did not change keeps its identity. */
  facts(now: number, o: { readonly keepStale: boolean }): FactMap;
  gpus(): readonly Component[];
  /** Facts whose sources are asked so rarely because what they tell does not change. */
  lasting(): ReadonlySet<FactName>;
  baseline(now: number): Baseline;
  restore(baseline: Baseline): void;
  /** Who an earlier process of this boot knew. */
  restoreIdentities(gpus: readonly Component[]): void;
  /** What the kernel log has said since boot. */
  readonly kernel: Pick<KernelHistory, 'acknowledge' | 'export' | 'relocate' | 'restore'>;
  /** By what a reset of each GPU would be seen. */
  readonly resetSigns: Pick<GpuResetWatch, 'export' | 'restore'>;
  /** GPUs that were seen to have been reset since the last call. */
  takeResets(): readonly GpuReset[];
  /** Another configuration is in force. */
  configure(settings: FactSettings): void;
  /** The wall clock was stepped: every time that is remembered moves with it. */
  shift(deltaMs: number): void;
}

interface Held {
  readonly fact: Fact<unknown>;
  /** What the collector gave; the same object again means that nothing changed. */
  readonly raw: unknown;
  readonly staleAfterMs: number;
  /** Which state of the identities its components were completed from. */
  readonly identities: number;
}

/** Identities come first: the other facts are completed by what these two know. */
const IDENTIFYING: readonly string[] = ['gpus', 'pciGpus'];

const staleAfterMs = ({ schedule }: AnyCollector): number =>
  typeof schedule === 'object' && 'everySeconds' in schedule
    ? Math.max(STALE_AT_LEAST_SECONDS, schedule.everySeconds * STALE_INTERVALS) * 1000
    : Number.POSITIVE_INFINITY;

/** Asked every five minutes or more rarely: topology, the loaded module, who the machine is. */
const LASTING_SECONDS = 300;

const isLasting = ({ schedule }: AnyCollector): boolean =>
  schedule === 'once' || ('everySeconds' in schedule && schedule.everySeconds >= LASTING_SECONDS);

/** Calls `compute` again only when one of the inputs is another object than last time. */
const memo = <A extends readonly unknown[], T>(compute: (...inputs: A) => T): ((...inputs: A) => T) => {
  let last: { inputs: A; value: T } | undefined;
  return (...inputs) => {
    if (last === undefined || inputs.some((input, i) => input !== last?.inputs[i])) {
      last = { inputs, value: compute(...inputs) };
    }
    return last.value;
  };
};

export const createFactStore = (initial: FactSettings): FactStore => {
  let settings = initial;
  const held = new Map<string, Held>();
  const book = createIdentityBook();
  const series = createSeriesStore();
  const kernel = createKernelHistory(book.identify);
  const resetWatch = createGpuResetWatch();
  let resets: readonly GpuReset[] = [];

  const lasting = new Set<FactName>();
  let identities = 0;
  let fingerprint = '';

  const driverVersion = (): string | undefined => {
    const driver = held.get('driver')?.fact as Fact<Facts['driver']> | undefined;
    return driver?.ok === true && driver.value.version.ok ? driver.value.version.value : undefined;
  };

  const noteIdentities = (): void => {
    const now = JSON.stringify([book.gpus(), driverVersion()]);
    if (now !== fingerprint) identities += 1;
    fingerprint = now;
  };

  const learn = (name: string, value: unknown): void => {
    if (name === 'gpus') book.learnGpus(value as Raw<Facts['gpus']>);
    if (name === 'pciGpus') book.learnPciGpus(value as Raw<Facts['pciGpus']>);
  };

  /** A GPU is known to have been reset only from one reading to the next: what the kernel said in between stands. */
  const noteResets = (gpus: Raw<Facts['gpus']>, at: number): void => {
    const seen = resetWatch.next(gpus, at).map((reset) => ({ ...reset, component: book.identify(reset.component) }));
    for (const { component, after } of seen) kernel.noteReset(component.key, after);
    resets = [...resets, ...seen];
  };

  /** The kernel log's source tells what is new; the fact is what has been said since boot. */
  const sinceBoot = (gain: Reading<unknown>, at: number): Reading<unknown> => {
    if (!gain.ok) return gain;
    kernel.add(gain.value as KernelLog, at);
    return known(kernel.value());
  };

  const derived = (name: string, raw: unknown, at: number): unknown => {
    const value = series.derive(name, raw as Raw<unknown>, at, book.identify);
    return name === 'kernelLog' ? interpreted(value as KernelLog) : value;
  };

  const interpreted = (log: KernelLog): KernelLog => {
    const version = driverVersion();
    return withMeanings(log, {
      trust: settings.kernelLogTrust,
      ...(version === undefined ? {} : { driverVersion: version }),
    });
  };

  /** Sources answer in any order: a kernel line may be read before nvidia-smi has said who that GPU is. */
  const completeLate = (): void => {
    const log = held.get('kernelLog');
    // What was acknowledged is gone, and what a reset has cured is marked, without a word of the source.
    if (log?.fact.ok === true && log.raw !== kernel.value()) {
      const value = derived('kernelLog', kernel.value(), log.fact.at);
      held.set('kernelLog', { ...log, raw: kernel.value(), identities, fact: { ...log.fact, value } });
    }
    for (const [name, entry] of held) {
      if (entry.identities === identities || !entry.fact.ok) continue;
      const value = identifyAll(entry.fact.value, book.identify);
      const completed = name === 'kernelLog' ? interpreted(value as KernelLog) : value;
      held.set(name, { ...entry, identities, fact: { ...entry.fact, value: completed } });
    }
  };

  const profileOf = memo(
    (
      { resolveProfile }: FactSettings,
      gpus: Fact<unknown> | undefined,
      pciGpus: Fact<unknown> | undefined,
      system: Fact<unknown> | undefined,
    ) =>
      resolveProfile(
        (gpus ?? NOTHING) as Reading<Facts['gpus']>,
        (pciGpus ?? NOTHING) as Reading<Facts['pciGpus']>,
        (system ?? NOTHING) as Reading<Facts['system']>,
      ),
  );

  const withRoles = memo(
    (
      { roleOverrides: overrides }: FactSettings,
      nics: Facts['nics'],
      rails: Facts['rails'] | undefined,
      profile: Profile,
    ): Facts['nics'] => {
      const roles = assignRoles(nics, { profile, overrides, ...(rails === undefined ? {} : { rails }) });
      return nics.map((nic) => ({ ...nic, role: roles.get(nic.ref.key) ?? 'unknown' }));
    },
  );

  return {
    put: (collector, collected, at) => {
      if (isLasting(collector)) for (const name of collector.provides as readonly FactName[]) lasting.add(name);
      let isNew = false;
      const names = Object.keys(collected).sort((a, b) => IDENTIFYING.indexOf(b) - IDENTIFYING.indexOf(a));
      for (const name of names) {
        const given = collected[name];
        if (given === undefined) continue;
        const reading = name === 'kernelLog' ? sinceBoot(given, at) : given;
        const previous = held.get(name);
        if (reading.ok) learn(name, reading.value);
        if (reading.ok && name === 'gpus') noteResets(reading.value as Raw<Facts['gpus']>, at);
        const unchanged = reading.ok && previous?.fact.ok === true && previous.raw === reading.value;
        const isSameAbsence = !reading.ok && previous?.fact.ok === false && previous.fact.detail === reading.detail;
        isNew ||= !unchanged && !isSameAbsence;
        const answer = !reading.ok
          ? reading
          : unchanged
            ? known(previous.fact.value)
            : known(derived(name, reading.value, at));
        held.set(name, {
          fact: { ...answer, at, source: collector.id },
          raw: reading.ok ? reading.value : undefined,
          staleAfterMs: staleAfterMs(collector),
          identities: unchanged ? previous.identities : identities,
        });
      }
      if (names.some((name) => name === 'driver' || IDENTIFYING.includes(name))) noteIdentities();
      return isNew;
    },
    drop: (names) => {
      for (const name of names) held.delete(name);
    },
    facts: (now, { keepStale }) => {
      completeLate();
      const facts: { [name: string]: Fact<unknown> } = {};
      for (const [name, { fact, staleAfterMs }] of held) {
        const age = now - fact.at;
        const detail = `${fact.source} last answered ${Math.round(age / 1000)} s ago`;
        facts[name] =
          keepStale || age <= staleAfterMs ? fact : { ...absent('stale', detail), at: fact.at, source: fact.source };
      }
      const map = facts as FactMap;
      // What has gone stale still tells which machine this is: without it the checks would expect nothing and be skipped.
      const profile = profileOf(settings, held.get('gpus')?.fact, held.get('pciGpus')?.fact, held.get('system')?.fact);
      const own = { at: now, source: OWN_SOURCE };
      facts.profile = { ...known(profile), ...own };
      facts.nicCounterLimits = { ...known(nicCounterLimits), ...own };
      if (map.nics?.ok === true) {
        facts.nics = {
          ...map.nics,
          value: withRoles(settings, map.nics.value, map.rails?.ok === true ? map.rails.value : undefined, profile),
        };
      }
      return withoutGivenAway(map);
    },
    gpus: () => book.gpus(),
    lasting: () => lasting,
    // A day of counters an hour apart: what a day's window needs, and small enough to read in a prolog.
    baseline: (now) => series.baseline({ now, maxAgeSeconds: 86_400, spacingSeconds: 3600 }),
    restore: (baseline) => series.restore(baseline),
    kernel,
    resetSigns: resetWatch,
    takeResets: () => {
      const taken = resets;
      resets = [];
      return taken;
    },
    restoreIdentities: (gpus) => {
      book.restore(gpus);
      noteIdentities();
    },
    configure: (next) => {
      settings = next;
      // What the kernel log says means something else when another origin is trusted.
      identities += 1;
    },
    shift: (deltaMs) => {
      series.shift(deltaMs);
      kernel.shift(deltaMs);
      resetWatch.shift(deltaMs);
      for (const [name, entry] of held)
        held.set(name, { ...entry, fact: { ...entry.fact, at: entry.fact.at + deltaMs } });
    },
  };
};

const NOTHING = absent('not-recorded', 'nothing was collected yet');
