import { absent, type Component, type Expected, type Judgement, type S } from '../../src/api.ts';
import { groupBy, majorityOf } from './groups.ts';
import { nameOf } from './names.ts';

/** One component with the version to compare; only members of one group are expected to agree. */
interface Versioned {
  readonly ref: Component;
  readonly group: string;
  readonly version: S;
}

interface Drift<C> {
  readonly code: C;
  /** What the version is of, for messages: `VBIOS`. */
  readonly what: string;
  readonly node: Component;
}

/**
 * Judges each member against the version that most of its group have. Where two versions are equally frequent nobody
 * can say which is wrong, so the node is.
 */
export const judgeDrift = <C extends string>(
  members: readonly Versioned[],
  about: Drift<C>,
): readonly Judgement<C>[] => {
  const judgements: Judgement<C>[] = [];
  let agreed = true;
  for (const group of groupBy(members, (member) => member.group).values()) {
    const judged = judgeGroup(group, about);
    judgements.push(...judged);
    if (judged.some((judgement) => 'unjudged' in judgement)) agreed = false;
    if (judged.some((judgement) => 'finding' in judgement && judgement.finding.component === about.node))
      agreed = false;
  }
  if (judgements.length === 0) {
    const because = absent('unsupported', `no two components of one model here to compare ${about.what}`);
    return [{ unjudged: about.node, code: about.code, because }];
  }
  return agreed ? [...judgements, { pass: about.node, code: about.code }] : judgements;
};

const judgeGroup = <C extends string>(
  group: readonly Versioned[],
  { code, what, node }: Drift<C>,
): readonly Judgement<C>[] => {
  const versions = group.flatMap(({ version }) => (version.ok ? [version.value] : []));
  const usual = majorityOf(versions);
  const tied = versions.length > 0 && usual === undefined;
  const judgements: Judgement<C>[] = [];
  if (tied) {
    const distinct = [...new Set(versions)].sort();
    judgements.push({
      finding: {
        component: node,
        related: group.map(({ ref }) => ref),
        code,
        message: `${what} differs among ${group.length} components of one model, with no majority: ${distinct.join(', ')}`,
        observed: distinct.join(', '),
        expected: 'one version',
        evidence: Object.fromEntries(
          group.flatMap(({ ref, version }) => (version.ok ? [[nameOf(ref), version.value] as const] : [])),
        ),
      },
    });
  }
  for (const { ref, version } of group) {
    // The only one of its kind: there is nothing that it could differ from. One that said nothing, not even its model, may
    // be of any kind.
    if (group.length < 2 && version.ok) continue;
    if (!version.ok) {
      judgements.push({ unjudged: ref, code, because: version, expected: versions.length > 0 });
    } else if (usual !== undefined && version.value !== usual) {
      const agreeing = versions.filter((other) => other === usual).length;
      judgements.push({
        finding: {
          component: ref,
          code,
          message: `${nameOf(ref)} has ${what} ${version.value}; ${agreeing} of ${versions.length} of its model have ${usual}`,
          observed: version.value,
          expected: usual,
          evidence: { agreeing, compared: versions.length },
        },
      });
    } else if (!tied) judgements.push({ pass: ref, code });
  }
  return judgements;
};

/** Judges each member against the versions that the site pinned: several while an upgrade rolls through its fleet. */
export const judgePin = <C extends string>(
  members: readonly Omit<Versioned, 'group'>[],
  pin: Expected<readonly string[]>,
  { code, what }: Pick<Drift<C>, 'code' | 'what'>,
): readonly Judgement<C>[] =>
  members.map(({ ref, version }): Judgement<C> => {
    if (!pin.ok) return { unjudged: ref, code, because: pin };
    if (!version.ok) return { unjudged: ref, code, because: version, expected: true };
    if (pin.value.includes(version.value)) return { pass: ref, code };
    const allowed = pin.value.join(' or ');
    return {
      finding: {
        component: ref,
        code,
        message: `${nameOf(ref)} has ${what} ${version.value}; ${pin.source} pins ${allowed}`,
        observed: version.value,
        expected: allowed,
        evidence: { pin_source: pin.source },
      },
    };
  });
