import { absent, defineCheck, type Fact, type Judgement, type NicPort, type Profile } from '../../src/api.ts';
import { BOOT_GRACE_SECONDS } from '../shared/boot-grace.ts';
import { nameOf } from '../shared/names.ts';
import { alikePorts, computePorts, expectedOfCompute, isActive, onlyAssumed } from '../shared/ports.ts';
import { condition, drain, stay } from '../shared/rules.ts';

type Code = 'down' | 'initializing' | 'armed';
const CODES: readonly Code[] = ['down', 'initializing', 'armed'];

/** The port's state (InfiniBand specification, PortState) and what it means for a person. */
const NOT_ACTIVE: Readonly<Record<string, { readonly code: Code; readonly means: string }>> = {
  DOWN: { code: 'down', means: 'no link' },
  INIT: { code: 'initializing', means: 'linked, but no subnet manager has configured it' },
  ARMED: { code: 'armed', means: 'configured by the subnet manager, but not activated' },
};

const PHYSICAL_MEANS: Readonly<Record<string, string>> = {
  Polling: 'it looks for a partner: cable, transceiver or the switch port',
  Disabled: 'it is switched off: `ip link`, the firmware, or the transceiver was refused',
  Sleep: 'it sleeps',
  LinkErrorRecovery: 'it recovers from link errors',
};

export default defineCheck({
  apiVersion: 1,
  id: 'network/link-down',
  title: 'A compute port is not active',
  why: 'Without its port a rail is gone: NCCL fails at start, or moves the traffic of one GPU over a slower path.',
  source:
    'InfiniBand Architecture Specification, PortState and PortPhysicalState; unused ports are Down on healthy machines, so only siblings and the profile accuse',
  remedy:
    'Look at both ends: `ibstat <device>`, `mlxlink -d <device> -m`, the switch port. Reseat or replace the transceiver and the cable. `Initializing` means no subnet manager: `sminfo` from another node.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['nics'],
  uses: ['profile'],
  rules: {
    down: condition('CRITICAL', 'Compute port is down', drain('service')),
    initializing: condition('CRITICAL', 'Compute port waits for a subnet manager', drain('service')),
    armed: condition('CRITICAL', 'Compute port is armed but not active', drain('service')),
  },
  raise: { hits: 2, of: 3, clear: 2, bootGraceSeconds: BOOT_GRACE_SECONDS },
  judge: ({ nics, profile }, { node }) => {
    // A device that could not be read has no role: it may be a rail, so nobody may call the ports complete.
    const unread = nics.flatMap(({ ref, role, state }) =>
      role === 'unknown' && !state.ok ? [{ unjudged: ref, because: state }] : [],
    );
    const ports = computePorts(nics);
    const because = absent('no-device', 'no port of this machine is known to carry the traffic of jobs');
    if (ports.length === 0) return [{ unjudged: node, because }, ...unread];
    return [...ports.flatMap((port) => judgePort(port, nics, profile)), ...unread];
  },
});

const judgePort = (port: NicPort, nics: readonly NicPort[], profile: Fact<Profile>): readonly Judgement<Code>[] => {
  const { ref, state, physicalState, rateGbps } = port;
  if (!state.ok) return [{ unjudged: ref, because: state, expected: true }];
  if (state.value === 'ACTIVE') return [{ pass: ref }];
  const problem = NOT_ACTIVE[state.value];
  if (problem === undefined) {
    return [{ unjudged: ref, because: absent('failed', `unknown port state "${state.value}"`), expected: true }];
  }

  const active = alikePorts(nics, port).filter(isActive);
  const physical = physicalState.ok ? physicalState.value : 'unknown';
  const hint = PHYSICAL_MEANS[physical];
  const comparison =
    active.length > 0 ? `${active.length} like it are up` : 'no other compute port of its kind is up either';
  // Nothing on the machine shows that this port ever worked: only a profile that is sure of it makes it critical.
  const proven = active.length > 0 || !onlyAssumed(expectedOfCompute(profile, 'count'));
  return [
    {
      finding: {
        component: ref,
        related: active.map((sibling) => sibling.ref),
        code: problem.code,
        message: `${nameOf(ref)} is ${state.value} (${problem.means}); ${comparison}`,
        observed: `${state.value}/${physical}`,
        expected: 'ACTIVE/LinkUp',
        evidence: {
          physical_state: physical,
          siblings_up: active.length,
          // Down ports print an idle rate (40 Gb/s in real captures): it is shown, never judged.
          ...(rateGbps.ok ? { printed_rate_gbps: rateGbps.value } : {}),
          ...(hint === undefined ? {} : { hint }),
        },
        ...(proven ? {} : { override: { severity: 'WARNING' as const, action: stay('watch') } }),
      },
    },
    ...CODES.filter((code) => code !== problem.code).map((code) => ({ pass: ref, code })),
  ];
};
