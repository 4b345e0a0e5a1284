import { describe, expect, test } from 'vitest';
import { absent, type Host, known, type NicPort, type Raw } from '../../src/api.ts';
import { infiniband } from '../../src/collectors/infiniband.ts';
import { below, machineOf } from '../support/machine-tree.ts';
import { haveSamples, sample, treeOfTarball } from '../support/samples.ts';
import { readTtar } from '../support/ttar.ts';

const { signal } = new AbortController();
const nicsOf = async (host: Host) => (await infiniband.collect(host, signal)).nics;
const portsOf = async (host: Host): Promise<readonly Raw<NicPort>[]> => {
  const nics = await nicsOf(host);
  return nics.ok ? nics.value : [];
};

const PORT = {
  state: '4: ACTIVE\n',
  phys_state: '5: LinkUp\n',
  rate: '400 Gb/sec (4X NDR)\n',
  link_layer: 'InfiniBand\n',
  'counters/link_downed': '2\n',
  'counters/symbol_error': '65535\n',
  'counters/port_rcv_data': '230539874932483\n',
  'counters/unicast_rcv_packets': '7\n',
  'hw_counters/out_of_sequence': '3\n',
  'hw_counters/lifespan': '12\n',
};
const DEVICE = {
  board_id: 'MT_0000000838\n',
  fw_ver: '28.41.1000\n',
  hca_type: 'MT4129\n',
  node_guid: 'a088:c203:004f:1000\n',
  'device/uevent': 'DRIVER=mlx5_core\nPCI_SLOT_NAME=0000:1b:00.0\n',
  'device/numa_node': '1\n',
  'device/current_link_speed': '32.0 GT/s PCIe\n',
  'device/max_link_speed': '32.0 GT/s PCIe\n',
  'device/current_link_width': '16\n',
  'device/max_link_width': '16\n',
  'device/aer_dev_correctable': 'RxErr 0\nBadTLP 4\nTOTAL_ERR_COR 4\n',
  'device/aer_dev_nonfatal': 'TOTAL_ERR_NONFATAL 0\n',
  'device/aer_dev_fatal': 'TOTAL_ERR_FATAL 0\n',
  'device/hwmon/hwmon7/name': 'mlx5\n',
  'device/hwmon/hwmon7/temp1_input': '61000\n',
  'device/hwmon/hwmon7/temp1_label': 'Module0\n',
  'device/hwmon/hwmon7/temp2_input': '53000\n',
  'device/hwmon/hwmon7/temp2_label': 'asic\n',
  'device/net/ibp27s0/carrier_down_count': '5\n',
  ...below('ports/1', PORT),
};
const device = (name: string, files: Readonly<Record<string, string>> = DEVICE) =>
  below(`sys/class/infiniband/${name}`, files);
const without = (pattern: RegExp, files: Readonly<Record<string, string>> = DEVICE) =>
  Object.fromEntries(Object.entries(files).filter(([name]) => !pattern.test(name)));

