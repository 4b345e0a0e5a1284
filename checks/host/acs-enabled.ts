import { type Absent, absent, defineCheck, known, type PciBridge, type Reading } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { ownPciGpus } from '../shared/expectation.ts';
import { groupBy } from '../shared/groups.ts';
import { nameOf } from '../shared/names.ts';
import { condition, stay } from '../shared/rules.ts';

/** `00000000:17:00.0` → `00000000:17`: the ports of one switch are on one bus. */
const busOf = (address: string): string => address.slice(0, address.lastIndexOf(':'));

/** It may be a port of a switch: it is one, or nobody may read what it is. */
const mayBeDownstream = ({ portType }: PciBridge): boolean =>
  portType.ok ? portType.value === 'Downstream Port' : portType.reason === 'denied';

export default defineCheck({
  apiVersion: 1,
  id: 'host/acs-enabled',
  title: 'PCIe ACS redirects peer-to-peer traffic',
  why: 'With ACS redirection on a PCIe switch a GPU reaches its NIC or its neighbour through the CPU: GPUDirect RDMA falls to a fraction of its bandwidth, and may hang.',
  source:
    'NVIDIA NCCL user guide, Troubleshooting, PCI Access Control Services; PCI Express Base Specification 6.12 (P2P Request and Completion Redirect); leptonai/gpud component pci',
  remedy:
    'Look: `lspci -vv -d ::0604 | grep -E "^[0-9a-f]|ACSCtl"`. Turn it off in the BIOS (ACS, or SR-IOV and IOMMU where no guest needs them), or at each boot on the ports named here: `setpci -s ADDRESS ECAP_ACS+6.w=0000`. ' +
    'Leave it on where the node gives its GPUs to virtual machines.',
  // Nothing changes it between two jobs.
  contexts: ['continuous', 'deep'],
  requires: ['pciAcs', 'pciGpus'],
  uses: ['nics'],
  rules: {
    'p2p-redirected': condition(
      'WARNING',
      'ACS redirects peer-to-peer traffic of a PCIe switch: turn it off',
      stay('watch'),
    ),
  },
  judge: ({ pciAcs, pciGpus, nics }, { node, context }) => {
    // GPUs of guests must be kept apart: their host wants ACS.
    const own = ownPciGpus({ ...known(pciGpus), at: 0, source: 'pci' }).map(({ ref }) => ref);
    const parts = [...own, ...(nics.ok ? nics.value.map(({ ref }) => ref) : [])];
    const isPart = (address: string): boolean => parts.some(({ pciBusId }) => pciBusId === address);

    // Traffic turns round in a switch where it carries two parts. What comes through a root port goes to the CPU anyhow.
    const above = pciAcs.bridges.filter((bridge) => mayBeDownstream(bridge) && bridge.below.some(isPart));
    const ports = [...groupBy(above, ({ address }) => busOf(address)).values()].flatMap((group) =>
      group.length > 1 ? group : [],
    );
    const redirecting = ports.filter(({ redirects }) => redirects.ok && redirects.value);

    return [
      about(node, 'p2p-redirected', settled(), (redirecting) => {
        if (redirecting.length === 0) return undefined;
        const related = parts.filter(({ pciBusId }) =>
          redirecting.some(({ below }) => pciBusId !== undefined && below.includes(pciBusId)),
        );
        const controls = redirecting.flatMap(({ controls }) => (controls.ok ? [controls.value] : []));
        return {
          related,
          message:
            `ACS redirects peer-to-peer traffic at ${redirecting.length} of ${ports.length} ports of PCIe switches: ` +
            `what ${related.map(nameOf).join(', ')} exchange with their neighbours goes through the CPU`,
          observed: controls[0] ?? 'redirection is on',
          expected: 'ReqRedir- CmpltRedir-',
          evidence: { ports: redirecting.map(({ address }) => address).join(' ') },
        };
      }),
    ];

    function settled(): Reading<readonly PciBridge[]> {
      if (redirecting.length > 0) return known(redirecting);
      const silent = ports.flatMap(({ portType, redirects }) => [portType, redirects]).find((one) => !one.ok);
      if (silent !== undefined && !silent.ok) return forThisProcess(silent);
      if (!nics.ok && nics.reason !== 'no-device') return nics;
      if (ports.length === 0) return absent('unsupported', 'no two GPUs or NICs of this host share a PCIe switch');
      return known([]);
    }

    /** The agent of the shipped unit is denied this on purpose: it has no use for the right to administer the system. */
    function forThisProcess(why: Absent): Absent {
      return why.reason === 'denied' && context === 'continuous'
        ? absent(
            'unsupported',
            `${why.detail}, which the agent does not have; as root, \`lspci -vv -d ::0604\` shows them`,
          )
        : why;
    }
  },
});
