import { absent, defineCheck, type Judgement, known, type NicPort, type S } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { BOOT_GRACE_SECONDS } from '../shared/boot-grace.ts';
import { judgeDrift } from '../shared/drift.ts';
import { isActive, unreadAs } from '../shared/ports.ts';
import { condition, drain, stay } from '../shared/rules.ts';

type Code = 'differs' | 'missing';

export default defineCheck({
  apiVersion: 1,
  id: 'network/pkey-mismatch',
  title: 'Partition keys differ between ports',
  why: 'A port outside the partition of its job is up and healthy and reaches nobody: NCCL fails at its first connection over that rail.',
  source:
    'InfiniBand Architecture Specification, 10.9 (0x7fff and 0xffff are the default partition, with limited and full membership); Nebius soperator check ib_pkey; SemiAnalysis ClusterMAX, PKey consistency',
  remedy:
    'Compare `grep . /sys/class/infiniband/*/ports/1/pkeys/* | grep -v 0x0000` with a healthy node; add the GUID of the port to the partition in the subnet manager (`partitions.conf`, or UFM), with full membership.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['nics'],
  options: {
    pkeys: {
      default: [] as readonly string[],
      source: 'none is required by default: partitions are the choice of the site',
      help: 'partition keys that each active InfiniBand compute port must have, as sysfs prints them: 0x8001',
    },
  },
  rules: {
    differs: condition('WARNING', 'Port has other partition keys than the ports like it', stay('service')),
    missing: condition(
      'CRITICAL',
      'Compute port lacks a required partition key',
      drain('service'),
      'where the configuration names the keys',
    ),
  },
  raise: { hits: 2, of: 3, clear: 2, bootGraceSeconds: BOOT_GRACE_SECONDS },
  judge: ({ nics }, { node, options }): readonly Judgement<Code>[] => {
    const ports = nics.filter(isPartitioned);
    const unread = nics.flatMap((port): Judgement<Code>[] => {
      const because = port.role === 'unused' ? undefined : unreadAs(port, 'infiniband');
      return because === undefined ? [] : [{ unjudged: port.ref, because }];
    });
    if (ports.length === 0) {
      if (unread.length > 0) return unread;
      return [{ unjudged: node, because: absent('no-device', 'no InfiniBand port here is active') }];
    }
    const required = options.pkeys.map((key) => key.toLowerCase());
    return [
      ...unread,
      ...judgeDrift(
        ports.map((port) => ({ ref: port.ref, group: `${port.ref.model} ${port.role}`, version: setOf(port) })),
        { code: 'differs', what: 'partition keys', node },
      ),
      ...ports.filter(({ role }) => role === 'compute').map((port) => lacking(port, required)),
    ];
  },
});

/** Ports to which the subnet manager has given their keys. */
const isPartitioned = (port: NicPort): boolean =>
  port.role !== 'unused' && isActive(port) && port.linkLayer.ok && port.linkLayer.value === 'infiniband';

const setOf = ({ pkeys }: NicPort): S =>
  pkeys.ok ? known(pkeys.value.length === 0 ? 'none' : pkeys.value.join(', ')) : pkeys;

const NOT_ASKED = absent('unsupported', 'the configuration requires no partition key');

const lacking = ({ ref, pkeys }: NicPort, required: readonly string[]): Judgement<'missing'> =>
  about(ref, 'missing', required.length === 0 ? NOT_ASKED : pkeys, (keys, name) => {
    const absentKeys = required.filter((key) => !keys.includes(key));
    return absentKeys.length === 0
      ? undefined
      : {
          message: `${name} lacks the partition key ${absentKeys.join(', ')}; it has ${keys.join(', ') || 'none'}`,
          observed: keys.join(', ') || 'none',
          expected: required.join(', '),
        };
  });
