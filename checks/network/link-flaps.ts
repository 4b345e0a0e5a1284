import { type Counter, defineCheck, type Judgement, type NicPort, type Reading, type Window } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { type Growth, growth, span } from '../shared/growth.ts';
import { nameOf } from '../shared/names.ts';
import { isNotProvided } from '../shared/readings.ts';
import { condition, stay } from '../shared/rules.ts';

type Code = 'went-down' | 'flapping';

export default defineCheck({
  apiVersion: 1,
  id: 'network/link-flaps',
  title: 'Links that go down and come back',
  why: 'A link that drops for seconds stalls every collective that crosses it, or kills the job by a timeout, and is up again when somebody looks.',
  source:
    'counters link_downed (InfiniBand PortCounters) and carrier_down_count (Linux, /sys/class/net); Azure NHC azure_ib_link_flapping: 5 in 24 h',
  remedy:
    'Find when: `journalctl -k | grep -iE "mlx5.*(link|cable)"`. Read the link: `mlxlink -d <device> -m -c -e`. Clean or replace the transceiver and the cable; compare with the switch port\'s log. If many ports dropped at once, suspect the switch.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['nics'],
  options: {
    flaps_per_day: {
      default: 5,
      unit: 'link losses in 24 h',
      source: 'Azure NHC azure_ib_link_flapping: fails at 5 or more in 24 h',
      help: 'this many link losses in 24 h make a port flapping',
      fromProfile: 'nic-flaps-per-day',
    },
  },
  rules: {
    'went-down': condition('WARNING', 'Link went down', stay('watch')),
    flapping: condition('WARNING', 'Link goes down again and again', stay('service')),
  },
  judge: ({ nics }, { options }) => {
    const judged = nics.filter(({ role }) => role !== 'unused');
    return judged.flatMap((port): readonly Judgement<Code>[] => [
      about(port.ref, 'went-down', losses(port, ['interval', '15m'], 1), ({ by, tooMuch, seconds, counter }) =>
        tooMuch
          ? {
              message: `${nameOf(port.ref)} lost its link ${times(by)} in the last ${span({ seconds })}`,
              observed: `${by}`,
              expected: '0',
              evidence: { counter, losses: by, seconds: Math.round(seconds) },
            }
          : undefined,
      ),
      about(port.ref, 'flapping', losses(port, ['24h'], options.flaps_per_day), ({ by, tooMuch, seconds, counter }) =>
        tooMuch
          ? {
              message: `${nameOf(port.ref)} lost its link ${times(by)} in the last ${span({ seconds })}; ${options.flaps_per_day} in 24 h are flapping`,
              observed: `${by}`,
              expected: `fewer than ${options.flaps_per_day} in 24 h`,
              evidence: { counter, losses: by, seconds: Math.round(seconds) },
            }
          : undefined,
      ),
    ]);
  },
});

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);

type Losses = Growth & { readonly tooMuch: boolean; readonly counter: string };

/**
 * The worse of the two counters that see a link go. The RDMA device counts for InfiniBand, the network interface for
 * Ethernet; a port that has only one of them is judged by it.
 */
const losses = ({ counters, carrierDowns }: NicPort, windows: readonly Window[], limit: number): Reading<Losses> => {
  const read = (name: string, counter: Counter): Reading<Losses> => {
    const reading = growth(counter, windows, ({ by }) => by >= limit);
    return reading.ok ? { ok: true, value: { ...reading.value, counter: name } } : reading;
  };
  const carrier = read('carrier_down_count', carrierDowns);
  const downed = counters.link_downed === undefined ? undefined : read('link_downed', counters.link_downed);
  const present = downed === undefined ? [carrier] : isAbsentForGood(carrierDowns) ? [downed] : [downed, carrier];
  const worse = present.filter((reading) => reading.ok).sort((a, b) => b.value.by - a.value.by)[0];
  if (worse?.value.tooMuch) return worse;
  return present.find((reading) => !reading.ok) ?? worse ?? carrier;
};

const isAbsentForGood = ({ total }: Counter): boolean =>
  !total.ok && (total.reason === 'no-device' || isNotProvided(total));
