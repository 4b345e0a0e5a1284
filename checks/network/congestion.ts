import {
  absent,
  type CounterLimit,
  defineCheck,
  type EthernetStatistics,
  type Fact,
  type Judgement,
  known,
  type NicPort,
  type Reading,
} from '../../src/api.ts';
import { type Excess, judgeGrowth } from '../shared/counter-limits.ts';
import { groupBy } from '../shared/groups.ts';
import { span } from '../shared/growth.ts';
import { nameOf } from '../shared/names.ts';
import { peersOf } from '../shared/ports.ts';
import { isNotProvided } from '../shared/readings.ts';
import { condition, stay } from '../shared/rules.ts';

type Code =
  | 'packets-lost'
  | 'receiver-congested'
  | 'sender-slowed'
  | 'pausing'
  | 'paused'
  | 'pause-storm'
  | 'host-stalled';

const ID = 'network/congestion';
const ROCE = 'Ethernet ports (RoCE) of the mlx5 driver';
const ETHTOOL = `${ROCE}, where ethtool is installed`;

export default defineCheck({
  apiVersion: 1,
  id: ID,
  title: 'A port is jammed',
  why: 'One port that loses packets, pauses the switch or is slowed down by congestion control makes every collective wait; no link is down and no error counter rises.',
  source:
    "the table of counter limits, each with its own source (docs.kernel.org and docs.nvidia.com, mlx5 counters; NVSentinel nic-health-monitor values.yaml); most congestion is the fabric's, so that a port is compared with the ports like it on the node",
  remedy:
    'Read both sides: `ethtool -S <interface> | grep -E "pause|discard|stalled"`, `grep . /sys/class/infiniband/<device>/ports/1/hw_counters/*cnp*`, the counters of the switch port. `pausing`, `pause-storm`, `host-stalled`: look at the host (PCIe link, IOMMU, NUMA, `network/nic-pcie-degraded`). `paused`, `sender-slowed`: look at the fabric and at the receivers. `packets-lost`: compare PFC and ECN with the switch (`network/roce-misconfigured`).',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['nics', 'nicCounterLimits'],
  uses: ['ethernetStatistics'],
  options: {
    times_siblings: {
      default: 3,
      source: 'assumed, as in straggler/at-risk: what all ports of the machine count comes from what they share',
      help: 'a port stands out where it counts more than this many times what the ports like it count',
    },
  },
  rules: {
    'packets-lost': condition('WARNING', 'Packets of the port are lost and sent again', stay('watch')),
    'receiver-congested': condition('INFO', 'Port receives more than it can take', stay('none'), ROCE),
    'sender-slowed': condition('INFO', 'Congestion control slows the port down', stay('none'), ROCE),
    pausing: condition('WARNING', 'Port makes the switch wait', stay('watch'), ETHTOOL),
    paused: condition('INFO', 'Switch makes the port wait', stay('none'), ETHTOOL),
    'pause-storm': condition('WARNING', 'Port pauses the switch without end', stay('service'), ETHTOOL),
    'host-stalled': condition('WARNING', 'NIC waits for its host', stay('service'), ETHTOOL),
  },
  judge: ({ nics, nicCounterLimits, ethernetStatistics }, { node, options }) => {
    const ours = nicCounterLimits.filter(({ check }) => check === ID);
    const limits = [...groupBy(ours, ({ code }) => code)].map(([code, own]) => ({ code: code as Code, own }));
    const countersOf = sourceOf(ethernetStatistics);
    const ports = nics.filter(({ role }) => role !== 'unused');
    const judgements = ports.flatMap((port) =>
      limits.flatMap(({ code, own }): readonly Judgement<Code>[] => {
        const { excesses, gap, count } = judgeGrowth(port, {
          limits: hasInterfaceHere(port) ? own : own.filter((limit) => !isOfEthtool(limit)),
          siblings: peersOf(nics, port),
          countersOf,
          timesSiblings: options.times_siblings,
        });
        const [first] = excesses;
        if (first !== undefined) return [findingOf(port, code, first, excesses)];
        if (gap !== undefined) return [{ unjudged: port.ref, code, because: gap }];
        return count > 0 ? [{ pass: port.ref, code }] : [];
      }),
    );
    if (judgements.length > 0) return judgements;
    return [{ unjudged: node, because: absent('no-device', 'no port in use has a counter of congestion') }];
  },
});

const isOfEthtool = ({ path }: Pick<CounterLimit, 'path'>): boolean => path.startsWith('ethtool ');

/** One in another network namespace, as that of a container, cannot be asked from here. */
const hasInterfaceHere = ({ netdev }: NicPort): boolean => netdev.ok || !isNotProvided(netdev);

/** The counters of a limit: those of sysfs come with the port, those of ethtool with its interface. */
const sourceOf =
  (statistics: Fact<readonly EthernetStatistics[]>) =>
  ({ ref, counters }: NicPort, { path }: CounterLimit): Reading<NicPort['counters']> => {
    if (!isOfEthtool({ path })) return known(counters);
    if (!statistics.ok) return statistics;
    const own = statistics.value.find((one) => one.ref.key === ref.key);
    return own?.counters ?? absent('unsupported', `ethtool was not asked about ${nameOf(ref)}`);
  };

const TIMES = ['s', 'µs'];

/** Counters of time say how much; what the others count they are named after. */
const unitOf = ({ unit }: CounterLimit): string => {
  const [counted = ''] = unit.split('/');
  return TIMES.includes(counted) ? ` ${counted}` : '';
};

const findingOf = (
  { ref }: NicPort,
  code: Code,
  { limit, name, by, seconds, allowed, siblings }: Excess,
  all: readonly Excess[],
): Judgement<Code> => {
  const others = siblings === undefined ? '' : `; the ports like it count ${siblings}${unitOf(limit)}`;
  const most = `${Math.round(allowed)}${unitOf(limit)}`;
  return {
    finding: {
      component: ref,
      code,
      message: `${nameOf(ref)}: ${name} grew by ${by}${unitOf(limit)} in ${span({ seconds })}, limit ${most}${others}. ${limit.meaning}`,
      observed: `${name} +${by}${unitOf(limit)}`,
      expected: `at most ${most}`,
      evidence: Object.fromEntries(
        all.map((one) => [one.name, `+${one.by}${unitOf(one.limit)} in ${Math.round(one.seconds)} s`]),
      ),
      // With nothing to compare it with, as much may be the fabric's.
      override: { severity: limit.compareWithSiblings && siblings === undefined ? 'INFO' : limit.severity },
    },
  };
};
