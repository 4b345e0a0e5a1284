import type { MachineSpec } from '../machine.ts';
import type { NicState } from '../world/state.ts';
import { changeNic, type Fault, kernelSays, lastedSeconds } from './fault.ts';

const needsNic = (machine: MachineSpec): string | undefined =>
  machine.nics.length > 0 ? undefined : 'it has no RDMA NICs';

/**
 * Port counters stop at the end of their width instead of wrapping: link_downed at 255, port_rcv_errors at 65535
 * (InfiniBand Architecture Specification 16.1.3.5). As a site would with `perfquery -R`, clear them in time, so that a
 * simulation that runs for hours goes on rising.
 */
const LINK_DOWNED_CLEARED_AT = 250;
const RECEIVE_ERRORS_CLEARED_AT = 60_000;

/** The link went down so many times. */
const downed = ({ carrierDowns, counters }: NicState, times: number): Partial<NicState> => ({
  carrierDowns: carrierDowns + times,
  counters: { ...counters, link_downed: ((counters.link_downed ?? 0) + times) % LINK_DOWNED_CLEARED_AT },
});

export const ibDown: Fault = {
  name: 'ib-down',
  component: 'nic',
  help: 'the port of the NIC is down',
  unfit: needsNic,
  breaks: (world, target) =>
    changeNic(world, target, (nic) => ({
      state: '1: DOWN',
      physicalState: '2: Polling',
      // An InfiniBand port that is not trained falls back to the slowest rate, and has lost its address.
      ...(nic.spec.linkLayer === 'InfiniBand'
        ? { rateGbps: 10, lanes: '4X SDR', lid: 65535, smLid: 0 }
        : { rateGbps: 40, lanes: '4X QDR' }),
    })),
  leaves: (world, target) => changeNic(world, target, (nic) => downed(nic, 1)),
};

export const ibRate: Fault = {
  name: 'ib-rate',
  component: 'nic',
  help: 'the port of the NIC came up with half its lanes',
  unfit: needsNic,
  breaks: (world, target) =>
    changeNic(world, target, (nic) => ({
      rateGbps: nic.rateGbps / 2,
      lanes: nic.lanes.replace(/^(\d+)X/, (_, lanes: string) => `${Math.max(1, Number(lanes) / 2)}X`),
    })),
};

export const ibFlap: Fault = {
  name: 'ib-flap',
  component: 'nic',
  help: 'the link of the NIC goes down and comes back each second',
  unfit: needsNic,
  leaves: (world, target, period) => {
    const nic = world.nics[target.index];
    const changed = changeNic(world, target, (port) => downed(port, lastedSeconds(period)));
    return nic
      ? kernelSays(
          changed,
          period,
          [
            `mlx5_core ${nic.spec.pci} ${nic.spec.netdev}: Link down`,
            `mlx5_core ${nic.spec.pci} ${nic.spec.netdev}: Link up`,
          ],
          6,
        )
      : changed;
  },
};

/** Receive errors and transport time-outs: above 10 and 1 a second they are degradation, not yet loss of the link. */
const RECEIVE_ERRORS_PER_SECOND = 50;
const ACK_TIMEOUTS_PER_SECOND = 5;

export const ibErrors: Fault = {
  name: 'ib-errors',
  component: 'nic',
  help: 'receive errors and acknowledgement time-outs of the NIC rise each second',
  unfit: needsNic,
  leaves: (world, target, period) =>
    changeNic(world, target, ({ counters, hwCounters }) => {
      const seconds = lastedSeconds(period);
      return {
        counters: {
          ...counters,
          port_rcv_errors:
            ((counters.port_rcv_errors ?? 0) + seconds * RECEIVE_ERRORS_PER_SECOND) % RECEIVE_ERRORS_CLEARED_AT,
        },
        hwCounters: {
          ...hwCounters,
          local_ack_timeout_err: (hwCounters.local_ack_timeout_err ?? 0) + seconds * ACK_TIMEOUTS_PER_SECOND,
        },
      };
    }),
};

