import { defineCheck, type Expected, type HostMemory, type Judgement } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { expectedOfHost } from '../shared/expectation.ts';
import { together } from '../shared/readings.ts';
import { condition, stay } from '../shared/rules.ts';
import { memorySize, percent } from '../shared/sizes.ts';

export default defineCheck({
  apiVersion: 1,
  id: 'host/low-memory',
  title: 'Little or missing host memory',
  why: 'Without memory to give, the kernel reclaims instead of working and then kills a job; a DIMM that did not come up costs its bandwidth too.',
  source: 'Linux proc_meminfo(5), MemAvailable; kubelet hard eviction; gpud memory component; AzNHC check_hw_physmem',
  remedy:
    'See what holds it: `ps axo rss,pid,comm --sort=-rss | head`, `du -sh /dev/shm`, `slabtop -o -s c | head`; remove what an ended job left. ' +
    'Where memory is missing: `dmidecode -t memory | grep -E "Locator|Size"`, the event log of the BMC; reseat or replace the DIMM.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['hostMemory'],
  uses: ['profile'],
  options: {
    available_mebibytes: {
      default: 100,
      unit: 'MiB',
      source: 'kubelet, default of the hard eviction threshold memory.available; gpud notes the same',
      help: 'Less available memory than this is a finding.',
    },
    available_share: {
      default: 0.01,
      unit: 'share of memory',
      source:
        'ours: on 2 TiB 1 % is 20 GiB, what the ranks of a job take within seconds; earlyoom, made for desktops, kills below 5 %',
      help: 'A smaller share of available memory than this is a finding.',
    },
    missing_share: {
      default: 0.03,
      unit: 'share of memory',
      source: 'AzNHC allows 3–5 %; one DIMM of 32 is 3.1 %, and the kernel keeps some 1.5 % from MemTotal',
      help: 'So much less memory than the machine profile says is missing memory.',
    },
  },
  rules: {
    low: condition('WARNING', 'Little memory is available', stay('watch')),
    missing: condition(
      'WARNING',
      'The host has less memory than its profile says',
      stay('service'),
      'machines whose profile says how much memory they have',
    ),
  },
  raise: { hits: 2, of: 3, clear: 3 },
  judge: ({ hostMemory, profile }, { options }) => [
    judgeAvailable(hostMemory, options),
    judgeTotal(hostMemory, expectedOfHost(profile, 'memoryBytes'), options.missing_share),
  ],
});

const judgeAvailable = (
  { ref, totalBytes, availableBytes }: HostMemory,
  limits: { readonly available_mebibytes: number; readonly available_share: number },
): Judgement<'low'> =>
  about(ref, 'low', together({ total: totalBytes, available: availableBytes.latest }), ({ total, available }) => {
    const limit = Math.max(limits.available_mebibytes * 2 ** 20, limits.available_share * total);
    if (available >= limit) return undefined;
    return {
      message: `Only ${memorySize(available)} of ${memorySize(total)} are available (${percent(available / total)}); the limit is ${memorySize(limit)}`,
      observed: memorySize(available),
      expected: `at least ${memorySize(limit)}`,
      evidence: { available_bytes: available, total_bytes: total },
    };
  });

const judgeTotal = (
  { ref, totalBytes }: HostMemory,
  expected: Expected<number>,
  tolerated: number,
): Judgement<'missing'> => {
  if (!expected.ok) return { unjudged: ref, code: 'missing', because: expected };
  return about(ref, 'missing', totalBytes, (total) =>
    total < expected.value * (1 - tolerated)
      ? {
          message: `The host has ${memorySize(total)} of memory; its profile says ${memorySize(expected.value)}`,
          observed: memorySize(total),
          expected: memorySize(expected.value),
          evidence: { total_bytes: total, expected_bytes: expected.value, expected_source: expected.source },
        }
      : undefined,
  );
};
