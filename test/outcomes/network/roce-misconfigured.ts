import type { EngineSettings } from '../../../src/engine/engine.ts';
import { DOWN, deviceFile, pfcOf, portFile, portFiles, trustOf } from '../../support/nic-files.ts';
import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';

const machine = simulated('hgx-h100-8-roce');
const netdev = 'enp79s0np0';
const mtu = (device: string, name = '*'): string => deviceFile(device, `net/${name}/mtu`);
const ecn = (point: string, priority: number): string =>
  deviceFile('mlx5_2', `net/${netdev}/ecn/${point}/enable/${priority}`);
const EMPTY = `${'0000:'.repeat(7)}0000\n`;
const asking = (options: EngineSettings['checks'][string]['options']): Partial<EngineSettings> => ({
  checks: { 'network/roce-misconfigured': { mode: 'enforce', options } },
});
const noIpv4 = { [portFile('mlx5_2', 'gids/2')]: EMPTY, [portFile('mlx5_2', 'gids/3')]: EMPTY };
const four = ['mlx5_0', 'mlx5_1', 'mlx5_2', 'mlx5_3'];
const compute = [...four, 'mlx5_4', 'mlx5_5', 'mlx5_6', 'mlx5_7'];
/** Three storage ports of one model beside five compute ports. */
const storage = (options: EngineSettings['checks'][string]['options']) =>
  machine.configured({
    ...asking(options),
    nicRoles: ['mlx5_5', 'mlx5_6', 'mlx5_7'].map((match) => ({ match, role: 'storage' })),
  });
const noPfc = (text: string): string => text.replace('3:on', '3:off');

export default {
  pass: [
    machine,
    // Storage is set up in another way, and there is only one of it.
    simulated(),
    machine.configured(asking({ mtu_bytes: 9000, gid_index: 3, pfc_priorities: '3', trust: 'dscp' })),
    // Without dcb and without OFED the rest is judged.
    machine.without('commands/dcb_*', 'sys/class/infiniband/**/ecn/**'),
    // A port without a link has lost its addresses; it is network/link-down's.
    machine.with({
      ...noIpv4,
      [portFile('mlx5_2', 'gids/0')]: EMPTY,
      [portFile('mlx5_2', 'gids/1')]: EMPTY,
      ...portFiles('mlx5_2', DOWN),
    }),
    // A port of the management network carries none, and need not say what it runs.
    machine
      .configured({ nicRoles: [{ match: 'mlx5_8', role: 'management' }] })
      .failing({ [portFile('mlx5_8', 'state')]: 'denied: EACCES' }),
    // In another network namespace.
    machine.without(deviceFile('mlx5_2', `net/${netdev}/**`)),
  ],
  findings: {
    'no-roce-v2': [
      {
        on: machine.with({ [portFile('mlx5_2', 'gid_attrs/types/*')]: 'IB/RoCE v1\n' }),
        about: ['mlx5_2'],
        severity: 'WARNING',
        saying: /mlx5_2 has no RoCE v2 address; its table has IB\/RoCE v1/,
      },
      {
        on: machine.with({ [portFile('mlx5_2', 'gids/*')]: EMPTY }),
        about: ['mlx5_2'],
        saying: /mlx5_2 has no RoCE v2 address; its table has none$/,
      },
    ],
    'gid-index-differs': [
      {
        on: machine.with(noIpv4),
        about: ['mlx5_2'],
        saying: /its RoCE v2 address at index 1 \(IPv6\); 7 of 8 of its model have index 3 \(IPv4\)/,
      },
      {
        on: machine.configured(asking({ gid_index: 3 })).with(noIpv4),
        about: ['mlx5_2'],
        saying: /has no address at index 3/,
      },
      { on: machine.configured(asking({ gid_index: 2 })), about: compute, saying: /has IB\/RoCE v1 at index 2/ },
      { on: machine.configured(asking({ gid_index: 0 })), about: compute },
      {
        on: storage({ gid_index: 3 }).with({
          [portFile('mlx5_6', 'gids/2')]: EMPTY,
          [portFile('mlx5_6', 'gids/3')]: EMPTY,
        }),
        about: ['mlx5_6'],
        saying: /2 of 3 of its model have index 3/,
      },
    ],
    'mtu-differs': [
      {
        on: machine.with({ [mtu('mlx5_2')]: '1500\n' }),
        about: ['mlx5_2'],
        severity: 'WARNING',
        saying: /mlx5_2 has an MTU of 1500; 7 of 8 of its model have 9000/,
      },
      { on: machine.with(Object.fromEntries(four.map((device) => [mtu(device), '1500\n']))), about: ['node'] },
      {
        on: machine.configured(asking({ mtu_bytes: 4200 })),
        about: compute,
        saying: /the configuration pins 4200/,
      },
      { on: simulated('hgx-h100-8-roce+roce-misconfigured@mlx5_6'), about: ['mlx5_6'] },
      // What is configured is of compute ports; storage ports still have each other.
      { on: storage({ mtu_bytes: 9000 }).with({ [mtu('mlx5_6')]: '1500\n' }), about: ['mlx5_6'] },
    ],
    'pfc-differs': [
      {
        on: machine.with({ [pfcOf(netdev)]: noPfc }),
        about: ['mlx5_2'],
        saying: /flow control on priorities none; 7 of 8 of its model have 3/,
      },
      { on: machine.configured(asking({ pfc_priorities: '3,4' })), about: compute },
    ],
    'trust-differs': [
      {
        on: machine.with({ [trustOf(netdev)]: '' }),
        about: ['mlx5_2'],
        saying: /trust in pcp; 7 of 8 of its model have dscp/,
      },
      { on: machine.configured(asking({ trust: 'pcp' })), about: compute },
    ],
    'ecn-differs': [
      {
        on: machine.with({ [ecn('roce_np', 3)]: '0\n' }),
        about: ['mlx5_2'],
        saying: /priorities 0,1,2,4,5,6,7 as receiver, 0,1,2,3,4,5,6,7 as sender/,
      },
      { on: machine.with({ [ecn('roce_rp', 3)]: '0\n' }), about: ['mlx5_2'] },
    ],
  },
  skipped: [
    // No RoCE port in use: InfiniBand only.
    simulated().with(portFiles('mlx5_8', DOWN)),
    simulated().without('sys/class/infiniband/mlx5_8/**', 'sys/class/infiniband/mlx5_9/**'),
  ],
  unknown: [
    machine.with({ [mtu('mlx5_2')]: 'nine thousand\n' }),
    machine.with({ [pfcOf(netdev)]: 'no such thing\n' }),
    machine.with({ [trustOf(netdev)]: 'no such thing\n' }),
    machine.with({ [pfcOf(netdev).replace('.out', '.exit')]: '1\n' }),
    machine.failing({ [portFile('mlx5_2', 'gids')]: 'denied: EACCES' }),
    machine.failing({ [portFile('mlx5_2', 'state')]: 'timeout: no answer in 2 s' }),
    machine.failing({ [portFile('mlx5_2', 'link_layer')]: 'timeout: no answer in 2 s' }),
    machine.without(portFile('mlx5_2', 'gids/*')),
    machine.without(deviceFile('mlx5_2', `net/${netdev}/ecn/**`)),
  ],
} satisfies Outcomes;
