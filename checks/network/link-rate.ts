import { absent, defineCheck, type Fact, type Judgement, type NicPort, type Profile } from '../../src/api.ts';
import { about, type Details } from '../shared/about.ts';
import { BOOT_GRACE_SECONDS } from '../shared/boot-grace.ts';
import { usualNumber } from '../shared/groups.ts';
import { nameOf } from '../shared/names.ts';
import { alikePorts, cardOf, computePorts, expectedOfCompute, isActive, onlyAssumed } from '../shared/ports.ts';
import { knownOf } from '../shared/readings.ts';
import { condition, drain, stay } from '../shared/rules.ts';

export default defineCheck({
  apiVersion: 1,
  id: 'network/link-rate',
  title: 'A compute port runs below its rate',
  why: 'A ring is as fast as its slowest rail: one port at 200 instead of 400 Gb/s can halve the collectives of a whole job, and no error shows.',
  source: 'InfiniBand rates of 4X links: EDR 100, HDR 200, NDR 400, XDR 800 Gb/s; the siblings and the machine profile',
  remedy:
    'Read why it trained low: `mlxlink -d <device> -m -c` (width, speed, FEC, transceiver). Reseat or replace cable and transceiver; look at the switch port; retrain with `mlxlink -d <device> -a TG`.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['nics'],
  uses: ['profile'],
  rules: {
    'below-siblings': condition('CRITICAL', 'Compute port is slower than its siblings', drain('service')),
    'below-profile': condition(
      'CRITICAL',
      'Compute ports are slower than the profile says',
      drain('service'),
      'where the machine profile gives the rate of the compute NICs',
    ),
  },
  raise: { hits: 2, of: 3, clear: 2, bootGraceSeconds: BOOT_GRACE_SECONDS },
  judge: ({ nics, profile }, { node }) => {
    const judgements = computePorts(nics).flatMap((port) => judgePort(port, nics, profile));
    const because = absent('no-device', 'no active port of this machine is known to carry the traffic of jobs');
    return judgements.length === 0 ? [{ unjudged: node, because }] : judgements;
  },
});

type Code = 'below-siblings' | 'below-profile';

const judgePort = (port: NicPort, nics: readonly NicPort[], profile: Fact<Profile>): readonly Judgement<Code>[] => {
  const { ref, state, linkLayer, rateGbps } = port;
  if (!state.ok) return [{ unjudged: ref, because: state, expected: true }];
  // A port without a link is the business of link-down; the rate that it prints (40 in real captures) says nothing.
  if (!isActive(port)) return [];
  // Ports of one card can run InfiniBand or Ethernet, at different rates.
  if (!linkLayer.ok) return [{ unjudged: ref, because: linkLayer, expected: true }];
  if (!rateGbps.ok) return [{ unjudged: ref, because: rateGbps, expected: true }];
  const rates = knownOf(
    alikePorts(nics, port)
      .filter(isActive)
      .map((sibling) => sibling.rateGbps),
  );
  const usual = usualNumber(rates);
  if (usual !== undefined && rateGbps.value < usual) return [belowSiblings(port, rateGbps.value, rates, usual)];
  return [
    ...(usual === undefined ? [] : [{ pass: ref, code: 'below-siblings' } as const]),
    about(ref, 'below-profile', expectedOfCompute(profile, 'rateGbps'), (expected): Details | undefined =>
      rateGbps.value >= expected || cardGbps(port, nics) >= expected
        ? undefined
        : {
            message: `${nameOf(ref)} is up at ${rateGbps.value} Gb/s; the machine profile expects ${expected} Gb/s`,
            observed: `${rateGbps.value} Gb/s`,
            expected: `${expected} Gb/s`,
            ...(onlyAssumed(expectedOfCompute(profile, 'rateGbps'))
              ? { override: { severity: 'WARNING', action: stay('watch') } }
              : {}),
          },
    ),
  ];
};

/** What the compute ports of the card do together: a NIC with several planes shows a part of its rate on each. */
const cardGbps = (port: NicPort, nics: readonly NicPort[]): number => {
  const ofCard = computePorts(nics).filter((other) => isActive(other) && cardOf(other) === cardOf(port));
  return knownOf(ofCard.map((other) => other.rateGbps)).reduce((sum, rate) => sum + rate, 0);
};

const belowSiblings = (
  { ref }: NicPort,
  rateGbps: number,
  siblings: readonly number[],
  usualGbps: number,
): Judgement<Code> => {
  const faster = siblings.filter((other) => other > rateGbps).length;
  return {
    finding: {
      component: ref,
      code: 'below-siblings',
      message: `${nameOf(ref)} is up at ${rateGbps} Gb/s; ${faster} of ${siblings.length} ports like it run faster, at ${usualGbps} Gb/s`,
      observed: `${rateGbps} Gb/s`,
      expected: `${usualGbps} Gb/s`,
      evidence: { siblings_compared: siblings.length, siblings_faster: faster },
    },
  };
};
