import {
  type Absent,
  absent,
  defineCheck,
  type Gpu,
  type Judgement,
  known,
  type Reading,
  type S,
} from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { BOOT_GRACE_SECONDS } from '../shared/boot-grace.ts';
import { fabricOf } from '../shared/expectation.ts';
import { knownOf, together } from '../shared/readings.ts';
import { condition, drain } from '../shared/rules.ts';
import { siblingsOf } from '../shared/siblings.ts';

type Code =
  | 'not-joined'
  | 'unhealthy'
  | 'bandwidth-degraded'
  | 'route-recovery'
  | 'route-unhealthy'
  | 'access-timeout'
  | 'misconfigured'
  | 'no-domain'
  | 'domains-differ';

const FROM_580 = 'Blackwell and later, from driver 580';
const FROM_570 = 'Blackwell and later, from driver 570';
const NVL72 = 'GB200 and GB300 NVL72';

const is = (text: string, ...words: readonly string[]): boolean => words.includes(text.trim().toLowerCase());

/** What each health field reads when there is nothing wrong (real captures of B200, GB200 and GB300, drivers 580). */
const HEALTH: readonly {
  readonly code: Code;
  readonly field: keyof Gpu['fabric']['health'];
  readonly healthy: readonly string[];
  readonly expected: string;
  readonly says: (name: string, value: string) => string;
}[] = [
  {
    code: 'unhealthy',
    field: 'summary',
    healthy: ['healthy'],
    expected: 'Healthy',
    says: (name, value) => `The NVLink fabric of ${name} is ${value}`,
  },
  {
    code: 'bandwidth-degraded',
    field: 'bandwidth',
    healthy: ['full'],
    expected: 'Full',
    says: (name, value) => `The NVLink fabric gives ${name} ${value} bandwidth`,
  },
  {
    code: 'route-recovery',
    field: 'routeRecoveryInProgress',
    healthy: ['false', 'no'],
    expected: 'False',
    says: (name) => `The NVLink fabric is recovering the routes of ${name}: its traffic stands still`,
  },
  {
    code: 'route-unhealthy',
    field: 'routeUnhealthy',
    healthy: ['false', 'no'],
    expected: 'False',
    says: (name) => `A route of ${name} through the NVLink fabric is unhealthy`,
  },
  {
    code: 'access-timeout',
    field: 'accessTimeoutRecovery',
    healthy: ['false', 'no'],
    expected: 'False',
    says: (name) => `${name} is recovering from an access timeout in the NVLink fabric`,
  },
  {
    code: 'misconfigured',
    field: 'incorrectConfiguration',
    healthy: ['none'],
    expected: 'None',
    says: (name, value) => `${name} is wrongly configured in the NVLink fabric: ${value}`,
  },
];

