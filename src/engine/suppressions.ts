import { matchesComponent } from '../derive/component-match.ts';
import { matchesGlob } from '../derive/glob.ts';
import type { FindingRecord } from './snapshot.ts';

/** Somebody knows about a finding and does not want to hear of it for a time. Plain data. */
export interface Suppression {
  /** A check id, or a glob over them. */
  readonly check: string;
  /** As a person names it: `gpu3`, a UUID, `mlx5_2`; every component without it. */
  readonly component?: string;
  readonly owner: string;
  readonly reason: string;
  /** Unix ms. */
  readonly from: number;
  readonly until: number;
}

export interface Suppressions {
  add(suppression: Suppression): void;
  /** Ends those of exactly this check and component; answers with what was ended. */
  remove(check: string, component: string | undefined): readonly Suppression[];
  /** The finding with the end of the longest suppression that covers it. */
  mark(finding: FindingRecord, now: number): FindingRecord;
  active(now: number): readonly Suppression[];
  shift(deltaMs: number): void;
  restore(saved: readonly Suppression[], now: number): void;
}

const isSame = (one: Suppression, check: string, component: string | undefined): boolean =>
  one.check === check && one.component === component;

export const createSuppressions = (): Suppressions => {
  let all: readonly Suppression[] = [];

  const covers = ({ check, component }: Suppression, finding: FindingRecord): boolean =>
    matchesGlob(check, finding.check) && (component === undefined || matchesComponent(component, finding.component));

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
      const ends = all.filter((one) => one.until > now && covers(one, finding)).map(({ until }) => until);
      return ends.length === 0 ? finding : { ...finding, suppressedUntil: Math.max(...ends) };
    },
    active: (now) => {
      all = all.filter(({ until }) => until > now);
      return all;
    },
    shift: (deltaMs) => {
      all = all.map((one) => ({ ...one, from: one.from + deltaMs, until: one.until + deltaMs }));
    },
    restore: (saved, now) => {
      all = saved.filter(({ until }) => until > now);
    },
  };
};