describe('InfiniBand and RoCE ports from sysfs', () => {
  test('everything that a ConnectX offers', async () => {
    expect(await portsOf(machineOf(device('mlx5_0')))).toMatchObject([
      {
        ref: {
          kind: 'nic',
          key: 'nic:mlx5_0/1',
          device: 'mlx5_0',
          port: 1,
          model: 'MT4129',
          guid: 'a088c203004f1000',
          pciBusId: '00000000:1B:00.0',
        },
        role: 'unknown',
        linkLayer: known('infiniband'),
        state: known('ACTIVE'),
        physicalState: known('LinkUp'),
        rateGbps: known(400),
        firmwareVersion: known('28.41.1000'),
        boardId: known('MT_0000000838'),
        netdev: known('ibp27s0'),
        numaNode: known(1),
        pcie: {
          generation: known(5),
          maxGeneration: known(5),
          width: known(16),
          maxWidth: known(16),
          replays: { counter: { ok: false, reason: 'unsupported' } },
          aer: { correctable: { counter: known(4) }, fatal: { counter: known(0) } },
        },
        chipCelsius: { signal: known(53) },
        carrierDowns: { counter: known(5) },
      },
    ]);
  });

  test('counters of both directories, without those that nobody reads', async () => {
    const [port] = await portsOf(machineOf(device('mlx5_0')));
    expect(port?.counters).toEqual({
      link_downed: { counter: known(2) },
      out_of_sequence: { counter: known(3) },
      symbol_error: { counter: absent('unsupported', 'symbol_error is saturated at 65535') },
    });
  });

  test('a software device without counters, type and PCI is a port with an empty table', async () => {
    const rxe = {
      'ports/1/state': '4: ACTIVE\n',
      'ports/1/link_layer': 'Ethernet\n',
      'ports/1/rate': '2.5 Gb/sec (1X SDR)\n',
    };
    const [port] = await portsOf(machineOf(device('rxe0', rxe)));
    expect(port).toMatchObject({
      ref: { key: 'nic:rxe0/1' },
      counters: {},
      rateGbps: known(2.5),
      chipCelsius: { signal: { ok: false, reason: 'unsupported' } },
      carrierDowns: { counter: { ok: false, reason: 'unsupported' } },
    });
    expect(port?.ref.pciBusId).toBeUndefined();
  });

  test('a virtual function is not a NIC of its own', async () => {
    const vf = { ...DEVICE, 'device/physfn/vendor': '0x15b3\n' };
    const ports = await portsOf(machineOf({ ...device('mlx5_0'), ...device('mlx5_9', vf) }));
    expect(ports.map(({ ref }) => ref.device)).toEqual(['mlx5_0']);
  });

  test('names of every kind and several ports', async () => {
    const two = {
      ...DEVICE,
      ...below('ports/2', { ...PORT, state: '1: DOWN\n' }),
      'device/net/ib1/carrier_down_count': '9\n',
    };
    const files = { ...device('mlx5_bond_0'), ...device('roceP2p1s0f0'), ...device('ibp198s0f0', two) };
    const ports = await portsOf(machineOf(files));
    expect(ports.map(({ ref }) => ref.key)).toEqual([
      'nic:ibp198s0f0/1',
      'nic:ibp198s0f0/2',
      'nic:mlx5_bond_0/1',
      'nic:roceP2p1s0f0/1',
    ]);
    expect(ports.map(({ carrierDowns }) => carrierDowns.counter)).toEqual([known(9), known(5), known(5), known(5)]);
    expect(ports[1]).toMatchObject({ state: known('DOWN'), rateGbps: { ok: false, reason: 'unsupported' } });
  });

  test('the interface of a port may be in another network namespace', async () => {
    const [port] = await portsOf(machineOf(device('mlx5_0', without(/^device\/net/))));
    expect(port).toMatchObject({
      netdev: { ok: false },
      carrierDowns: { counter: { ok: false, reason: 'unsupported' } },
    });
  });

  test('the first sensor is the chip where none says so', async () => {
    const [port] = await portsOf(machineOf(device('mlx5_0', without(/_label$/))));
    expect(port?.chipCelsius).toEqual({ signal: known(61) });
  });

  test('a device that does not answer keeps its port, with the reason at each leaf', async () => {
    const real = machineOf(device('mlx5_0'));
    const stuck = absent('timeout', 'no answer in 2 s');
    const silent = (path: string): boolean => path.includes('/mlx5_0/');
    const host: Host = {
      ...real,
      read: (path) => (silent(path) ? Promise.resolve(stuck) : real.read(path)),
      list: (path) => (silent(path) ? Promise.resolve(stuck) : real.list(path)),
    };
    expect(await portsOf(host)).toMatchObject([
      { ref: { key: 'nic:mlx5_0/1' }, state: stuck, counters: { link_downed: { counter: stuck } } },
    ]);
  });
});

