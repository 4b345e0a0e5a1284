import type { Absent, Component, CounterLimit, Fact, Judgement, NicPort } from '../../../src/api.ts';
import { about, type Details } from '../about.ts';
import { appliesTo, tolerated } from '../counter-limits.ts';
import { median, usualNumber } from '../groups.ts';
import { span } from '../growth.ts';
import { nameOf } from '../names.ts';
import { alikePorts, computePorts, isActive } from '../ports.ts';
import { knownOf } from '../readings.ts';
import { rateSlowdown, UNKNOWN_SLOWDOWN } from '../slowdown.ts';

type Code = 'port-slower' | 'port-errors';

/** Errors that all ports of the machine count come from what they share: the fabric, a switch, a peer. */
const TIMES_THE_PEERS = 3;

/** Compute ports against the ports like them. A port without a link is the business of network/link-down. */
export const portRisks = (
  nics: Fact<readonly NicPort[]>,
  limits: Fact<readonly CounterLimit[]>,
  node: Component,
): readonly Judgement<Code>[] => {
  const unjudged = (because: Absent): readonly Judgement<Code>[] =>
    (['port-slower', 'port-errors'] as const).map((code) => ({ unjudged: node, code, because }));
  if (!nics.ok) return unjudged(nics);
  if (!limits.ok) return unjudged(limits);
  const ports = computePorts(nics.value);
  return ports.flatMap((port): readonly Judgement<Code>[] => {
    if (!port.state.ok) return [{ unjudged: port.ref, code: 'port-slower', because: port.state, expected: true }];
    if (!isActive(port)) return [];
    const alike = alikePorts(nics.value, port).filter(isActive);
    return [slower(port, alike), ...errors(port, alike, limits.value)];
  });
};

const slower = ({ ref, rateGbps }: NicPort, alike: readonly NicPort[]): Judgement<'port-slower'> =>
  about(
    ref,
    'port-slower',
    rateGbps,
    (rate): Details | undefined => {
      const usual = usualNumber(knownOf(alike.map((sibling) => sibling.rateGbps)));
      if (usual === undefined || rate >= usual) return undefined;
      return {
        message: `${nameOf(ref)} is up at ${rate} Gb/s, the ports like it at ${usual} Gb/s`,
        observed: `${rate} Gb/s`,
        expected: `${usual} Gb/s`,
        evidence: { cause: 'link_degraded', slowdown: rateSlowdown(rate / usual) },
      };
    },
    { expected: true },
  );

interface Excess {
  readonly counter: string;
  readonly by: number;
  readonly seconds: number;
  readonly resets: number;
  readonly peers: number;
  readonly meaning: string;
}

const errors = (
  port: NicPort,
  alike: readonly NicPort[],
  limits: readonly CounterLimit[],
): readonly Judgement<'port-errors'>[] => {
  const code = 'port-errors';
  const { ref, counters } = port;
  const excesses: Excess[] = [];
  let gap: Absent | undefined;
  let judged = 0;
  for (const limit of limits) {
    // What is worth an INFO explains no slowness.
    if (limit.check !== 'network/link-errors' || limit.severity === 'INFO' || !appliesTo(limit, port)) continue;
    const { name: counter, window, meaning } = limit;
    const growth = counters[counter]?.increase[window];
    // Which counters a port should have is the business of network/link-errors.
    if (growth === undefined) continue;
    if (!growth.ok) {
      gap ??= growth;
      continue;
    }
    judged += 1;
    const { by, seconds } = growth.value;
    if (by <= tolerated(limit, seconds)) continue;
    const others = alike.flatMap((sibling) => {
      const grown = sibling.counters[counter]?.increase[window];
      return grown?.ok === true ? [grown.value.by] : [];
    });
    const peers = median(others) ?? 0;
    if (by > TIMES_THE_PEERS * peers) excesses.push({ counter, ...growth.value, peers, meaning });
  }
  const first = excesses[0];
  if (first !== undefined) {
    return [
      {
        finding: {
          component: ref,
          code,
          message: `${nameOf(ref)}: ${first.counter} grew by ${first.by} in ${span(first)}; by ${first.peers} on the ports like it. ${first.meaning}`,
          observed: `${first.counter} +${first.by}`,
          expected: `at most ${TIMES_THE_PEERS} times the ports like it`,
          evidence: {
            cause: 'link_degraded',
            counters: excesses.map((excess) => `${excess.counter} +${excess.by}`).join(' '),
            slowdown: UNKNOWN_SLOWDOWN,
          },
        },
      },
    ];
  }
  if (gap !== undefined) return [{ unjudged: ref, code, because: gap }];
  return judged > 0 ? [{ pass: ref, code }] : [];
};
