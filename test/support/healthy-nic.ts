import { type Component, type CounterLimit, known, type NicPort, type Rail } from '../../src/api.ts';
import { fullPcie, gpuRef, merged, type Overrides } from './healthy-gpu.ts';
import { signalOf, steady } from './series.ts';

/** The component of compute NIC `index` of a healthy HGX H100 node; each is a card of its own. */
export const nicRef = (index: number): Component => ({
  kind: 'nic',
  key: `nic:mlx5_${index}/1`,
  model: 'MT4129',
  device: `mlx5_${index}`,
  port: 1,
  pciBusId: `00000000:${(0x18 + 0x10 * index).toString(16).toUpperCase()}:00.0`,
  guid: `a088c203004f1${String(index).padStart(3, '0')}`,
});

/** A NDR InfiniBand port that is up, with a day of history and no errors. */
export const healthyNic = (index: number, overrides?: Overrides<NicPort>): NicPort =>
  merged<NicPort>(
    {
      ref: nicRef(index),
      role: 'compute',
      linkLayer: known('infiniband'),
      state: known('ACTIVE'),
      physicalState: known('LinkUp'),
      rateGbps: known(400),
      firmwareVersion: known('28.41.1000'),
      boardId: known('MT_0000000838'),
      netdev: known(`ibp${24 + 16 * index}s0`),
      numaNode: known(index < 4 ? 0 : 1),
      pcie: fullPcie(),
      chipCelsius: signalOf(55),
      chipCriticalCelsius: known(105),
      opticsCelsius: signalOf(48),
      opticsCriticalCelsius: known(75),
      pkeys: known(['0xffff']),
      counters: { link_downed: steady(2), symbol_error: steady(0), port_rcv_errors: steady(7) },
      carrierDowns: steady(3),
    },
    overrides,
  );

export const healthyNics = (n: number): readonly NicPort[] =>
  Array.from({ length: n }, (_, index) => healthyNic(index));

/** `nics` with the port at `index` changed. */
export const withNic = (n: number, index: number, overrides: Overrides<NicPort>): readonly NicPort[] =>
  healthyNics(n).map((nic, i) => (i === index ? merged<NicPort>(nic, overrides) : nic));

/** A port of the ConnectX-6 Dx that HGX nodes carry beside the compute NICs. */
export const ethernetNic = (index: number, overrides?: Overrides<NicPort>): NicPort => {
  const nic = healthyNic(index, {
    role: 'storage',
    linkLayer: known('ethernet'),
    rateGbps: known(100),
    firmwareVersion: known('22.39.1002'),
    boardId: known('MT_0000000359'),
  });
  return merged<NicPort>({ ...nic, ref: { ...nic.ref, model: 'MT4125' } }, overrides);
};

/** Each GPU below the switch of its own NIC, as on HGX H100. */
export const healthyRails = (n: number): readonly Rail[] =>
  Array.from({ length: n }, (_, g) =>
    Array.from({ length: n }, (_, i) => ({
      gpu: gpuRef(g),
      nic: nicRef(i),
      path: g === i ? 'PIX' : g < n / 2 === i < n / 2 ? 'NODE' : 'SYS',
    })),
  ).flat();

/** A limit of `network/link-errors`: at most 120 in an hour. */
export const counterLimit = (o: Partial<CounterLimit> = {}): CounterLimit => ({
  name: 'symbol_error',
  path: 'ports/<port>/counters/symbol_error',
  linkLayer: 'any',
  measure: 'delta',
  threshold: 120,
  unit: 'errors',
  window: '1h',
  severity: 'WARNING',
  check: 'network/link-errors',
  code: 'above-limit',
  compareWithSiblings: false,
  meaning: 'Damaged.',
  source: 'test',
  ...o,
});
