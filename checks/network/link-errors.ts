import { type CounterLimit, defineCheck, type Judgement, known, type NicPort } from '../../src/api.ts';
import { type Excess, judgeGrowth } from '../shared/counter-limits.ts';
import { span } from '../shared/growth.ts';
import { compareSeverity } from '../shared/kernel-errors.ts';
import { nameOf } from '../shared/names.ts';
import { condition, drain, stay } from '../shared/rules.ts';
import { siblingsOf } from '../shared/siblings.ts';

const ID = 'network/link-errors';

export default defineCheck({
  apiVersion: 1,
  id: ID,
  title: 'Port error counters grow too fast',
  why: 'Symbol errors, discards and retransmissions cost bandwidth long before the link fails; they point at a dirty or dying cable or transceiver.',
  source:
    'the table of counter limits, each with its own source (NVSentinel nic-health-monitor values.yaml, UFM defaults)',
  remedy:
    'Read the link quality: `mlxlink -d <device> -m -c -e` (effective BER, FEC), `perfquery -x`. Clean or replace cable and transceiver; if only discards or retransmissions grow, look for congestion at the switch instead.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['nics', 'nicCounterLimits'],
  rules: {
    'above-limit': condition('WARNING', 'Error counters grow faster than their limits', stay('watch')),
  },
  judge: ({ nics, nicCounterLimits }) => {
    const limits = nicCounterLimits.filter(({ check }) => check === ID);
    return nics.filter(({ role }) => role !== 'unused').flatMap((port) => judgePort(port, nics, limits));
  },
});

const judgePort = (
  port: NicPort,
  nics: readonly NicPort[],
  limits: readonly CounterLimit[],
): readonly Judgement<'above-limit'>[] => {
  const { ref } = port;
  const code = 'above-limit';
  const { excesses, gap, count } = judgeGrowth(port, {
    limits,
    siblings: siblingsOf(port, nics),
    countersOf: ({ counters }) => known(counters),
  });
  const bySeverity = [...excesses].sort((a, b) => compareSeverity(b.limit.severity, a.limit.severity));
  const worst = bySeverity[0];
  if (worst !== undefined) return [{ finding: findingOf(port, worst, bySeverity) }];
  if (gap !== undefined) return [{ unjudged: ref, code, because: gap }];
  return count > 0 ? [{ pass: ref, code }] : [];
};

const findingOf = ({ ref }: NicPort, worst: Excess, all: readonly Excess[]) => {
  const { limit, name, by, allowed, seconds } = worst;
  const others = all.length - 1;
  return {
    component: ref,
    code: 'above-limit',
    message:
      `${nameOf(ref)}: ${name} grew by ${by} in ${span({ seconds })}, limit ${round(allowed)}` +
      (others > 0 ? `, and ${others} more counter${others === 1 ? '' : 's'} above the limit` : '') +
      `. ${limit.meaning}`,
    observed: `${name} +${by}`,
    expected: `at most ${round(allowed)}`,
    evidence: Object.fromEntries(
      all.map((excess) => [excess.name, `+${excess.by} in ${Math.round(excess.seconds)} s`]),
    ),
    override: {
      severity: limit.severity,
      ...(limit.severity === 'CRITICAL' ? { action: drain('service') } : {}),
    },
  } as const;
};

const round = (value: number): number => Math.round(value * 100) / 100;
