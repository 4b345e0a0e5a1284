import { defineCheck, type Gpu, type Judgement, type ThrottleReason } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { ofAnswering } from '../shared/answering.ts';
import { span } from '../shared/growth.ts';
import { nameOf } from '../shared/names.ts';
import { together } from '../shared/readings.ts';
import { condition, stay } from '../shared/rules.ts';
import { percent } from '../shared/sizes.ts';
import { THROTTLE_TIME_SINCE, throttleShare } from '../shared/throttle.ts';

type Code = 'hw-thermal' | 'sw-thermal' | 'hw-thermal-active' | 'sw-thermal-active' | 'hw-slowdown-active';

const REASONS = [
  {
    reason: 'hw_thermal',
    timed: 'hw-thermal',
    active: 'hw-thermal-active',
    what: 'the hardware slows it down for heat',
  },
  { reason: 'sw_thermal', timed: 'sw-thermal', active: 'sw-thermal-active', what: 'the driver slows it down for heat' },
] as const satisfies readonly { reason: ThrottleReason; timed: Code; active: Code; what: string }[];

export default defineCheck({
  apiVersion: 1,
  id: 'thermal/thermal-throttle',
  title: 'GPU slowed down by heat',
  why: 'Thermal throttling is the commonest hardware cause of stragglers: utilisation stays at 100 % while the clocks drop, and every peer waits.',
  source:
    'NVIDIA nvml.h, nvmlClocksEventReasons (0x20, 0x40) and their counters; DCGM health counts any thermal violation as a warning',
  remedy:
    'See how long: `nvidia-smi -q -d PERFORMANCE -i INDEX`. Then temperatures, fans, coolant and inlet. A GPU that throttles while its neighbours do not: reseat its heat sink or cold plate.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['gpus'],
  options: {
    share: {
      default: 0.01,
      unit: 'share of time',
      source: 'DCGM health warns on any thermal violation in a minute; 1 % leaves out single instants',
      help: 'throttled for more than this share of the last interval or the last 15 minutes is a finding',
      fromProfile: 'gpu-thermal-throttle-share',
    },
  },
  rules: {
    'hw-thermal': condition('WARNING', 'Hardware thermal slowdown', stay('watch'), THROTTLE_TIME_SINCE),
    'sw-thermal': condition('WARNING', 'Software thermal slowdown', stay('watch'), THROTTLE_TIME_SINCE),
    'hw-thermal-active': condition('WARNING', 'Hardware thermal slowdown is active', stay('watch')),
    'sw-thermal-active': condition('WARNING', 'Software thermal slowdown is active', stay('watch')),
    'hw-slowdown-active': condition('INFO', 'Hardware slowdown of an unnamed cause is active', stay('watch')),
  },
  raise: { hits: 2, of: 3, clear: 3 },
  judge: ({ gpus }, { options }) =>
    gpus.flatMap((gpu) => [...REASONS.flatMap((about) => judgeReason(gpu, about, options.share)), judgeUmbrella(gpu)]),
});

const judgeReason = (
  gpu: Gpu,
  { reason, timed, active, what }: (typeof REASONS)[number],
  limit: number,
): readonly Judgement<Code>[] => {
  const { ref, throttle } = gpu;
  const share = ofAnswering(gpu, throttleShare(throttle[reason].seconds, ['interval', '15m'], limit));
  const overTime = about(ref, timed, share, (grown) =>
    grown.tooMuch
      ? {
          message: `${nameOf(ref)}: ${what}, ${percent(grown.share)} of the last ${span(grown)}`,
          observed: percent(grown.share),
          expected: `at most ${percent(limit)}`,
          evidence: { throttled_seconds: Math.round(grown.by * 10) / 10, seconds: Math.round(grown.seconds) },
        }
      : undefined,
  );
  const now = about(ref, active, ofAnswering(gpu, throttle[reason].active), (isActive) =>
    isActive
      ? { message: `${nameOf(ref)}: ${what}, at this moment`, observed: 'active', expected: 'not active' }
      : undefined,
  );
  // Said once: the counter tells more than the flag.
  return 'finding' in overTime && 'finding' in now ? [overTime] : [overTime, now];
};

/**
 * `hw_slowdown` stands for heat and power brake together, and flickers when the performance state changes: alone it
 * proves little, and beside its cause it says nothing more.
 */
const judgeUmbrella = (gpu: Gpu): Judgement<Code> =>
  about(
    gpu.ref,
    'hw-slowdown-active',
    ofAnswering(
      gpu,
      together({
        slowdown: gpu.throttle.hw_slowdown.active,
        heat: gpu.throttle.hw_thermal.active,
        brake: gpu.throttle.hw_power_brake.active,
      }),
    ),
    ({ slowdown, heat, brake }) =>
      slowdown && !heat && !brake
        ? {
            message: `${nameOf(gpu.ref)}: the hardware slows it down, and names neither heat nor power brake`,
            observed: 'active',
            expected: 'not active',
          }
        : undefined,
  );