export default defineCheck({
  apiVersion: 1,
  id: 'gpu/fabric-unhealthy',
  title: 'NVLink fabric is unhealthy',
  why: 'A GPU that has not joined the fabric fails at its first CUDA call (error 802); one with degraded routes slows the whole job.',
  source: 'NVIDIA nvml.h, nvmlGpuFabricInfoV; NVIDIA Fabric Manager user guide; leptonai/gpud PR 1106 and 1108',
  remedy:
    'Read `nvidia-smi -q -i INDEX | grep -A15 Fabric`. HGX: `systemctl status nvidia-fabricmanager`, restart it when no job ' +
    'runs. NVL72: check the switch trays and the NMX partition, then reset the GPUs or reboot the tray.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['gpus'],
  uses: ['profile'],
  options: {
    boot_grace_minutes: {
      default: 10,
      unit: 'minutes',
      source:
        'NVIDIA Fabric Manager user guide: training starts with the service, after boot; minutes on an NVL72 domain',
      help: 'So long after boot a GPU may still be joining the fabric.',
    },
  },
  rules: {
    'not-joined': condition('CRITICAL', 'GPU has not joined the fabric', drain('reboot')),
    unhealthy: condition('CRITICAL', 'Fabric health is bad', drain('reset_gpu'), FROM_580),
    'bandwidth-degraded': condition('CRITICAL', 'Fabric bandwidth is degraded', drain('reset_gpu'), FROM_570),
    'route-recovery': condition('CRITICAL', 'Fabric routes are being recovered', drain('reset_gpu'), FROM_570),
    'route-unhealthy': condition('CRITICAL', 'Fabric route is unhealthy', drain('reset_gpu'), FROM_570),
    'access-timeout': condition('CRITICAL', 'Fabric access timed out', drain('reset_gpu'), FROM_570),
    misconfigured: condition('CRITICAL', 'Fabric is wrongly configured', drain('service'), FROM_580),
    'no-domain': condition('CRITICAL', 'GPU belongs to no NVLink domain', drain('reboot'), NVL72),
    'domains-differ': condition(
      'CRITICAL',
      'GPUs of the node are in different NVLink domains',
      drain('reboot'),
      'from driver 570',
    ),
  },
  raise: { hits: 2, of: 2, clear: 2, bootGraceSeconds: BOOT_GRACE_SECONDS },
  judge: ({ gpus, profile }, { now, bootedAt, node, options }): readonly Judgement<Code>[] => {
    const fabric = fabricOf(profile);
    const justBooted = bootedAt > 0 && now - bootedAt < options.boot_grace_minutes * 60_000;

    const joined = (gpu: Gpu): Judgement<Code> => {
      const { state, status } = gpu.fabric;
      const siblingsJoined = siblingsOf(gpu, gpus).some(
        (one) => one.fabric.state.ok && is(one.fabric.state.value, 'completed'),
      );
      // HGX A100 prints N/A with a fabric manager at work (bottlerocket PR 3873).
      const isAmpere = gpu.architecture.ok && is(gpu.architecture.value, 'ampere');
      const mustJoin = fabric === 'nvl72' || siblingsJoined || (fabric === 'hgx' && !isAmpere);
      // A state that is not Completed needs no status to be bad.
      const progress =
        state.ok && !is(state.value, 'completed')
          ? known({ state: state.value, status: status.ok ? status.value : saidInstead(status) })
          : together({ state, status });
      return about(
        gpu.ref,
        'not-joined',
        unsettled(progress),
        ({ state, status }, name) => {
          if (is(state, 'completed') && is(status, 'success')) return undefined;
          return {
            message: `${name} has not joined the NVLink fabric: state ${state}, status ${status}`,
            observed: `${state} / ${status}`,
            expected: 'Completed / Success',
          };
        },
        { expected: mustJoin },
      );

      function unsettled(reading: typeof progress): typeof progress {
        if (!reading.ok || is(reading.value.state, 'completed')) return reading;
        const words = `fabric state ${reading.value.state}`;
        if (!mustJoin) return absent('unsupported', `${words}, on a machine that is not known to have a fabric`);
        const isStarting = is(reading.value.state, 'in progress', 'not started');
        return isStarting && justBooted ? absent('failed', `${words}: still joining after boot`) : reading;
      }
    };

    const health = (gpu: Gpu): readonly Judgement<Code>[] =>
      HEALTH.map(({ code, field, healthy, expected, says }) =>
        about(gpu.ref, code, gpu.fabric.health[field], (value, name) =>
          is(value, ...healthy) ? undefined : { message: says(name, value), observed: value, expected },
        ),
      );

    const domain = ({ ref, fabric: { cliqueId, clusterUuid } }: Gpu): Judgement<Code> =>
      about(
        ref,
        'no-domain',
        together({ cliqueId, clusterUuid }),
        ({ cliqueId, clusterUuid }, name) =>
          isNoDomain(cliqueId, clusterUuid)
            ? {
                message: `${name} belongs to no NVLink domain: cluster ${clusterUuid}, clique ${cliqueId}`,
                observed: `cluster ${clusterUuid}, clique ${cliqueId}`,
                expected: 'a cluster UUID and a clique that are not zero',
              }
            : undefined,
        { expected: true },
      );

    return [
      ...gpus.flatMap((gpu) => [joined(gpu), ...health(gpu), ...(fabric === 'nvl72' ? [domain(gpu)] : [])]),
      ...(gpus.length > 1 ? [sameDomain()] : []),
    ];

    function sameDomain(): Judgement<Code> {
      // A GPU of no domain is told by itself.
      const members = fabric === 'nvl72' ? gpus.filter((gpu) => !hasNoDomain(gpu)) : gpus;
      return about(node, 'domains-differ', domainsOf(members), (domains) =>
        domains.length > 1
          ? {
              message: `The GPUs of the node are in ${domains.length} NVLink domains: ${domains.join('; ')}`,
              observed: domains.join('; '),
              expected: 'one cluster UUID and clique',
            }
          : undefined,
      );
    }
  },
});

/** The word that the driver prints for a value that it does not give: `N/A`, without the path of the element. */
const saidInstead = ({ detail }: Absent): string => detail.split(': ').at(-1) ?? detail;

const isZero = (id: string): boolean => /^[0-]*$/.test(id.trim());
const isNoDomain = (cliqueId: string, clusterUuid: string): boolean => isZero(cliqueId) || isZero(clusterUuid);
const hasNoDomain = ({ fabric: { cliqueId, clusterUuid } }: Gpu): boolean =>
  cliqueId.ok && clusterUuid.ok && isNoDomain(cliqueId.value, clusterUuid.value);

/** The domains that the GPUs are in; absent where not every GPU says. */
const domainsOf = (gpus: readonly Gpu[]): Reading<readonly string[]> => {
  const ids: S[] = gpus.map(({ fabric: { cliqueId, clusterUuid } }) => {
    const both = together({ cliqueId, clusterUuid });
    return both.ok ? known(`cluster ${both.value.clusterUuid}, clique ${both.value.cliqueId}`) : both;
  });
  const domains = [...new Set(knownOf(ids))].sort();
  const silent = ids.find((id) => !id.ok);
  return domains.length > 1 || silent === undefined || silent.ok ? known(domains) : silent;
};
