import {
  type Absent,
  type Component,
  type Fact,
  type Gpu,
  type HostPressure,
  type Judgement,
  known,
} from '../../../src/api.ts';
import { nameOf } from '../names.ts';
import { together } from '../readings.ts';
import { percent } from '../sizes.ts';
import { UNKNOWN_SLOWDOWN } from '../slowdown.ts';

interface PressureLimits {
  readonly cpu: number;
  readonly memory: number;
  readonly io: number;
}

const WAITS_FOR = { cpu: 'a CPU', memory: 'memory', io: 'input and output' } as const;

/**
 * Tasks of the host that wait: the input pipeline of a job would wait with them. Both averages must be too high: over
 * five minutes, so that the burst of one image pull is nothing, and over one, so that what is over is over (the daemon
 * oomd of Meta asks the same of two windows before it acts).
 */
export const hostPressureRisk = (
  pressure: Fact<HostPressure>,
  gpus: readonly Gpu[],
  node: Component,
  limits: PressureLimits,
): Judgement<'host-pressure'> => {
  const code = 'host-pressure';
  if (!pressure.ok) return { unjudged: node, code, because: pressure };
  const { ref, ...stalls } = pressure.value;
  const judged = (['cpu', 'memory', 'io'] as const).map((resource) => ({
    resource,
    reading: together({ avg60: stalls[resource].avg60, avg300: stalls[resource].avg300 }),
    limit: limits[resource],
  }));
  const high = judged.flatMap(({ resource, reading, limit }) =>
    reading.ok && Math.min(reading.value.avg60, reading.value.avg300) > limit
      ? [{ resource, limit, share: reading.value.avg300 }]
      : [],
  );
  const worst = high.sort((a, b) => b.share / b.limit - a.share / a.limit)[0];
  if (worst === undefined) {
    const gap: Absent | undefined = judged.flatMap(({ reading }) => (reading.ok ? [] : [reading]))[0];
    return gap === undefined ? { pass: ref, code } : { unjudged: ref, code, because: gap };
  }
  return {
    finding: {
      component: ref,
      code,
      message: `tasks of ${nameOf(ref)} waited for ${WAITS_FOR[worst.resource]} in ${percent(worst.share)} of the last 5 min`,
      observed: percent(worst.share),
      expected: `at most ${percent(worst.limit)}`,
      evidence: {
        cause: 'host_pressure',
        ...Object.fromEntries(
          judged.flatMap(({ resource, reading }) =>
            reading.ok ? [[`${resource}_share_5m`, reading.value.avg300] as const] : [],
          ),
        ),
        slowdown: UNKNOWN_SLOWDOWN,
      },
      // One task that copies files makes I/O wait all the time on an idle node. A job at work makes tasks wait itself: its
      // data loaders are more than the CPUs.
      ...(high.every(({ resource }) => resource === 'io') || isAtWork(gpus) ? { override: { severity: 'INFO' } } : {}),
    },
  };
};

const isAtWork = (gpus: readonly Gpu[]): boolean => gpus.some(({ busy }) => (busy.ok ? busy : known(false)).value);