const needsInfiniband = (machine: MachineSpec): string | undefined =>
  machine.nics.some(({ role, linkLayer }) => role === 'compute' && linkLayer === 'InfiniBand')
    ? undefined
    : 'its compute network is not InfiniBand';

const needsRoce = (machine: MachineSpec): string | undefined =>
  machine.nics.some(({ role, linkLayer }) => role === 'compute' && linkLayer === 'Ethernet')
    ? undefined
    : 'its compute network is not RoCE; hgx-h100-8-roce has one';

export const pkeyMissing: Fault = {
  name: 'pkey-missing',
  component: 'nic',
  help: 'the port has only limited membership of the default InfiniBand partition',
  unfit: needsInfiniband,
  breaks: (world, target) => changeNic(world, target, () => ({ pkeys: ['0x7fff'] })),
};

/** Half the time: the receiver of an incast, or a host that does not keep up. */
const PAUSED_MICROSECONDS_PER_SECOND = 500_000;

export const rocePausing: Fault = {
  name: 'roce-pausing',
  component: 'nic',
  help: 'the RoCE port tells the switch to stop half of the time, since its host does not take the data',
  unfit: needsRoce,
  leaves: (world, target, period) =>
    changeNic(world, target, ({ ethernet }) => {
      const seconds = lastedSeconds(period);
      const { statistics } = ethernet;
      const add = (name: string, by: number): Record<string, number> => ({ [name]: (statistics[name] ?? 0) + by });
      return {
        ethernet: {
          ...ethernet,
          statistics: {
            ...statistics,
            ...add('tx_prio3_pause_duration', seconds * PAUSED_MICROSECONDS_PER_SECOND),
            ...add('outbound_pci_stalled_wr_events', seconds),
          },
        },
      };
    }),
};

export const roceMisconfigured: Fault = {
  name: 'roce-misconfigured',
  component: 'nic',
  help: 'the RoCE port has a small MTU and no flow control, unlike the others',
  unfit: needsRoce,
  breaks: (world, target) =>
    changeNic(world, target, ({ ethernet }) => ({
      ethernet: { ...ethernet, mtuBytes: 1500, pfcPriorities: [], trustsDscp: false },
    })),
};

export const nicPcieWidth: Fault = {
  name: 'nic-pcie-width',
  component: 'nic',
  help: 'the PCIe link of the NIC came up with half its lanes',
  unfit: needsNic,
  breaks: (world, target) => changeNic(world, target, ({ pcieWidth }) => ({ pcieWidth: pcieWidth / 2 })),
};

/** Past the threshold that the device states (105 °C), before its shutdown at 110. */
const HOT_CHIP_CELSIUS = 106;
const HOT_OPTICS_CELSIUS = 78;

export const nicHot: Fault = {
  name: 'nic-hot',
  component: 'nic',
  help: 'the chip of the NIC is past its critical temperature',
  unfit: needsNic,
  breaks: (world, target) => changeNic(world, target, () => ({ celsius: HOT_CHIP_CELSIUS })),
};

export const opticsHot: Fault = {
  name: 'optics-hot',
  component: 'nic',
  help: 'the transceiver of the NIC is past its alarm temperature',
  unfit: needsNic,
  breaks: (world, target) => changeNic(world, target, () => ({ opticsCelsius: HOT_OPTICS_CELSIUS })),
};

export const nicFirmwareHung: Fault = {
  name: 'nic-firmware-hung',
  component: 'nic',
  help: 'the firmware of the NIC lost its heartbeat, and the driver says so',
  unfit: needsNic,
  event: true,
  leaves: (world, target, period) => {
    const nic = world.nics[target.index];
    return nic === undefined
      ? world
      : kernelSays(
          world,
          period,
          [
            `mlx5_core ${nic.spec.pci}: poll_health:825:(pid 0): device's health compromised - reached miss count`,
            `mlx5_core ${nic.spec.pci}: wait_func:1195:(pid 2117): ACCESS_REG(0x805) timeout. Will cause a leak of a command resource`,
          ],
          3,
        );
  },
};
