import { defineCheck, type Gpu, type Judgement } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { ofAnswering } from '../shared/answering.ts';
import { span } from '../shared/growth.ts';
import { nameOf } from '../shared/names.ts';
import { condition, drain } from '../shared/rules.ts';
import { percent } from '../shared/sizes.ts';
import { THROTTLE_TIME_SINCE, throttleShare } from '../shared/throttle.ts';

type Code = 'braked' | 'brake-active';

export default defineCheck({
  apiVersion: 1,
  id: 'thermal/power-brake',
  title: 'GPU slowed down by the power brake',
  why: 'The server pulls the brake when a power supply fails or a feed is overloaded: clocks fall to a fraction at once, often on all GPUs of the node.',
  source: 'NVIDIA nvml.h, nvmlClocksEventReasonHwPowerBrakeSlowdown (0x80); NVSentinel GpuPowerBrakeWatch',
  remedy:
    'Look for a failed power supply or feed: `ipmitool sdr type "Power Supply"`, `ipmitool sel list`, the BMC, the rack\'s power distribution. Replace the supply or restore the feed before jobs return.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['gpus'],
  options: {
    share: {
      default: 0.01,
      unit: 'share of time',
      source: 'a healthy node never brakes; 1 % leaves out single instants',
      help: 'braked for more than this share of the last interval or the last 15 minutes is a finding',
      fromProfile: 'gpu-power-brake-share',
    },
  },
  rules: {
    braked: condition('CRITICAL', 'Power brake held the GPU back', drain('service'), THROTTLE_TIME_SINCE),
    'brake-active': condition('CRITICAL', 'Power brake is active', drain('service')),
  },
  raise: { hits: 2, of: 3, clear: 3 },
  judge: ({ gpus }, { options }) => gpus.flatMap((gpu) => judgeGpu(gpu, options.share)),
});

const judgeGpu = (gpu: Gpu, limit: number): readonly Judgement<Code>[] => {
  const { ref, throttle } = gpu;
  const brake = throttle.hw_power_brake;
  const share = ofAnswering(gpu, throttleShare(brake.seconds, ['interval', '15m'], limit));
  const overTime = about(ref, 'braked', share, (grown) =>
    grown.tooMuch
      ? {
          message: `${nameOf(ref)} was held back by the power brake ${percent(grown.share)} of the last ${span(grown)}`,
          observed: percent(grown.share),
          expected: `at most ${percent(limit)}`,
          evidence: { braked_seconds: Math.round(grown.by * 10) / 10, seconds: Math.round(grown.seconds) },
        }
      : undefined,
  );
  const now = about(ref, 'brake-active', ofAnswering(gpu, brake.active), (isActive) =>
    isActive
      ? {
          message: `${nameOf(ref)} is held back by the power brake at this moment`,
          observed: 'active',
          expected: 'not active',
        }
      : undefined,
  );
  // Said once: the counter tells more than the flag.
  return 'finding' in overTime && 'finding' in now ? [overTime] : [overTime, now];
};
