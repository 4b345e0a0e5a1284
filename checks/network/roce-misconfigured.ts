import {
  absent,
  defineCheck,
  type Judgement,
  known,
  type NicPort,
  type RoceGid,
  type RoceSettings,
  type S,
} from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { judgeDrift, judgePin } from '../shared/drift.ts';
import { isActive, unreadAs } from '../shared/ports.ts';
import { isNotProvided } from '../shared/readings.ts';
import { condition, stay } from '../shared/rules.ts';

type Code = 'no-roce-v2' | 'gid-index-differs' | 'mtu-differs' | 'pfc-differs' | 'trust-differs' | 'ecn-differs';

const SEVERAL = 'where several RoCE ports have the same role, or the configuration says what is right';
const DCB = `${SEVERAL}; from dcb of iproute2`;

export default defineCheck({
  apiVersion: 1,
  id: 'network/roce-misconfigured',
  title: 'RoCE ports are set up differently',
  why: 'One port with a small MTU, without its address or without flow control loses packets or does not connect, under load and at scale only, and looks healthy otherwise.',
  source:
    'Linux, ABI/stable/sysfs-class-infiniband (gids, gid_attrs); dcb-pfc(8), dcb-app(8); NVIDIA MLNX_OFED documentation, RoCE and ECN; NCCL documentation, NCCL_IB_GID_INDEX; the ports of one role on the node against each other',
  remedy:
    'Compare the port with its siblings: `ip -d link show <interface>`, `show_gids`, `mlnx_qos -i <interface>`, `grep . /sys/class/net/<interface>/ecn/roce_*/enable/*`; repeat what set up the others (netplan, `mlnx_qos --pfc 0,0,0,1,0,0,0,0 --trust dscp`). A missing IPv4 GID: the interface lost its address.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['nics', 'roce'],
  options: {
    mtu_bytes: {
      default: 0,
      unit: 'bytes',
      source: '0: the ports are compared with each other only; sites choose between 1500, 4200 and 9000',
      help: 'the MTU that the interface of each RoCE compute port must have',
    },
    gid_index: {
      default: -1,
      unit: 'index',
      source: '-1: the ports are compared with each other only; Nebius soperator and OCI set NCCL_IB_GID_INDEX=3',
      help: 'the place in the GID table at which each RoCE compute port must have a RoCE v2 address',
    },
    pfc_priorities: {
      default: '',
      source: 'empty: the ports are compared with each other only; NVIDIA recommends priority 3',
      help: 'the priorities with flow control that each RoCE compute port must have: 3, or none',
    },
    trust: {
      default: '',
      source: 'empty: the ports are compared with each other only; NVIDIA recommends dscp',
      help: 'what each RoCE compute port must trust: dscp or pcp',
    },
  },
  rules: {
    'no-roce-v2': condition('WARNING', 'Port has no RoCE v2 address', stay('service')),
    'gid-index-differs': condition(
      'WARNING',
      'RoCE v2 address is at another place of the table',
      stay('service'),
      SEVERAL,
    ),
    'mtu-differs': condition('WARNING', 'MTU of a RoCE port differs', stay('service'), SEVERAL),
    'pfc-differs': condition('WARNING', 'Flow control of a RoCE port differs', stay('service'), DCB),
    'trust-differs': condition('WARNING', 'RoCE port trusts something else', stay('service'), DCB),
    'ecn-differs': condition(
      'WARNING',
      'Congestion notification of a RoCE port differs',
      stay('service'),
      `${SEVERAL}; with MLNX_OFED or DOCA-OFED`,
    ),
  },
  judge: ({ nics, roce }, { node, options }): readonly Judgement<Code>[] => {
    const active = nics.filter(carriesRoce);
    const settingsOf = new Map(roce.map((settings) => [settings.ref.key, settings]));
    const ports = active.flatMap((nic): readonly Port[] => {
      const settings = settingsOf.get(nic.ref.key);
      return settings === undefined || isElsewhere(settings) ? [] : [{ nic, settings }];
    });
    const untold = nics.flatMap((nic): Judgement<Code>[] => {
      const isUntold = carriesRoce(nic) && !settingsOf.has(nic.ref.key);
      const because = isUntold ? UNTOLD : MAY_CARRY.includes(nic.role) ? unreadAs(nic, 'ethernet') : undefined;
      return because === undefined ? [] : [{ unjudged: nic.ref, because }];
    });
    if (ports.length === 0 && untold.length === 0) {
      return [{ unjudged: node, because: absent('no-device', 'no active RoCE port here carries data') }];
    }
    const { mtu_bytes: mtu, gid_index: place, pfc_priorities: pfc, trust } = options;
    const compute = ports.filter(isCompute);
    const others = ports.filter((port) => !isCompute(port));
    return [
      ...untold,
      ...ports.map(({ nic, settings }) => hasRoceV2(nic, settings)),
      ...(place < 0 ? [] : compute.map(({ nic, settings }) => hasRoceV2At(nic, settings, place))),
      ...drift(place < 0 ? ports : others, 'gid-index-differs', 'its RoCE v2 address at', ({ gids }) => placeOf(gids)),
      ...compare('mtu-differs', 'an MTU of', mtuOf, mtu > 0 ? `${mtu}` : ''),
      ...compare('pfc-differs', 'flow control on priorities', ({ pfcPriorities }) => pfcPriorities, pfc),
      ...compare('trust-differs', 'trust in', (settings) => settings.trust, trust),
      ...drift(ports, 'ecn-differs', 'congestion notification on', ecnOf),
    ];

    /** What the configuration wants is of compute ports; the others still have each other. */
    function compare(code: Code, what: string, settingOf: SettingOf, wanted: string): readonly Judgement<Code>[] {
      if (wanted === '') return drift(ports, code, what, settingOf);
      const pin = { ...known([wanted]), source: 'the configuration', confidence: 'specified' } as const;
      return [...judgePin(membersOf(compute, settingOf), pin, { code, what }), ...drift(others, code, what, settingOf)];
    }

    function drift(among: readonly Port[], code: Code, what: string, settingOf: SettingOf): readonly Judgement<Code>[] {
      return among.length === 0 ? [] : judgeDrift(membersOf(among, settingOf), { code, what, node });
    }
  },
});

