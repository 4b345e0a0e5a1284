import type { AbsenceReason, AnyCheck, FactName } from '../../api.ts';
import { OWN_SOURCE } from '../../engine/own-source.ts';
import type { CheckResult, UnjudgedRecord } from '../../engine/snapshot.ts';
import { grouped } from '../../report/grouped.ts';
import { plural } from '../../report/plural.ts';
import { OF_THE_AGENT } from '../agent-facts.ts';
import { checkResults, contextsOf, factsOf } from './check-results.ts';
import { columns, type Problem, type Section } from './section.ts';
import type { Seen } from './seen.ts';

interface Need {
  readonly fact: FactName;
  /** Where it comes from: a source, or Muster itself. */
  readonly source: string;
  readonly reads?: string;
  /** Without it the check judges less, not nothing. */
  readonly optional: boolean;
}

interface Lack {
  readonly severity: 'UNKNOWN' | 'SKIPPED';
  readonly reason: string;
}

const needOf = (fact: FactName, optional: boolean, { sources, prejob }: Seen): Need => {
  const source = sources.find(({ collector }) => collector.provides.includes(fact));
  if (source !== undefined) return { fact, source: source.collector.id, reads: source.collector.reads, optional };
  return {
    fact,
    source: OF_THE_AGENT.includes(fact) ? 'the agent' : (prejob.facts[fact]?.source ?? 'the agent'),
    optional,
  };
};

const lackOf = (check: AnyCheck, { severity, reason, unjudged }: CheckResult, { agent }: Seen): Lack | undefined => {
  if (severity !== 'UNKNOWN' && severity !== 'SKIPPED') return undefined;
  if (factsOf(check).required.some((name) => OF_THE_AGENT.includes(name))) {
    if (agent.reached && agent.answer.ok) return undefined;
    return { severity: 'SKIPPED', reason: 'only the agent can tell, and none answers here' };
  }
  return { severity, reason: reason ?? unjudged[0]?.detail ?? 'there is nothing of this kind here' };
};

/** What keeps a check from judging although nothing is broken: a permission, a tool, an answer that cannot be read. */
const OF_THE_INSTALLATION: readonly AbsenceReason[] = ['denied', 'no-tool', 'failed'];

const isOfInstallation = ({ reason, verdict }: UnjudgedRecord): boolean =>
  verdict === 'UNKNOWN' && OF_THE_INSTALLATION.includes(reason);

/** Facts of sources that are silent themselves, which is said of them. */
const silentFacts = ({ sources, prejob }: Seen): ReadonlySet<FactName> => {
  const silent = new Set(prejob.sources.filter(({ up }) => !up).map(({ source }) => source));
  return new Set(sources.flatMap(({ collector }) => (silent.has(collector.id) ? collector.provides : [])));
};

/** What no source has said of itself: one line for each cause, whatever number of checks it blinds. */
const problemsOf = (seen: Seen): readonly Problem[] => {
  const silent = silentFacts(seen);
  const open = checkResults(seen)
    .filter(({ result }) => result.mode === 'enforce')
    .filter(({ check }) => ![...factsOf(check).required, ...factsOf(check).used].some((name) => silent.has(name)))
    .flatMap(({ check, result }) =>
      result.unjudged.filter(isOfInstallation).map(({ detail }) => ({ id: check.id, detail })),
    );
  return grouped(open, ({ detail }) => detail).map(([detail, group]) => {
    const ids = [...new Set(group.map(({ id }) => id))];
    const [first = ''] = ids;
    const about = ids.length === 1 ? first : `${first} and ${plural(ids.length - 1, 'other check')}`;
    return {
      about,
      message: detail,
      cure: `muster explain ${first}; where this node cannot say it, checks: {${first}: {mode: off}}`,
    };
  });
};

/** What a source has said of itself stands there. */
const inShort = ({ reason }: Lack, { prejob: { sources } }: Seen): string => {
  const source = sources.find(({ detail }) => detail === reason);
  return source === undefined ? reason : `without ${source.source}`;
};

/** Each check: where it counts, what it needs, and what it lacks here. Whether the node is healthy is for validate to say. */
export const checksSection = (seen: Seen): Section => {
  const entries = checkResults(seen).map(({ check, result }) => ({
    id: check.id,
    mode: result.mode,
    contexts: contextsOf(check, seen),
    needs: [
      ...factsOf(check).required.map((fact) => needOf(fact, false, seen)),
      ...factsOf(check).used.map((fact) => needOf(fact, true, seen)),
    ],
    lacks: lackOf(check, result, seen),
  }));
  const rows = entries.map(({ id, mode, contexts, needs, lacks }) => {
    const sources = new Set(needs.map(({ source }) => source).filter((source) => source !== OWN_SOURCE));
    const from = sources.size === 0 ? 'what Muster knows itself' : [...sources].join(', ');
    return [
      id,
      mode,
      contexts.join(' '),
      lacks === undefined ? `judges, from ${from}` : `${lacks.severity}: ${inShort(lacks, seen)}`,
    ];
  });
  return {
    name: 'checks',
    problems: problemsOf(seen),
    lines: columns(rows),
    json: entries.map(({ lacks, ...rest }) => ({ ...rest, ...(lacks === undefined ? {} : { lacks }) })),
  };
};
