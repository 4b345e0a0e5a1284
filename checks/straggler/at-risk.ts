import { defineCheck, type Gpu, type Judgement } from '../../src/api.ts';
import { about, type Details } from '../shared/about.ts';
import { usualNumber } from '../shared/groups.ts';
import { nameOf } from '../shared/names.ts';
import { knownOf, together } from '../shared/readings.ts';
import { condition, stay } from '../shared/rules.ts';
import { siblingsOf } from '../shared/siblings.ts';
import { clockSlowdown, UNKNOWN_SLOWDOWN } from '../shared/slowdown.ts';
import { throttledMoreThanPeers } from '../shared/throttle-peers.ts';

type Code =
  | 'power-limit-lowered'
  | 'clocks-locked'
  | 'pcie-degraded'
  | 'remapped-rows'
  | 'thermal-throttle'
  | 'power-brake';

const NEEDS_DAY = 'throttle time: from driver 580, with history from the agent or an earlier run';

export default defineCheck({
  apiVersion: 1,
  id: 'straggler/at-risk',
  title: 'GPU likely to be slower than its peers',
  why: 'One slow GPU sets the pace of a synchronous job, while it passes every health check. Each cause alone is a suspicion, not a proof.',
  source:
    'the GPU itself against its siblings of the same model; causes as in "Not All GPUs Are Created Equal" (SC22), SuperBench and NVIDIA nvml.h',
  remedy:
    'Undo what was set: `nvidia-smi -i INDEX -pl DEFAULT`, `nvidia-smi -i INDEX -rac`, `nvidia-smi -i INDEX -rgc`. For the rest, measure before the next large job: `muster validate --level deep` on the idle node.',
  contexts: ['continuous', 'prejob'],
  requires: ['gpus'],
  options: {
    remapped_rows: {
      default: 10,
      unit: 'rows',
      source: 'SuperBench fails a node at 10 remapped rows of a GPU',
      help: 'a GPU with this many remapped rows is at risk',
      fromProfile: 'gpu-remapped-rows-at-risk',
    },
    throttle_share: {
      default: 0.01,
      unit: 'share of time',
      source: 'the limit of thermal/thermal-throttle, over a day',
      help: 'throttled for more than this share of the last day, and for several times that of the peers, is at risk',
    },
  },
  // Causes that another check reports at WARNING or above are INFO here: one fault, one alarm.
  rules: {
    'power-limit-lowered': condition('INFO', 'Power limit lower than that of its siblings', stay('watch')),
    'clocks-locked': condition(
      'WARNING',
      'Application clocks held down',
      stay('watch'),
      'application clocks: printed until driver 580',
    ),
    'pcie-degraded': condition('INFO', 'PCIe link narrower or older than that of its siblings', stay('watch')),
    'remapped-rows': condition(
      'WARNING',
      'Many remapped rows',
      stay('watch'),
      'GPUs that remap rows: Ampere and later',
    ),
    'thermal-throttle': condition('WARNING', 'Throttled for heat more than its peers', stay('watch'), NEEDS_DAY),
    'power-brake': condition('WARNING', 'Held back by the power brake more than its peers', stay('watch'), NEEDS_DAY),
  },
  judge: ({ gpus }, { options }) =>
    gpus.flatMap((gpu): readonly Judgement<Code>[] => {
      const siblings = siblingsOf(gpu, gpus);
      return [
        powerLimit(gpu, siblings),
        clocks(gpu, siblings),
        pcie(gpu, siblings),
        remappedRows(gpu, options.remapped_rows),
        throttledMoreThanPeers(gpu, siblings, 'hw_thermal', 'thermal-throttle', options.throttle_share),
        throttledMoreThanPeers(gpu, siblings, 'hw_power_brake', 'power-brake', options.throttle_share),
      ];
    }),
});

const powerLimit = ({ ref, power }: Gpu, siblings: readonly Gpu[]): Judgement<Code> =>
  about(
    ref,
    'power-limit-lowered',
    together({ limit: power.limitWatts, usual: power.defaultLimitWatts }),
    ({ limit, usual: own }): Details | undefined => {
      const peers = usualNumber(knownOf(siblings.map((sibling) => sibling.power.limitWatts))) ?? own;
      const expected = Math.max(own, peers);
      if (limit >= expected - 1) return undefined;
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
const clocks = ({ ref, clock }: Gpu, siblings: readonly Gpu[]): Judgement<Code> =>
  about(
    ref,
    'clocks-locked',
    together({ now: clock.applicationSmHertz, usual: clock.defaultApplicationSmHertz }),
    ({ now, usual: own }): Details | undefined => {
      const peers = usualNumber(knownOf(siblings.map((sibling) => sibling.clock.applicationSmHertz))) ?? own;
      const expected = Math.max(own, peers);
      if (now >= expected) return undefined;
      return {
        message: `application clocks of ${nameOf(ref)} are set to ${megahertz(now)}; ${now < own ? 'its default is' : 'its siblings have'} ${megahertz(expected)}`,
        observed: megahertz(now),
        expected: megahertz(expected),
        evidence: { cause: 'clocks_locked', slowdown: clockSlowdown(now / expected) },
      };
    },
  );

const megahertz = (hertz: number): string => `${Math.round(hertz / 1e6)} MHz`;

/** Width and the highest generation of the link; the generation of the moment drops when a GPU idles. */
const pcie = ({ ref, pcie: link }: Gpu, siblings: readonly Gpu[]): Judgement<Code> =>
  about(
    ref,
    'pcie-degraded',
    together({ width: link.width, generation: link.maxGeneration }),
    ({ width, generation }): Details | undefined => {
      const usualWidth = usualNumber(knownOf(siblings.map((sibling) => sibling.pcie.width))) ?? width;
      const usualGeneration = usualNumber(knownOf(siblings.map((sibling) => sibling.pcie.maxGeneration))) ?? generation;
      if (width >= usualWidth && generation >= usualGeneration) return undefined;
      return {
        message: `${nameOf(ref)} is connected by Gen${generation} x${width}, its siblings by Gen${usualGeneration} x${usualWidth}`,
        observed: `Gen${generation} x${width}`,
        expected: `Gen${usualGeneration} x${usualWidth}`,
        evidence: { cause: 'pcie_degraded', slowdown: UNKNOWN_SLOWDOWN },
      };
    },
  );

const remappedRows = ({ ref, rows }: Gpu, limit: number): Judgement<Code> =>
  about(
    ref,
    'remapped-rows',
    together({ correctable: rows.correctable, uncorrectable: rows.uncorrectable }),
    ({ correctable, uncorrectable }): Details | undefined => {
      const remapped = correctable + uncorrectable;
      if (remapped < limit) return undefined;
      return {
        message: `${nameOf(ref)} has ${remapped} remapped rows; from ${limit} on a GPU is at risk`,
        observed: `${remapped}`,
        expected: `fewer than ${limit}`,
        evidence: { cause: 'remapped_rows', correctable, uncorrectable, slowdown: UNKNOWN_SLOWDOWN },
      };
    },
  );