const UNTOLD = absent('no-history', 'the port was not there, or did not answer, when its settings were last read');

interface Port {
  readonly nic: NicPort;
  readonly settings: RoceSettings;
}

const CARRY: readonly NicPort['role'][] = ['compute', 'storage'];
/** What a port that does not answer is for is not known. */
const MAY_CARRY: readonly NicPort['role'][] = [...CARRY, 'unknown'];

const carriesRoce = (nic: NicPort): boolean =>
  CARRY.includes(nic.role) && isActive(nic) && nic.linkLayer.ok && nic.linkLayer.value === 'ethernet';

/** The interface is in another network namespace, as that of a container: what it is set to cannot be seen from here. */
const isElsewhere = ({ netdev }: RoceSettings): boolean => !netdev.ok && isNotProvided(netdev);

const isCompute = ({ nic }: Port): boolean => nic.role === 'compute';

type SettingOf = (settings: RoceSettings) => S;

/** Only ports of one role and model should agree. */
const membersOf = (ports: readonly Port[], settingOf: SettingOf) =>
  ports.map(({ nic, settings }) => ({
    ref: nic.ref,
    group: `${nic.role} ${nic.ref.model}`,
    version: settingOf(settings),
  }));

const mtuOf = ({ mtuBytes }: RoceSettings): S => (mtuBytes.ok ? known(`${mtuBytes.value}`) : mtuBytes);

const isV2 = ({ type }: RoceGid): boolean => /RoCE v2/i.test(type);
const isIpv4 = ({ address }: RoceGid): boolean => address.startsWith('0000:0000:0000:0000:0000:ffff:');

/** Where a job finds the port: its IPv4 address, else the first that it has. */
const placeOf = (gids: RoceSettings['gids']): S => {
  if (!gids.ok) return gids;
  const usable = gids.value.filter(isV2);
  const chosen = usable.find(isIpv4) ?? usable[0];
  if (chosen === undefined) return absent('unsupported', 'the table has no RoCE v2 address');
  return known(`index ${chosen.index} (${isIpv4(chosen) ? 'IPv4' : 'IPv6'})`);
};

const hasRoceV2 = ({ ref }: NicPort, { gids }: RoceSettings): Judgement<'no-roce-v2'> =>
  about(
    ref,
    'no-roce-v2',
    gids,
    (table, name) =>
      table.some(isV2)
        ? undefined
        : {
            message: `${name} has no RoCE v2 address; its table has ${table.length === 0 ? 'none' : table.map(({ type }) => type).join(', ')}`,
            observed: `RoCE v2 addresses: 0 of ${table.length}`,
            expected: 'a RoCE v2 address',
          },
    { expected: true },
  );

const hasRoceV2At = ({ ref }: NicPort, { gids }: RoceSettings, place: number): Judgement<'gid-index-differs'> =>
  about(
    ref,
    'gid-index-differs',
    gids,
    (table, name) => {
      const there = table.find(({ index }) => index === place);
      if (there !== undefined && isV2(there)) return undefined;
      return {
        message: `${name} has ${there === undefined ? 'no address' : there.type} at index ${place} of its GID table; the configuration asks for RoCE v2 there`,
        observed: there?.type ?? 'empty',
        expected: `RoCE v2 at index ${place}`,
      };
    },
    { expected: true },
  );

const ecnOf = ({ ecnNotification, ecnReaction }: RoceSettings): S => {
  if (!ecnNotification.ok) return ecnNotification;
  if (!ecnReaction.ok) return ecnReaction;
  return known(`priorities ${ecnNotification.value} as receiver, ${ecnReaction.value} as sender`);
};
