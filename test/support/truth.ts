import {
  ABSENCE_REASONS,
  type AbsenceReason,
  type AnyCheck,
  absent,
  type Component,
  type FactName,
  type Judgement,
} from '../../src/api.ts';
import { type GivenFacts, type JudgeOptions, judgeWith } from './judge.ts';

/**
 * The truth property: where a value could have made a judgement bad, its absence must not make or leave it a pass.
 *
 * Every reading of the facts is replaced by values that may be bad; what then stops passing depends on the reading.
 * Then it is replaced by every absence, and what depends on it must not pass. A reading of one component is held
 * against judgements about that component and about the node: siblings are evidence, not a precondition.
 */
export interface TruthOptions extends JudgeOptions {
  /** More bad values, by the end of the path: `{ '.processes': [[process]] }`. */
  readonly bad?: Readonly<Record<string, readonly unknown[]>>;
  /** Facts that are expectations, not observations, and so may be silent. */
  readonly except?: readonly FactName[];
}

export interface Truth {
  /** `path = reason → component|code passes`, to be compared with an empty list. */
  readonly violations: readonly string[];
  /** `path → component|code`: what was seen to depend on what, to show that the property was not vacuous. */
  readonly dependences: readonly string[];
}

interface Leaf {
  readonly path: string;
  readonly at: readonly (string | number)[];
  readonly value: unknown;
  readonly owner?: Component;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Every known reading below `value`, also those inside the value of another. */
const leavesOf = (value: unknown, at: readonly (string | number)[], owner?: Component): readonly Leaf[] => {
  if (Array.isArray(value)) return value.flatMap((element, i) => leavesOf(element, [...at, i], owner));
  if (!isRecord(value)) return [];
  const own = isRecord(value.ref) ? (value.ref as unknown as Component) : owner;
  const leaf: Leaf = { path: `.${at.join('.')}`, at, value: value.value, ...(own === undefined ? {} : { owner: own }) };
  if (value.ok === true) return [leaf, ...leavesOf(value.value, [...at, 'value'], own)];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, [...at, name], own));
};

const replaced = (value: unknown, at: readonly (string | number)[], by: unknown): unknown => {
  const [step, ...rest] = at;
  if (step === undefined) return by;
  if (Array.isArray(value)) return value.map((element, i) => (i === step ? replaced(element, rest, by) : element));
  if (!isRecord(value)) return value;
  return { ...value, [step]: replaced(value[step], rest, by) };
};

const BAD_WORDS = ['Unhealthy', 'Degraded', 'In Progress', 'GPU Reset Required', 'Drain P2P', 'Reboot', 'lost'];

/** Values of the same type that may be bad. */
const badValues = (value: unknown): readonly unknown[] => {
  if (typeof value === 'boolean') return [!value];
  if (typeof value === 'number') return [0, 1, value / 2, value - 1, value + 1, value * 2, value + 1e6, -1e6];
  if (typeof value === 'string') return [...BAD_WORDS, 'requires-reset', 'unknown-error', 'Other', '0', ''];
  if (Array.isArray(value)) return [[]];
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    typeof inner === 'number' ? [1, 1e9, inner / 2].map((number) => ({ ...value, [name]: number })) : [],
  );
};

/** `pass`, `finding` or `unjudged` by component and code; the worst where a check says several things. */
const outcomes = (check: AnyCheck, judgements: readonly Judgement[]): ReadonlyMap<string, string> => {
  const rank = ['pass', 'unjudged', 'finding'];
  const result = new Map<string, string>();
  for (const one of judgements) {
    const [outcome, component, code] =
      'pass' in one
        ? (['pass', one.pass, one.code] as const)
        : 'finding' in one
          ? (['finding', one.finding.component, one.finding.code] as const)
          : (['unjudged', one.unjudged, one.code] as const);
    for (const each of code === undefined ? Object.keys(check.rules) : [code]) {
      const key = `${component.kind}|${component.key}|${each}`;
      const before = result.get(key);
      if (before === undefined || rank.indexOf(outcome) > rank.indexOf(before)) result.set(key, outcome);
    }
  }
  return result;
};

const concerns = (key: string, owner: Component | undefined): boolean =>
  owner === undefined || key.startsWith('node|') || key.startsWith(`${owner.kind}|${owner.key}|`);

/** Holds the truth property of a check on facts that it passes. */
export const truthOf = (check: AnyCheck, facts: GivenFacts, options: TruthOptions = {}): Truth => {
  const judge = (changed: GivenFacts): ReadonlyMap<string, string> =>
    outcomes(check, judgeWith(check, changed, options));
  const base = judge(facts);
  const names: readonly FactName[] = [...check.requires, ...(check.uses ?? [])];
  const violations: string[] = [];
  const dependences: string[] = [];
  const hold = (path: string, keys: ReadonlySet<string>, changed: (reason: AbsenceReason) => GivenFacts): void => {
    for (const reason of keys.size === 0 ? [] : ABSENCE_REASONS) {
      const after = judge(changed(reason));
      for (const key of keys) if (after.get(key) === 'pass') violations.push(`${path} = ${reason} → ${key} passes`);
    }
  };

  for (const name of names.filter((one) => facts[one] !== undefined && !options.except?.includes(one))) {
    const ofFact = new Set<string>();
    for (const leaf of leavesOf(facts[name], [name])) {
      const more = Object.entries(options.bad ?? {}).flatMap(([end, values]) =>
        leaf.path.endsWith(end) ? values : [],
      );
      const dependent = new Set<string>();
      for (const bad of [...badValues(leaf.value), ...more]) {
        const after = judge(replaced(facts, [...leaf.at, 'value'], bad) as GivenFacts);
        for (const [key, outcome] of base) {
          if (outcome === 'pass' && after.get(key) !== 'pass' && concerns(key, leaf.owner)) dependent.add(key);
        }
      }
      for (const key of dependent) {
        ofFact.add(key);
        dependences.push(`${leaf.path} → ${key}`);
      }
      hold(leaf.path, dependent, (reason) => replaced(facts, leaf.at, absent(reason, 'truth property')) as GivenFacts);
    }
    hold(`.${name}`, ofFact, (reason) => ({ ...facts, [name]: absent(reason, 'truth property') }));
  }
  return { violations, dependences };
};
