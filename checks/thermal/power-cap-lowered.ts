import { defineCheck } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { ofAnswering } from '../shared/answering.ts';
import { nameOf } from '../shared/names.ts';
import { together } from '../shared/readings.ts';
import { condition, stay } from '../shared/rules.ts';

export default defineCheck({
  apiVersion: 1,
  id: 'thermal/power-cap-lowered',
  title: 'Power limit below the default of the GPU',
  why: 'A limit that somebody lowered and forgot makes the GPU slower than its peers under load, and nothing else shows it.',
  source:
    'nvidia-smi, current and default power limit of the GPU itself: boards of one product are sold with different defaults, so no table is asked',
  remedy:
    'Restore it: `nvidia-smi -i INDEX -pl DEFAULT` (the default is in the finding). If the site caps power on purpose, suppress the check or set its mode to observe.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['gpus'],
  options: {
    tolerance_watts: {
      default: 1,
      unit: 'W',
      source: 'nvidia-smi prints limits with two decimals; the driver rounds a set limit to its own steps',
      help: 'a limit this much below the default still counts as the default',
    },
  },
  rules: {
    lowered: condition('WARNING', 'Power limit is below the default', stay('watch')),
  },
  judge: ({ gpus }, { options }) =>
    gpus.map((gpu) =>
      about(
        gpu.ref,
        'lowered',
        ofAnswering(gpu, together({ limit: gpu.power.limitWatts, usual: gpu.power.defaultLimitWatts })),
        ({ limit, usual }) =>
          limit < usual - options.tolerance_watts
            ? {
                message: `the power limit of ${nameOf(gpu.ref)} is ${limit} W; its default is ${usual} W`,
                observed: `${limit} W`,
                expected: `${usual} W`,
                evidence: { limit_watts: limit, default_limit_watts: usual },
              }
            : undefined,
      ),
    ),
});
