import { defineCheck, known } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { growth, perMinute, span } from '../shared/growth.ts';
import { bitErrorAllowance } from '../shared/pcie-allowance.ts';
import { together } from '../shared/readings.ts';
import { condition, stay } from '../shared/rules.ts';

export default defineCheck({
  apiVersion: 1,
  id: 'gpu/pcie-replays',
  title: 'PCIe replays are rising',
  why: 'A link that keeps repeating packets is slow, and is the first sign of a bad riser, cable or slot.',
  source: 'DCGM PCIe health watch: replays a minute against a bit error ratio of 1e-12 by generation and width',
  remedy:
    'Watch `nvidia-smi --query-gpu=index,pcie.link.width.current,pcie.link.gen.current --format=csv` and AER lines in ' +
    '`dmesg`; reseat the board or riser at the next drain; replace what still counts.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['gpus'],
  options: {
    bit_error_ratio: {
      default: 1e-12,
      source: 'PCI Express base specification, as DCGM applies it',
      help: 'The bit error ratio that a healthy link may have.',
    },
    pcie_replays_per_minute: {
      default: 0,
      unit: 'replays/min',
      source: '0: from the bit error ratio, by generation and width',
      help: 'A fixed limit for every link instead.',
    },
  },
  rules: { 'replays-rising': condition('WARNING', 'PCIe replays are rising', stay('watch')) },
  judge: ({ gpus }, { options }) =>
    gpus.map(({ ref, pcie }) => {
      const fixed = options.pcie_replays_per_minute;
      const limit = fixed > 0 ? known(fixed) : bitErrorAllowance(pcie, options.bit_error_ratio);
      const grown = limit.ok
        ? growth(pcie.replays, ['interval', '15m', '1h'], (over) => perMinute(over) > limit.value)
        : limit;
      return about(ref, 'replays-rising', together({ grown, limit }), (values, name) => {
        if (!values.grown.tooMuch) return undefined;
        const rate = Math.round(perMinute(values.grown));
        return {
          message: `${name} repeats ${rate} PCIe packets a minute (${values.grown.by} within ${span(values.grown)}); its link may need ${values.limit}`,
          observed: `${rate}/min`,
          expected: `at most ${values.limit}/min`,
          evidence: { replays: values.grown.by, seconds: values.grown.seconds },
        };
      });
    }),
});
