import {
  type Absent,
  absent,
  type CounterLimit,
  defineCheck,
  type Judgement,
  type NicPort,
  type Severity,
} from '../../src/api.ts';
import { span } from '../shared/growth.ts';
import { nameOf } from '../shared/names.ts';
import { condition, drain, stay } from '../shared/rules.ts';
import { siblingsOf } from '../shared/siblings.ts';

const SECONDS = { interval: 0, '15m': 900, '1h': 3600, '24h': 86_400 } as const;
const RANK: Readonly<Record<Severity, number>> = { INFO: 0, WARNING: 1, CRITICAL: 2 };

/** Judged by network/link-flaps, which knows how often is too often. */
const JUDGED_ELSEWHERE: ReadonlySet<string> = new Set(['link_downed']);

export default defineCheck({
  apiVersion: 1,
  id: 'network/link-errors',
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
  judge: ({ nics, nicCounterLimits }) =>
    nics.filter(({ role }) => role !== 'unused').flatMap((port) => judgePort(port, nics, nicCounterLimits)),
});

/** How much growth is tolerated: scaled down to the history that there is, yet one error is never a rate. */
const tolerated = ({ limit, window }: CounterLimit, seconds: number): number => {
  const share = SECONDS[window] === 0 ? 1 : Math.min(1, seconds / SECONDS[window]);
  return Math.max(Math.min(1, limit), limit * share);
};

interface Excess {
  readonly limit: CounterLimit;
  readonly by: number;
  readonly allowed: number;
  readonly seconds: number;
}

const judgePort = (
  port: NicPort,
  nics: readonly NicPort[],
  limits: readonly CounterLimit[],
): readonly Judgement<'above-limit'>[] => {
  const { ref } = port;
  const code = 'above-limit';
  const excesses: Excess[] = [];
  let gap: Absent | undefined;
  let judged = 0;
  for (const limit of limits) {
    if (JUDGED_ELSEWHERE.has(limit.counter) || !appliesTo(limit, port)) continue;
    const counter = port.counters[limit.counter];
    if (counter === undefined) {
      // A counter that no port of the model has is the model's; one that its siblings have should be there.
      const siblings = siblingsOf(port, nics).filter((sibling) => appliesTo(limit, sibling));
      if (siblings.length === 0 || siblings.some((sibling) => sibling.counters[limit.counter] !== undefined)) {
        gap ??= absent('unsupported', `${nameOf(ref)} has no counter ${limit.counter}`);
      }
      continue;
    }
    const growth = counter.increase[limit.window];
    if (!growth.ok) {
      gap ??= growth;
      continue;
    }
    judged += 1;
    const allowed = tolerated(limit, growth.value.seconds);
    if (growth.value.by > allowed) excesses.push({ limit, allowed, ...growth.value });
  }
  const worst = excesses.sort((a, b) => RANK[b.limit.severity] - RANK[a.limit.severity])[0];
  if (worst !== undefined) return [{ finding: findingOf(port, worst, excesses) }];
  if (gap !== undefined) return [{ unjudged: ref, code, because: gap }];
  return judged > 0 ? [{ pass: ref, code }] : [];
};

const appliesTo = ({ linkLayer }: CounterLimit, port: NicPort): boolean =>
  linkLayer === 'any' || !port.linkLayer.ok || port.linkLayer.value === linkLayer;

const findingOf = ({ ref }: NicPort, worst: Excess, all: readonly Excess[]) => {
  const { limit, by, allowed, seconds } = worst;
  const others = all.length - 1;
  return {
    component: ref,
    code: 'above-limit',
    message:
      `${nameOf(ref)}: ${limit.counter} grew by ${by} in ${span({ by, seconds, resets: 0 })}, limit ${round(allowed)}` +
      (others > 0 ? `, and ${others} more counter${others === 1 ? '' : 's'} above the limit` : '') +
      `. ${limit.meaning}`,
    observed: `${limit.counter} +${by}`,
    expected: `at most ${round(allowed)}`,
    evidence: Object.fromEntries(
      all.map((excess) => [excess.limit.counter, `+${excess.by} in ${Math.round(excess.seconds)} s`]),
    ),
    override: {
      severity: limit.severity,
      ...(limit.severity === 'CRITICAL' ? { action: drain('service') } : {}),
    },
  } as const;
};

const round = (value: number): number => Math.round(value * 100) / 100;
