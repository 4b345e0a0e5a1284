import {
  absent,
  defineCheck,
  type Expected,
  type ExpectedNics,
  type Fact,
  type NicPort,
  type Profile,
  type Rule,
  type Severity,
} from '../../src/api.ts';
import { about, type Details } from '../shared/about.ts';
import { isGuest, linkGbps, type Shortfall, shortfallOf } from '../shared/pcie-link.ts';
import { expectedOfCompute, peersOf } from '../shared/ports.ts';
import { knownOf, together } from '../shared/readings.ts';
import { condition, drain, stay } from '../shared/rules.ts';

type Code = 'width-reduced' | 'generation-low';

export default defineCheck({
  apiVersion: 1,
  id: 'network/nic-pcie-degraded',
  title: 'PCIe link of a NIC is degraded',
  why: 'A 400 Gb/s port behind half its lanes, or one generation too low, sends at half its rate; the link itself looks healthy.',
  source:
    'Linux ABI/testing/sysfs-bus-pci (current_link_speed, current_link_width); PCI Express base specification for the rates; Oracle oci-gpu-scanner and OCI pcie_width_missing_lanes_check; unlike a GPU, a NIC keeps its generation at rest',
  remedy:
    'Compare `lspci -vvs BUSID | grep -E "LnkCap|LnkSta"` with a NIC beside it; reboot; reseat the card, riser or cable; look at the bifurcation and the link speed of the slot in the BIOS.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['nics'],
  uses: ['profile', 'gpus'],
  rules: {
    'width-reduced': condition('CRITICAL', 'PCIe link of a NIC lost lanes', drain('service')),
    'generation-low': condition('CRITICAL', 'PCIe link of a NIC runs below its generation', drain('service')),
  },
  raise: { hits: 2, of: 3, clear: 2 },
  judge: ({ nics, profile, gpus }, { node }) => {
    const inGuest = gpus.ok && gpus.value.some(isGuest);
    const links = onePerDevice(nics.filter(({ role }) => role !== 'unused'));
    if (links.length === 0) return [{ unjudged: node, because: absent('no-device', 'no NIC here is in use') }];
    return links.flatMap((nic) => {
      const { ref, pcie } = nic;
      const { width, maxWidth, generation, maxGeneration } = pcie;
      const siblings = peersOf(nics, nic);
      const of = (code: Code, value: number, max: number): Shortfall | undefined =>
        shortfallOf(value, {
          part: 'NIC',
          max,
          inGuest,
          ...(code === 'width-reduced'
            ? {
                siblings: knownOf(siblings.map((sibling) => sibling.pcie.width)),
                haveMore: 'have more lanes',
                said: within(max, saidOf(nic, profile, 'pcieWidth')),
              }
            : {
                siblings: knownOf(siblings.map((sibling) => sibling.pcie.generation)),
                haveMore: 'run faster',
                said: within(max, saidOf(nic, profile, 'pcieGeneration')),
              }),
        });
      return [
        about(ref, 'width-reduced', together({ value: width, max: maxWidth }), ({ value, max }, name) => {
          const short = of('width-reduced', value, max);
          return short && detailsOf(nic, short, `The PCIe link of ${name} is x${value}`, (lanes) => `x${lanes}`, value);
        }),
        about(ref, 'generation-low', together({ value: generation, max: maxGeneration }), ({ value, max }, name) => {
          const short = of('generation-low', value, max);
          const words = (number: number): string => `generation ${number}`;
          return short && detailsOf(nic, short, `The PCIe link of ${name} runs at ${words(value)}`, words, value);
        }),
      ];
    });
  },
});

/** Ports of one device share its link. */
const onePerDevice = (ports: readonly NicPort[]): readonly NicPort[] =>
  [...new Map([...ports].reverse().map((port) => [port.ref.device ?? port.ref.key, port])).values()].reverse();

const NOT_SAID = absent('unsupported', 'no machine profile describes this NIC');

const saidOf = (
  { role }: NicPort,
  profile: Fact<Profile>,
  name: Exclude<keyof ExpectedNics, 'role'>,
): Expected<number> => (role === 'compute' ? expectedOfCompute(profile, name) : NOT_SAID);

/** A profile that asks for more than the card can do describes another card. */
const within = (max: number, said: Expected<number>): Expected<number> =>
  said.ok && said.value > max ? NOT_SAID : said;

const ACTIONS: Readonly<Record<Severity, Partial<Pick<Rule, 'action'>>>> = {
  CRITICAL: {},
  WARNING: { action: stay('service') },
  INFO: { action: stay('none') },
};

const detailsOf = (
  nic: NicPort,
  { expected, because, severity }: Shortfall,
  says: string,
  words: (value: number) => string,
  value: number,
): Details => {
  const carries = carriedGbps(nic);
  const rate = nic.rateGbps.ok ? nic.rateGbps.value : undefined;
  const isTooSlow = carries !== undefined && rate !== undefined && carries < rate;
  // A link that still carries what the port does costs a job nothing, and only compute ports carry jobs.
  const grave: Severity = severity === 'CRITICAL' && !(isTooSlow && nic.role === 'compute') ? 'WARNING' : severity;
  const cost = isTooSlow ? `; it carries ${Math.round(carries)} of the ${rate} Gb/s of the port` : '';
  return {
    message: `${says}; ${words(expected)} is expected (${because})${cost}`,
    observed: words(value),
    expected: words(expected),
    ...(carries === undefined ? {} : { evidence: { pcie_gbps: Math.round(carries) } }),
    override: { severity: grave, ...ACTIONS[grave] },
  };
};

const carriedGbps = ({ pcie }: NicPort): number | undefined =>
  pcie.generation.ok && pcie.width.ok ? linkGbps(pcie.generation.value, pcie.width.value) : undefined;
