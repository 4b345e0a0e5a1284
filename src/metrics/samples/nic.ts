import type { N, NicPort, Profile, S } from '../../api.ts';
import type { Snapshot } from '../../engine/snapshot.ts';
import { nicLabels } from '../identity.ts';
import { PORT_ERROR_COUNTERS } from '../labels.ts';
import { fromReading, type Sample, sample } from '../sample.ts';

const BYTES_PER_SECOND_PER_GBPS = 1e9 / 8;

const said = (reading: S): string | undefined => (reading.ok ? reading.value : undefined);

const upOf = ({ state, physicalState, ref }: NicPort): readonly Sample[] =>
  state.ok && physicalState.ok
    ? [
        sample(
          'muster_nic_port_up',
          Number(/^active$/i.test(state.value) && /^linkup$/i.test(physicalState.value)),
          nicLabels(ref),
        ),
      ]
    : [];

const expectedRateOf = (port: NicPort, profile: Profile): N | undefined =>
  profile.nics.find(({ role }) => role === port.role)?.rateGbps;

/** Ethernet ports count carrier losses; InfiniBand ports have `link_downed` and often no interface. */
const flapsOf = (port: NicPort): N | undefined => {
  const linkDowned = port.counters.link_downed?.total;
  const ethernet = port.linkLayer.ok && port.linkLayer.value === 'ethernet';
  return ethernet ? port.carrierDowns.total : linkDowned;
};

const portSamples = (port: NicPort, profile: Profile): readonly Sample[] => {
  const ids = nicLabels(port.ref);
  const expected = expectedRateOf(port, profile);
  const flaps = flapsOf(port);
  return [
    sample('muster_nic_info', 1, {
      ...ids,
      hca_type: port.ref.model,
      board_id: said(port.boardId),
      firmware_version: said(port.firmwareVersion),
      link_layer: said(port.linkLayer),
      role: port.role,
      netdev: said(port.netdev),
      pci_bus_id: port.ref.pciBusId,
    }),
    ...upOf(port),
    ...fromReading('muster_nic_port_rate_bytes_per_second', port.rateGbps, ids, BYTES_PER_SECOND_PER_GBPS),
    ...(expected === undefined
      ? []
      : fromReading('muster_nic_port_expected_rate_bytes_per_second', expected, ids, BYTES_PER_SECOND_PER_GBPS)),
    ...(flaps === undefined ? [] : fromReading('muster_nic_port_flaps_total', flaps, ids)),
    ...PORT_ERROR_COUNTERS.flatMap((counter) => {
      const total = port.counters[counter]?.total;
      return total === undefined ? [] : fromReading('muster_nic_port_errors_total', total, { ...ids, counter });
    }),
    ...fromReading('muster_nic_pcie_link_width', port.pcie.width, ids),
    ...fromReading('muster_nic_pcie_link_generation', port.pcie.generation, ids),
  ];
};

/** The ports of the RDMA devices. */
export const nicSamples = (snapshot: Snapshot): readonly Sample[] => {
  const { nics } = snapshot.facts;
  return (nics?.ok ? nics.value : []).flatMap((port) => portSamples(port, snapshot.profile));
};
