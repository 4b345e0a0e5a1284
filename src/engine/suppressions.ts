import { type Component, NODE } from '../api.ts';
import { matchesComponent } from '../derive/component-match.ts';
import { matchesGlob } from '../derive/glob.ts';
import type { CheckResult, Suppressible, UnjudgedRecord } from './snapshot.ts';

/** Somebody knows about a finding and does not want to hear of it for a time. Plain data. */
export interface Suppression {
  /** A check id, or a glob over them. */
  readonly check: string;
  /** The key of a component; every component without it. */
  readonly component?: string;
  /** The component as the person named it. */
  readonly componentName?: string;
  readonly owner: string;
  readonly reason: string;
  /** Unix ms. It ends when it was said to end, whatever the clock was set to meanwhile. */
  readonly from: number;
  readonly until: number;
}

/** One that the configuration states: it begins and ends with its lines there. */
export interface StatedSuppression {
  /** A check id, or a glob over them. */
  readonly check: string;
  /** As people name a part; which one it is, each finding tells. */
  readonly component?: string;
  readonly owner: string;
  readonly reason: string;
  /** Unix ms. */
  readonly until: number;
  /** `/etc/muster/muster.yaml:12:5` */
  readonly setBy: string;
}

export interface Suppressions {
  /** What the configuration states now, besides those that were added. */
  configure(stated: readonly StatedSuppression[]): void;
  stated(now: number): readonly StatedSuppression[];
  add(suppression: Suppression): void;
  /** Ends those of exactly this check and component; answers with what was ended. */
  remove(check: string, component: string | undefined): readonly Suppression[];
  /**
   * Each finding with the longest suppression that covers it, and the silence of a part with the longest that names the
   * part: who takes a lost GPU out of account takes out what nobody can say of it. What is not known of the node itself
   * is nobody's to take out, nor is silence by a suppression that names no part.
   */
  mark(result: CheckResult, now: number): CheckResult;
  active(now: number): readonly Suppression[];
  /** Those that have ended by themselves since the last call. */
  takeEnded(now: number): readonly (Suppression | StatedSuppression)[];
  restore(saved: readonly Suppression[], now: number): void;
}

const isSame = (one: Suppression, check: string, component: string | undefined): boolean =>
  one.check === check && one.component === component;

export const createSuppressions = (): Suppressions => {
  let all: readonly Suppression[] = [];
  let ofConfiguration: readonly StatedSuppression[] = [];
  /** Those that were over when they were read had no end that anybody waited for. */
  let endsTakenAt: number | undefined;

  const covers = (one: Suppression | StatedSuppression, check: string, part: Component): boolean =>
    matchesGlob(one.check, check) &&
    (one.component === undefined ||
      ('setBy' in one ? matchesComponent(one.component, part) : one.component === part.key));

  const suppression = (isMeant: (one: Suppression | StatedSuppression) => boolean, now: number): Suppressible => {
    const covering = [...all, ...ofConfiguration].filter((one) => one.until > now && isMeant(one));
    const [longest] = covering.sort((a, b) => b.until - a.until);
    return longest === undefined
      ? {}
      : { suppressedUntil: longest.until, suppressedBy: `${longest.owner}: ${longest.reason}` };
  };

  return {
    configure: (stated) => {
      ofConfiguration = stated;
    },
    stated: (now) => ofConfiguration.filter(({ until }) => until > now),
    add: (suppression) => {
      all = [...all.filter((one) => !isSame(one, suppression.check, suppression.component)), suppression];
    },
    remove: (check, component) => {
      const ended = all.filter((one) => isSame(one, check, component));
      all = all.filter((one) => !isSame(one, check, component));
      return ended;
    },
    mark: (result, now) => {
      if (all.length + ofConfiguration.length === 0) return result;
      const isAbout = (part: Component) => (one: Suppression | StatedSuppression) => covers(one, result.id, part);
      const marked = (record: UnjudgedRecord): UnjudgedRecord => {
        const isNamed = isAbout(record.component);
        return record.verdict === 'UNKNOWN' && record.component.key !== NODE.key
          ? { ...record, ...suppression((one) => one.component !== undefined && isNamed(one), now) }
          : record;
      };
      return {
        ...result,
        findings: result.findings.map((finding) => ({ ...finding, ...suppression(isAbout(finding.component), now) })),
        unjudged: result.unjudged.map(marked),
      };
    },
    active: (now) => all.filter(({ until }) => until > now),
    takeEnded: (now) => {
      const ended = all.filter(({ until }) => until <= now);
      if (ended.length > 0) all = all.filter(({ until }) => until > now);
      const before = endsTakenAt ?? now;
      endsTakenAt = now;
      return [...ended, ...ofConfiguration.filter(({ until }) => until > before && until <= now)];
    },
    restore: (saved, now) => {
      all = saved.filter(({ until }) => until > now);
    },
  };
};
