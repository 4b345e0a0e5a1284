import {
  absent,
  defineCheck,
  type Expected,
  type Fact,
  type N,
  type NicPort,
  type PcieLink,
  type Profile,
} from '../../src/api.ts';
import { about, type Details } from '../shared/about.ts';
import { isGuest, linkGbps, overrideOf, type Shortfall, shortfallOf } from '../shared/pcie-link.ts';
import { expectedOfCompute, peersOf } from '../shared/ports.ts';
import { knownOf, together } from '../shared/readings.ts';
import { condition, drain } from '../shared/rules.ts';

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
      const siblings = peersOf(nics, nic);
      return ASPECTS.map((aspect) => {
        const { code, profileName, withMore } = aspect;
        const { value, max } = aspect.of(nic.pcie);
        return about(nic.ref, code, together({ value, max }), (link, name) => {
          const short = shortfallOf(link.value, {
            part: 'NIC',
            siblings: knownOf(siblings.map(({ pcie }) => aspect.of(pcie).value)),
            withMore,
            said: within(link.max, saidOf(nic, profile, profileName)),
            max: link.max,
            inGuest,
          });
          return short === undefined ? undefined : detailsOf(nic, name, link.value, short, aspect);
        });
      });
    });
  },
});

interface Aspect {
  readonly code: Code;
  readonly of: (link: PcieLink) => { readonly value: N; readonly max: N };
  readonly profileName: 'pcieWidth' | 'pcieGeneration';
  readonly withMore: string;
  readonly verb: string;
  readonly words: (value: number) => string;
}

const ASPECTS: readonly Aspect[] = [
  {
    code: 'width-reduced',
    of: ({ width, maxWidth }) => ({ value: width, max: maxWidth }),
    profileName: 'pcieWidth',
    withMore: 'with more lanes',
    verb: 'is',
    words: (lanes) => `x${lanes}`,
  },
  {
    code: 'generation-low',
    of: ({ generation, maxGeneration }) => ({ value: generation, max: maxGeneration }),
    profileName: 'pcieGeneration',
    withMore: 'that run faster',
    verb: 'runs at',
    words: (generation) => `generation ${generation}`,
  },
];

/** Ports of one device share its link. */
const onePerDevice = (ports: readonly NicPort[]): readonly NicPort[] =>
  [...new Map([...ports].reverse().map((port) => [port.ref.device ?? port.ref.key, port])).values()].reverse();

const NOT_SAID = absent('unsupported', 'no machine profile describes this NIC');

const saidOf = ({ role }: NicPort, profile: Fact<Profile>, name: Aspect['profileName']): Expected<number> =>
  role === 'compute' ? expectedOfCompute(profile, name) : NOT_SAID;

/** A profile that asks for more than the card can do describes another card. */
const within = (max: number, said: Expected<number>): Expected<number> =>
  said.ok && said.value > max ? NOT_SAID : said;

const detailsOf = (
  nic: NicPort,
  name: string,
  value: number,
  { expected, because, severity }: Shortfall,
  { verb, words }: Aspect,
): Details => {
  const carries = carriedGbps(nic);
  const rate = nic.rateGbps.ok ? nic.rateGbps.value : undefined;
  const isTooSlow = carries !== undefined && rate !== undefined && carries < rate;
  const cost = isTooSlow ? `; it carries ${Math.round(carries)} of the ${rate} Gb/s of the port` : '';
  // A link that still carries what the port does costs a job nothing, and only compute ports carry jobs.
  const isGrave = isTooSlow && nic.role === 'compute';
  return {
    message: `The PCIe link of ${name} ${verb} ${words(value)}; ${words(expected)} is expected (${because})${cost}`,
    observed: words(value),
    expected: words(expected),
    ...(carries === undefined ? {} : { evidence: { pcie_gbps: Math.round(carries) } }),
    override: overrideOf(severity === 'CRITICAL' && !isGrave ? 'WARNING' : severity),
  };
};

const carriedGbps = ({ pcie }: NicPort): number | undefined =>
  pcie.generation.ok && pcie.width.ok ? linkGbps(pcie.generation.value, pcie.width.value) : undefined;
