import { describe, expect, test } from 'vitest';
import { absent, type Host, known } from '../../src/api.ts';
import { ethernetStatistics } from '../../src/collectors/ethernet-statistics.ts';
import { infiniband } from '../../src/collectors/infiniband.ts';
import { roce } from '../../src/collectors/roce.ts';
import { below, machineOf } from '../support/machine-tree.ts';

const { signal } = new AbortController();
const EMPTY = `${'0000:'.repeat(7)}0000\n`;
const IPV4 = '0000:0000:0000:0000:0000:ffff:0a00:0001\n';
const LOCAL = 'fe80:0000:0000:0000:a088:c203:004f:1000\n';

const PORT = {
  state: '4: ACTIVE\n',
  link_layer: 'Ethernet\n',
  'gids/0': LOCAL,
  'gids/1': EMPTY,
  'gids/2': IPV4,
  'gid_attrs/types/0': 'IB/RoCE v1\n',
  'gid_attrs/types/2': 'RoCE v2\n',
};
const ecn = (point: string, on: readonly number[]) =>
  Object.fromEntries(
    [0, 1, 2, 3, 4, 5, 6, 7].map((i) => [`device/net/eth5/ecn/${point}/enable/${i}`, on.includes(i) ? '1\n' : '0\n']),
  );
const device = (files: Readonly<Record<string, string>> = {}, port: Readonly<Record<string, string>> = PORT) =>
  below('sys/class/infiniband/mlx5_0', {
    'device/uevent': 'DRIVER=mlx5_core\nPCI_SLOT_NAME=0000:1b:00.0\n',
    'device/net/eth5/mtu': '9000\n',
    ...ecn('roce_np', [3]),
    ...ecn('roce_rp', []),
    ...below('ports/1', port),
    ...files,
  });
const COMMANDS = {
  'commands/dcb_pfc_show_dev_eth5.out': 'pfc-cap 8 macsec-bypass off delay 0\nprio-pfc 3:on 4:off\n',
  'commands/dcb_app_show_dev_eth5_dscp-prio.out': 'dscp-prio 0:0 24:3\n',
  'commands/ethtool_-S_eth5.out': 'NIC statistics:\n     rx_packets: 12\n     rx_prio3_pause_duration: 7\n',
};
const settingsOf = async (tree: Readonly<Record<string, string>>) => (await roce.collect(machineOf(tree), signal)).roce;
const statisticsOf = async (tree: Readonly<Record<string, string>>) =>
  (await ethernetStatistics.collect(machineOf(tree), signal)).ethernetStatistics;

describe('how RoCE ports are set up', () => {
  test('everything that a ConnectX with OFED and dcb says', async () => {
    expect(await settingsOf({ ...device(), ...COMMANDS })).toEqual(
      known([
        {
          ref: { kind: 'nic', key: 'nic:mlx5_0/1', device: 'mlx5_0', port: 1 },
          netdev: known('eth5'),
          mtuBytes: known(9000),
          gids: known([
            { index: 0, type: 'IB/RoCE v1', address: LOCAL.trim() },
            { index: 2, type: 'RoCE v2', address: IPV4.trim() },
          ]),
          pfcPriorities: known('3'),
          trust: known('dscp'),
          ecnNotification: known('3'),
          ecnReaction: known('none'),
        },
      ]),
    );
  });

  test('each source is absent by itself', async () => {
    const bare = device({}, { link_layer: 'Ethernet\n' });
    const tree = Object.fromEntries(Object.entries(bare).filter(([path]) => !path.includes('/ecn/')));
    expect(
      await settingsOf({ ...tree, 'commands/dcb_pfc_show_dev_eth5.exit': 'no-tool: dcb: not installed' }),
    ).toMatchObject(
      known([
        {
          mtuBytes: known(9000),
          gids: { ok: false, reason: 'unsupported' },
          pfcPriorities: { ok: false, reason: 'no-tool' },
          trust: { ok: false, reason: 'not-recorded' },
          ecnNotification: { ok: false, reason: 'unsupported' },
          ecnReaction: { ok: false, reason: 'unsupported' },
        },
      ]),
    );
  });

  test.each([
    ['RTNETLINK answers: Operation not supported\n', 'unsupported'],
    ['Cannot find device "eth5"\n', 'failed'],
  ])('dcb that says %j: %s', async (stderr, reason) => {
    const refused = { 'commands/dcb_pfc_show_dev_eth5.err': stderr, 'commands/dcb_pfc_show_dev_eth5.exit': '1\n' };
    expect(await settingsOf({ ...device(), ...refused })).toMatchObject(
      known([{ pfcPriorities: { ok: false, reason } }]),
    );
  });

  test('the DSCP table of another driver tells nothing of its trust', async () => {
    const other = device({ 'device/uevent': 'DRIVER=bnxt_en\nPCI_SLOT_NAME=0000:1b:00.0\n' });
    expect(await settingsOf({ ...other, ...COMMANDS })).toMatchObject(
      known([{ pfcPriorities: known('3'), trust: { ok: false, reason: 'unsupported' } }]),
    );
  });

  test('an interface that is elsewhere', async () => {
    const moved = below('sys/class/infiniband/mlx5_0', below('ports/1', PORT));
    expect(await settingsOf(moved)).toMatchObject(
      known([{ netdev: { ok: false, reason: 'unsupported' }, gids: { ok: true }, mtuBytes: { ok: false } }]),
    );
  });

  test.each([
    ['InfiniBand alone', device({}, { link_layer: 'InfiniBand\n' })],
    ['a virtual function alone', device({ 'device/physfn/vendor': '0x15b3\n' })],
  ])('%s is no RoCE', async (_, tree) => {
    expect(await settingsOf(tree)).toMatchObject({ ok: false, reason: 'no-device' });
    expect(await statisticsOf(tree)).toMatchObject({ ok: false, reason: 'no-device' });
  });

  test.each(['/ports', '/link_layer'])(
    'a machine that does not answer for %s is not taken for one without RoCE',
    async (path) => {
      const machine = machineOf(device());
      const unread = async (name: string) =>
        name.endsWith(path) ? absent('timeout', `${name}: no answer in 2 s`) : undefined;
      const host: Host = {
        ...machine,
        read: async (name) => (await unread(name)) ?? machine.read(name),
        list: async (name) => (await unread(name)) ?? machine.list(name),
      };
      expect(await roce.collect(host, signal)).toMatchObject({ roce: { ok: false, reason: 'timeout' } });
    },
  );

  test('a table of addresses is read no further than sixteen places', async () => {
    const places = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`gids/${i}`, IPV4]));
    const types = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`gid_attrs/types/${i}`, 'RoCE v2\n']));
    const settings = await settingsOf({ ...device({}, { ...PORT, ...places, ...types }), ...COMMANDS });
    expect(settings.ok && settings.value[0]?.gids.ok && settings.value[0].gids.value).toHaveLength(16);
  });
});

