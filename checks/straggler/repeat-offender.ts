import { type Component, defineCheck, type Judgement, type PastFinding } from '../../src/api.ts';
import { nameOf } from '../shared/names.ts';
import { type Episode, episodesOf, scoreOf } from '../shared/offences.ts';
import { condition, stay } from '../shared/rules.ts';

type Code = 'offends-again';

/** Evidence is for people: the latest tell enough. */
const LISTED = 8;

export default defineCheck({
  apiVersion: 1,
  id: 'straggler/repeat-offender',
  title: 'GPU or node that fails again and again',
  why: 'A few nodes cause most of the interruptions of a cluster. Each time they are reset or rebooted they pass, and a large job that meets one loses more than the reset gained.',
  source:
    'lemon nodes: "Revisiting Reliability in Large-Scale Machine Learning Research Clusters" (HPCA 2025), 28 days; mean time between incidents: SuperBench (ATC 2024)',
  remedy:
    'Keep it out of large jobs, and have it serviced instead of reset: a burn-in (`dcgmi diag -r 3`), then a new board. A replaced GPU starts anew; after a repair of the same board suppress this check for it until the list has aged out.',
  contexts: ['continuous', 'prejob'],
  requires: ['pastFindings'],
  uses: ['gpus'],
  options: {
    days: {
      default: 28,
      unit: 'days',
      source: 'the window in which Meta counts (HPCA 2025)',
      help: 'findings that began earlier no longer count',
    },
    score: {
      default: 5,
      unit: 'points',
      source:
        'assumed: three drains, or two and an Xid. SuperBench: 719 h to the first incident of a node of 8 GPUs, so that three of one GPU in 28 days meet less than one GPU in 3000 by chance',
      help: 'a GPU or node whose episodes weigh this much together is a finding',
    },
  },
  rules: { 'offends-again': condition('WARNING', 'Failed again and again in the last weeks', stay('service')) },
  judge: ({ pastFindings, gpus }, { now, node, options }) => {
    const recent = pastFindings.filter(({ from }) => from > now - options.days * 86_400_000);
    const present = gpus.ok ? gpus.value.map(({ ref }) => ref) : accused(recent);
    return [
      ...present.map((gpu) =>
        judgeOne(
          gpu,
          recent.filter((one) => isOf(one, gpu)),
          options,
        ),
      ),
      // Ports and switches are parts of the node here: a cable that flaps is found again under the same name.
      judgeOne(
        node,
        recent.filter(({ component }) => component.kind !== 'gpu'),
        options,
      ),
      ...(gpus.ok ? [] : [{ unjudged: node, code: 'offends-again', because: gpus } as const]),
    ];
  },
});

/** A swapped board starts clean: only where no UUID was known does the place stand for the board. */
const isOf = ({ component }: PastFinding, gpu: Component): boolean =>
  component.kind === 'gpu' && (component.uuid === undefined ? component.key === gpu.key : component.uuid === gpu.uuid);

/** Where no GPU answers, those of which the store tells. */
const accused = (findings: readonly PastFinding[]): readonly Component[] => [
  ...new Map(
    findings.flatMap(({ component }) => (component.kind === 'gpu' ? [[component.key, component]] : [])),
  ).values(),
];

const judgeOne = (
  component: Component,
  findings: readonly PastFinding[],
  { score: limit, days }: { readonly score: number; readonly days: number },
): Judgement<Code> => {
  const episodes = episodesOf(findings);
  const score = scoreOf(episodes);
  if (score < limit) return { pass: component, code: 'offends-again' };
  return {
    finding: {
      component,
      code: 'offends-again',
      message: `${nameOf(component)} failed ${episodes.length} times in the last ${days} days: ${score} points, from ${limit} on it is a repeat offender`,
      observed: `${score} points`,
      expected: `fewer than ${limit}`,
      evidence: {
        episodes: episodes.length,
        score,
        counted: episodes.slice(-LISTED).map(described).join('; '),
        ...(episodes.length > LISTED ? { earlier_episodes: episodes.length - LISTED } : {}),
      },
    },
  };
};

const described = ({ at, points, findings }: Episode): string => {
  const what = [...new Set(findings.map(({ check, code }) => `${check} ${code}`))].join(', ');
  return `${new Date(at).toISOString().slice(0, 16)}Z ${what} (${points})`;
};