describe('where /sys/class/infiniband has nothing to say', () => {
  const IBSTAT = "CA 'mlx5_0'\n\tCA type: MT4129\n\tPort 1:\n\t\tState: Active\n\t\tRate: 400\n";

  test('ibstat is asked', async () => {
    expect(await portsOf(machineOf({ 'commands/ibstat.out': IBSTAT }))).toMatchObject([
      { ref: { key: 'nic:mlx5_0/1' }, state: known('ACTIVE'), rateGbps: known(400) },
    ]);
  });

  test('ibstat is not asked where sysfs answers', async () => {
    const files = { ...device('mlx5_3'), 'commands/ibstat.out': IBSTAT };
    expect((await portsOf(machineOf(files))).map(({ ref }) => ref.device)).toEqual(['mlx5_3']);
  });

  test('a machine without an RDMA stack has no device', async () => {
    expect(await nicsOf(machineOf({}))).toMatchObject({ ok: false, reason: 'no-device' });
    expect(await nicsOf(machineOf({ 'commands/ibstat.out': '' }))).toMatchObject({ ok: false, reason: 'no-device' });
    const empty: Host = { ...machineOf({}), list: async () => known([]) };
    expect(await nicsOf(empty)).toMatchObject({ ok: false, reason: 'no-device' });
  });

  test.each(['denied', 'hung', 'failed'] as const)('%s stays %s', async (reason) => {
    const why = absent(reason, 'because');
    expect(await nicsOf({ ...machineOf({ 'commands/ibstat.out': IBSTAT }), list: async () => why })).toEqual(why);
  });
});

describe.skipIf(!haveSamples('sysfs'))('real sysfs trees (skipped without the shared samples)', () => {
  test('an H100 node: nine ports that are up, one of them a bond', async () => {
    const tree = treeOfTarball(
      'sysfs',
      'gpud-sys-class-infiniband-h100.tar.gz',
      'components/accelerator/nvidia/infiniband/class/testdata/sys-class-infiniband-h100.0',
      'sys/class/infiniband',
    );
    const ports = await portsOf(machineOf(tree));
    expect(ports).toHaveLength(9);
    expect(ports.map(({ state }) => state)).toEqual(ports.map(() => known('ACTIVE')));
    expect(ports.filter(({ rateGbps }) => rateGbps.ok && rateGbps.value === 400)).toHaveLength(8);
    expect(ports.find(({ ref }) => ref.device === 'mlx5_bond_0')).toMatchObject({
      rateGbps: known(200),
      linkLayer: known('ethernet'),
    });
    const [first] = ports;
    expect(first).toMatchObject({
      ref: { device: 'mlx5_0', model: 'MT4129' },
      firmwareVersion: known('28.41.1000'),
      counters: {
        port_rcv_errors: { counter: known(14) },
        // This healthy machine's 4-bit counter has been full for a long time.
        excessive_buffer_overrun_errors: { counter: { ok: false, reason: 'unsupported' } },
      },
    });
  });

  test('the tree of node_exporter: a device without PMA, and one that is full', async () => {
    const ports = await portsOf(machineOf(readTtar(sample('sysfs', 'node_exporter-sys-subset.ttar'))));
    expect(ports.map(({ ref }) => ref.key)).toEqual(['nic:i40iw0/1', 'nic:mlx4_0/1', 'nic:mlx4_0/2']);
    expect(ports[0]?.rateGbps).toEqual(known(10));
    expect(Object.keys(ports[0]?.counters ?? {}).length).toBeGreaterThan(5);
    for (const { counter } of Object.values(ports[0]?.counters ?? {}))
      expect(counter).toEqual(absent('unsupported', 'N/A (no PMA)'));
    expect(ports[1]?.counters.port_xmit_wait).toMatchObject({ counter: { ok: false, reason: 'unsupported' } });
  });
});