describe('what Ethernet ports count', () => {
  test('the counters that somebody judges', async () => {
    expect(await statisticsOf({ ...device(), ...COMMANDS })).toMatchObject(
      known([{ netdev: known('eth5'), counters: known({ rx_prio3_pause_duration: { counter: known(7) } }) }]),
    );
  });

  test.each([
    [
      { 'commands/ethtool_-S_eth5.exit': '71\n', 'commands/ethtool_-S_eth5.err': 'Cannot get stats strings\n' },
      'failed',
    ],
    [
      { 'commands/ethtool_-S_eth5.exit': '94\n', 'commands/ethtool_-S_eth5.err': 'no stats available\n' },
      'unsupported',
    ],
    [{ 'commands/ethtool_-S_eth5.exit': 'no-tool: ethtool: not installed' }, 'no-tool'],
  ])('ethtool that fails: %j', async (answer, reason) => {
    expect(await statisticsOf({ ...device(), ...answer })).toMatchObject(known([{ counters: { ok: false, reason } }]));
  });
});

describe('partition keys and sensors of a port', () => {
  const nics = async (tree: Readonly<Record<string, string>>) => {
    const read = (await infiniband.collect(machineOf(tree), signal)).nics;
    return read.ok ? read.value[0] : undefined;
  };
  const port = (files: Readonly<Record<string, string>>) =>
    below(
      'sys/class/infiniband/mlx5_0',
      below('ports/1', { state: '4: ACTIVE\n', link_layer: 'InfiniBand\n', ...files }),
    );

  test('keys end at the first empty place, and are sorted', async () => {
    const keys = { 'pkeys/0': '0xffff\n', 'pkeys/1': '0x8012\n', 'pkeys/2': '0x0000\n', 'pkeys/3': '0x8044\n' };
    expect((await nics(port(keys)))?.pkeys).toEqual(known(['0x8012', '0xffff']));
  });

  test('an Ethernet port has none, and an unreadable key is no empty place', async () => {
    expect((await nics(port({ link_layer: 'Ethernet\n', 'pkeys/0': '0xffff\n' })))?.pkeys).toMatchObject({
      reason: 'unsupported',
    });
    expect((await nics(port({ 'pkeys/0': 'x\n' })))?.pkeys).toMatchObject({ reason: 'failed' });
  });

  test('chip and transceiver are told apart by their labels, each with its threshold', async () => {
    const sensors = below('sys/class/infiniband/mlx5_0/device/hwmon/hwmon7', {
      name: 'mlx5\n',
      temp1_label: 'Module0\n',
      temp1_input: '61000\n',
      temp1_crit: '75000\n',
      temp2_label: 'asic\n',
      temp2_input: '53000\n',
      temp2_crit: '105000\n',
    });
    expect(await nics({ ...port({}), ...sensors })).toMatchObject({
      chipCelsius: { signal: known(53) },
      chipCriticalCelsius: known(105),
      opticsCelsius: { signal: known(61) },
      opticsCriticalCelsius: known(75),
    });
  });

  test('a module alone is no chip', async () => {
    const sensors = below('sys/class/infiniband/mlx5_0/device/hwmon/hwmon7', {
      temp1_label: 'Module0\n',
      temp1_input: '61000\n',
    });
    expect(await nics({ ...port({}), ...sensors })).toMatchObject({
      chipCelsius: { signal: { ok: false, reason: 'unsupported' } },
      opticsCelsius: { signal: known(61) },
      opticsCriticalCelsius: { ok: false, reason: 'unsupported' },
    });
  });
});
