import { defineCheck, type NicPort } from '../../src/api.ts';
import { BOOT_GRACE_SECONDS } from '../shared/boot-grace.ts';
import { computePorts, expectedOfCompute, onlyAssumed, silentPorts } from '../shared/ports.ts';
import { condition, drain, stay } from '../shared/rules.ts';

export default defineCheck({
  apiVersion: 1,
  id: 'network/missing-nics',
  title: 'Fewer compute NICs than the machine should have',
  why: 'A missing NIC takes a rail away: the GPUs behind it send over another one, and every collective of the job waits for them.',
  source:
    'the machine profile; peers of the field count ports of the expected rate (gpud infiniband, Azure NHC check_hw_ib)',
  remedy:
    'List what PCI shows (`lspci -d 15b3:`) and what the driver took (`ls /sys/class/infiniband`, `dmesg | grep mlx5`). Gone from PCI: power-cycle, then reseat. Roles that Muster guessed wrong are set by a captured profile (`muster profile capture`).',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['profile'],
  uses: ['nics'],
  rules: {
    missing: condition('CRITICAL', 'Compute NICs are missing', drain('service')),
  },
  raise: { hits: 2, of: 3, clear: 2, bootGraceSeconds: BOOT_GRACE_SECONDS },
  judge: ({ profile, nics }, { node, now }) => {
    const code = 'missing';
    const expected = expectedOfCompute({ ok: true, value: profile, at: now, source: 'profile' }, 'count');
    if (!expected.ok) return [{ unjudged: node, code, because: expected }];
    // "There is no such directory" is an answer: the machine has no RDMA device at all.
    const noneAtAll = !nics.ok && nics.reason === 'no-device';
    if (!nics.ok && !noneAtAll) return [{ unjudged: node, code, because: nics, expected: expected.value > 0 }];

    const present = devicesOf(nics.ok ? computePorts(nics.value) : []);
    if (present.length >= expected.value) return [{ pass: node, code }];
    const silent = nics.ok ? silentPorts(nics.value) : [];
    const [first] = silent;
    if (first !== undefined && !first.state.ok && present.length + devicesOf(silent).length >= expected.value)
      return [{ unjudged: node, code, because: first.state }];
    const others = devicesOf(nics.ok ? nics.value.filter(({ role }) => role !== 'compute') : []);
    return [
      {
        finding: {
          component: node,
          code,
          message: `Compute NICs: ${present.length}; profile ${profile.id} expects ${expected.value}`,
          observed: `${present.length}`,
          expected: `${expected.value}`,
          evidence: {
            present: present.join(' ') || 'none',
            other_nics: others.join(' ') || 'none',
            confidence: expected.confidence,
            expectation: expected.source,
          },
          ...(onlyAssumed(expected) ? { override: assumedOf(present.length) } : {}),
        },
      },
    ];
  },
});

/**
 * A count that is only assumed proves nothing. Of a machine without any such NIC it says least: clouds give the same GPUs
 * another fabric (AWS EFA), or none.
 */
const assumedOf = (present: number) =>
  present === 0
    ? ({ severity: 'INFO', action: stay('none') } as const)
    : ({ severity: 'WARNING', action: stay('watch') } as const);

const devicesOf = (ports: readonly NicPort[]): readonly string[] => [
  ...new Set(ports.map(({ ref }) => ref.device ?? ref.key)),
];
