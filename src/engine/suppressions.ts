import { matchesGlob } from '../derive/glob.ts';
import type { FindingRecord } from './snapshot.ts';

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

export interface Suppressions {
  add(suppression: Suppression): void;
  /** Ends those of exactly this check and component; answers with what was ended. */
  remove(check: string, component: string | undefined): readonly Suppression[];
  /** The finding with the longest suppression that covers it. */
  mark(finding: FindingRecord, now: number): FindingRecord;
  active(now: number): readonly Suppression[];
  /** Those that have ended by themselves since the last call. */
  takeEnded(now: number): readonly Suppression[];
  restore(saved: readonly Suppression[], now: number): void;
}

const isSame = (one: Suppression, check: string, component: string | undefined): boolean =>
  one.check === check && one.component === component;

export const createSuppressions = (): Suppressions => {
  let all: readonly Suppression[] = [];

  const covers = ({ check, component }: Suppression, finding: FindingRecord): boolean =>
    matchesGlob(check, finding.check) && (component === undefined || component === finding.component.key);

  return {
    add: (suppression) => {
      all = [...all.filter((one) => !isSame(one, suppression.check, suppression.component)), suppression];
    },
    remove: (check, component) => {
      const ended = all.filter((one) => isSame(one, check, component));
      all = all.filter((one) => !isSame(one, check, component));
      return ended;
    },
    mark: (finding, now) => {
      const [longest] = all.filter((one) => one.until > now && covers(one, finding)).sort((a, b) => b.until - a.until);
      if (longest === undefined) return finding;
      return { ...finding, suppressedUntil: longest.until, suppressedBy: `${longest.owner}: ${longest.reason}` };
    },
    active: (now) => all.filter(({ until }) => until > now),
    takeEnded: (now) => {
      const ended = all.filter(({ until }) => until <= now);
      if (ended.length > 0) all = all.filter(({ until }) => until > now);
      return ended;
    },
    restore: (saved, now) => {
      all = saved.filter(({ until }) => until > now);
    },
  };
};
