import type { Gpu, Judgement } from '../../../src/api.ts';
import { about, type Details } from '../about.ts';
import { usualNumber } from '../groups.ts';
import { nameOf } from '../names.ts';
import { knownOf, together } from '../readings.ts';
import { clockSlowdown, UNKNOWN_SLOWDOWN } from '../slowdown.ts';

/** What all have alike makes none of them a straggler: a power policy of the site, clocks that are set everywhere. */
const isShared = (value: number, siblings: readonly number[]): boolean =>
  siblings.length > 0 && siblings.every((other) => other === value);

export const powerLimitRisk = ({ ref, power }: Gpu, siblings: readonly Gpu[]): Judgement<'power-limit-lowered'> =>
  about(
    ref,
    'power-limit-lowered',
    together({ limit: power.limitWatts, usual: power.defaultLimitWatts }),
    ({ limit, usual: own }): Details | undefined => {
      const limits = knownOf(siblings.map((sibling) => sibling.power.limitWatts));
      const peers = usualNumber(limits) ?? own;
      const expected = Math.max(own, peers);
      if (limit >= expected - 1 || isShared(limit, limits)) return undefined;
      return {
        message: `${nameOf(ref)} may draw ${limit} W, ${limit < own - 1 ? `its default is ${own} W` : `its siblings may draw ${peers} W`}`,
        observed: `${limit} W`,
        expected: `${expected} W`,
        evidence: {
          cause: 'power_limit_lowered',
          default_limit_watts: own,
          siblings_limit_watts: peers,
          slowdown: UNKNOWN_SLOWDOWN,
        },
        // Its own default allows no more: thermal/power-cap-lowered says nothing, so this does.
        ...(limit >= own - 1 ? { override: { severity: 'WARNING' } } : {}),
      };
    },
  );

/** Never compared with the maximum clock: an A100 has default application clocks of 1095 MHz of 1410 and still boosts. */
export const applicationClocksRisk = ({ ref, clock }: Gpu, siblings: readonly Gpu[]): Judgement<'clocks-locked'> =>
  about(
    ref,
    'clocks-locked',
    together({ now: clock.applicationSmHertz, usual: clock.defaultApplicationSmHertz }),
    ({ now, usual: own }): Details | undefined => {
      const clocks = knownOf(siblings.map((sibling) => sibling.clock.applicationSmHertz));
      const expected = Math.max(own, usualNumber(clocks) ?? own);
      if (now >= expected || isShared(now, clocks)) return undefined;
      return {
        message: `application clocks of ${nameOf(ref)} are set to ${megahertz(now)}; ${now < own ? 'its default is' : 'its siblings have'} ${megahertz(expected)}`,
        observed: megahertz(now),
        expected: megahertz(expected),
        evidence: { cause: 'clocks_locked', slowdown: clockSlowdown(now / expected) },
      };
    },
  );

/** From driver 580 on nothing tells what the clocks were set to; the highest clock that a board allows is still printed. */
export const maximumClockRisk = ({ ref, clock }: Gpu, siblings: readonly Gpu[]): Judgement<'max-clock-lower'> =>
  about(ref, 'max-clock-lower', clock.maxSmHertz, (highest): Details | undefined => {
    const usual = usualNumber(knownOf(siblings.map((sibling) => sibling.clock.maxSmHertz)));
    if (usual === undefined || highest >= usual) return undefined;
    return {
      message: `the highest clock of ${nameOf(ref)} is ${megahertz(highest)}; its siblings reach ${megahertz(usual)}`,
      observed: megahertz(highest),
      expected: megahertz(usual),
      evidence: { cause: 'clocks_locked', slowdown: clockSlowdown(highest / usual) },
    };
  });

const megahertz = (hertz: number): string => `${Math.round(hertz / 1e6)} MHz`;
