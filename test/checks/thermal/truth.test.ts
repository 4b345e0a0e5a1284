import { describe, expect, it } from 'vitest';
import hotGpus from '../../../checks/thermal/hot-gpus.ts';
import hotMemory from '../../../checks/thermal/hot-memory.ts';
import powerBrake from '../../../checks/thermal/power-brake.ts';
import powerCapLowered from '../../../checks/thermal/power-cap-lowered.ts';
import thermalThrottle from '../../../checks/thermal/thermal-throttle.ts';
import { type AnyCheck, absent, known } from '../../../src/api.ts';
import { healthyGpu, healthyGpus, signalOf } from '../../support/healthy-gpu.ts';
import { truthOf } from '../../support/truth.ts';

const checks: readonly AnyCheck[] = [hotGpus, hotMemory, powerBrake, powerCapLowered, thermalThrottle];

const ampere = [0, 1].map((index) =>
  healthyGpu(index, {
    temperature: {
      marginCelsius: signalOf(absent('unsupported', 'N/A')),
      maxOperatingCelsius: known(85),
      memoryMaxCelsius: known(95),
    },
  }),
);

describe.each([
  { machine: 'Hopper', gpus: healthyGpus(2) },
  { machine: 'Ampere', gpus: ampere },
])('an absence never becomes a pass: $machine', ({ gpus }) => {
  it.each(checks)('$id', (check) => {
    const { violations, dependences } = truthOf(check, { gpus });
    // A printed memory limit is an extra: where a GPU prints none, the default limit holds.
    const judgedOtherwise = /memoryMaxCelsius = (unsupported|deprecated)/;
    expect(violations.filter((violation) => !judgedOtherwise.test(violation))).toEqual([]);
    expect(dependences.length).toBeGreaterThan(0);
  });
});
