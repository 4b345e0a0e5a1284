import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/engine/snapshot.ts';
import { judgeMoments } from '../support/judge-machine.ts';
import { DOWN, deviceFile, ethtoolOf, portFile, portFiles } from '../support/nic-files.ts';
import { type RawMachine, rawMachine, simulated } from '../support/raw-machine.ts';

/** Kinds of machine that are healthy and lack something on the side of the network: nobody is accused, nothing is unknown. */

const judged = ({ moments }: RawMachine): Promise<Snapshot> => judgeMoments(moments);

const outstanding = ({ checks }: Snapshot): readonly string[] =>
  checks
    .filter(({ severity }) => !['PASS', 'SKIPPED'].includes(severity))
    .map(
      ({ id, severity, reason, findings }) =>
        `${id} ${severity} ${findings.map(({ code, message }) => `${code}: ${message}`).join('; ') || reason}`,
    );
const rolesOf = ({ facts }: Snapshot): Readonly<Record<string, string>> =>
  facts.nics?.ok === true
    ? Object.fromEntries(facts.nics.value.map(({ ref, role }) => [ref.device ?? ref.key, role]))
    : {};
const severityOf = ({ checks }: Snapshot, id: string) => checks.find((check) => check.id === id)?.severity;

const CLASS = 'sys/class/infiniband';
const COMPUTE = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => `mlx5_${i}`);

/** The files of one device once more, under another name and with changes; `undefined` takes a file away. */
const alsoWith = (
  machine: RawMachine,
  like: string,
  name: string,
  changes: Readonly<Record<string, string | undefined>> = {},
): RawMachine =>
  rawMachine(
    machine.moments.map(({ tree, at }) => {
      const copy = new Map(tree);
      for (const [path, text] of tree) {
        if (path.startsWith(`${CLASS}/${like}/`)) copy.set(path.replace(`/${like}/`, `/${name}/`), text);
      }
      for (const [file, text] of Object.entries(changes)) {
        const path = `${CLASS}/${name}/${file}`;
        for (const known of [...copy.keys()]) {
          if (text === undefined && (known === path || known.startsWith(`${path}/`))) copy.delete(known);
        }
        if (text !== undefined) copy.set(path, text);
      }
      return { tree: copy, at };
    }),
  );
const uevent = (pci: string): string => `DRIVER=mlx5_core\nPCI_SLOT_NAME=${pci}\n`;

describe('a machine whose compute network is RoCE', () => {
  it('is judged in full, without InfiniBand', async () => {
    const snapshot = await judged(simulated('hgx-h100-8-roce'));
    expect(outstanding(snapshot)).toEqual([]);
    expect(Object.values(rolesOf(snapshot)).filter((role) => role === 'compute')).toHaveLength(8);
    expect(severityOf(snapshot, 'network/roce-misconfigured')).toBe('PASS');
    expect(severityOf(snapshot, 'network/congestion')).toBe('PASS');
    expect(severityOf(snapshot, 'network/pkey-mismatch')).toBe('SKIPPED');
  });

  it('lacks ethtool and dcb: what needs them is skipped, and nothing is unknown', async () => {
    const absence = 'no-tool: not installed';
    const bare = simulated('hgx-h100-8-roce');
    const commands = [...(bare.moments[0]?.tree.keys() ?? [])].flatMap(
      (path) => /^(commands\/(?:ethtool|dcb)_.*)\.out$/.exec(path)?.[1] ?? [],
    );
    expect(commands.length).toBeGreaterThan(20);
    const snapshot = await judged(bare.failing(Object.fromEntries(commands.map((command) => [command, absence]))));
    expect(outstanding(snapshot)).toEqual([]);
  });
});

describe('ports that are not in use', () => {
  it('are down on every healthy machine', async () => {
    const machine = simulated().with({ ...portFiles('mlx5_8', DOWN), ...portFiles('mlx5_9', DOWN) });
    const snapshot = await judged(machine);
    expect(outstanding(snapshot)).toEqual([]);
    expect(rolesOf(snapshot)).toMatchObject({ mlx5_8: 'unused', mlx5_9: 'unused', mlx5_0: 'compute' });
  });

  it('a second port of each compute card, without a cable', async () => {
    const machine = COMPUTE.reduce((on, device, i) => {
      const pci = /PCI_SLOT_NAME=(\S+)/.exec(on.moments[0]?.tree.get(deviceFile(device, 'uevent')) ?? '')?.[1] ?? '';
      return alsoWith(on, device, `mlx5_${20 + i}`, {
        'device/uevent': uevent(pci.replace(/0$/, '1')),
        'ports/1/state': DOWN.state,
        'ports/1/phys_state': '3: Disabled\n',
        'ports/1/rate': '40 Gb/sec (4X QDR)\n',
        'device/net': undefined,
      });
    }, simulated());
    const snapshot = await judged(machine);
    expect(outstanding(snapshot)).toEqual([]);
    expect(rolesOf(snapshot)).toMatchObject({ mlx5_0: 'compute', mlx5_20: 'unused', mlx5_27: 'unused' });
  });
});

describe('a bond', () => {
  it('of the two ports of a storage card is one RDMA device with two interfaces', async () => {
    const bonded = alsoWith(simulated(), 'mlx5_8', 'mlx5_bond_0', {
      'device/net/enp170s0f1np1/carrier_down_count': '1\n',
      'device/net/enp170s0f1np1/mtu': '1500\n',
    }).without(`${CLASS}/mlx5_8/**`, `${CLASS}/mlx5_9/**`);
    const snapshot = await judged(bonded);
    expect(outstanding(snapshot)).toEqual([]);
    expect(rolesOf(snapshot)).toMatchObject({ mlx5_bond_0: 'storage' });
  });
});

describe('virtual functions', () => {
  const functions = (on: RawMachine, changes: Readonly<Record<string, string | undefined>>): RawMachine =>
    [0, 1].reduce(
      (machine, i) =>
        alsoWith(machine, 'mlx5_0', `mlx5_${30 + i}`, {
          'device/uevent': uevent(`0000:18:00.${i + 2}`),
          'ports/1/state': DOWN.state,
          'ports/1/phys_state': DOWN.phys_state,
          ...changes,
        }),
      on,
    );

  it('outside a virtual machine are slices of a NIC that is listed itself', async () => {
    const snapshot = await judged(functions(simulated(), { 'device/physfn/vendor': '0x15b3\n' }));
    expect(outstanding(snapshot)).toEqual([]);
    expect(Object.keys(rolesOf(snapshot))).not.toContain('mlx5_30');
  });

  it('inside a virtual machine are its NICs: eight lanes, no sensors, no topology', async () => {
    const machine = simulated()
      .with({
        'commands/nvidia-smi_-q_-x.out': (xml) =>
          xml.replace(/<virtualization_mode>None/g, '<virtualization_mode>Pass-Through'),
        [deviceFile('*', 'current_link_width')]: '8\n',
        'commands/nvidia-smi_topo_-m.out': (matrix) => matrix.replace(/\b(PIX|PXB|NODE)\b/g, 'PHB'),
      })
      .without(deviceFile('*', 'hwmon/**'), deviceFile('*', 'aer_dev_*'));
    const snapshot = await judged(machine);
    const severe = outstanding(snapshot).filter((line) => !line.startsWith('network/nic-pcie-degraded INFO'));
    expect(severe).toEqual([]);
    expect(severityOf(snapshot, 'thermal/hot-nics')).toBe('SKIPPED');
  });
});

describe('a BlueField in the host', () => {
  it('of the same chip as the compute NICs is another product, with one port down', async () => {
    const asConnectX = { hca_type: 'MT4129\n', board_id: 'MT_0000000884\n' };
    const machine = alsoWith(
      alsoWith(simulated(), 'mlx5_8', 'mlx5_10', asConnectX),
      'mlx5_9',
      'mlx5_11',
      asConnectX,
    ).without(`${CLASS}/mlx5_8/**`, `${CLASS}/mlx5_9/**`);
    const snapshot = await judged(machine);
    expect(outstanding(snapshot)).toEqual([]);
    expect(rolesOf(snapshot)).toMatchObject({ mlx5_10: 'storage', mlx5_11: 'unused', mlx5_7: 'compute' });
  });
});

describe('the ConnectX that manages the NVSwitches of HGX B200 and B300', () => {
  const bridges = (state: Readonly<Record<string, string>>): RawMachine =>
    [0, 1, 2, 3].reduce(
      (machine, i) =>
        alsoWith(machine, 'mlx5_0', `ibp198s0f${i}`, {
          'device/uevent': uevent(`0000:c6:00.${i}`),
          fw_ver: '28.47.2526\n',
          board_id: 'NVD0000000054\n',
          'device/current_link_width': '2\n',
          'device/max_link_width': '2\n',
          'device/net': undefined,
          'device/hwmon': undefined,
          ...Object.fromEntries(Object.entries(state).map(([file, text]) => [`ports/1/${file}`, text])),
        }),
      simulated('hgx-b200-8'),
    );

  it.each([
    ['active', {}],
    ['down', DOWN],
  ] as const)('is no compute NIC (%s)', async (_, state) => {
    const snapshot = await judged(bridges(state));
    expect(outstanding(snapshot)).toEqual([]);
    const compute = Object.entries(rolesOf(snapshot)).filter(([, role]) => role === 'compute');
    expect(compute.map(([device]) => device)).toEqual(COMPUTE);
  });
});

describe('NICs with several planes', () => {
  it('show each GPU four ports of one card', async () => {
    const planes = ['mlx5_0', 'mlx5_1', 'mlx5_2', 'mlx5_3'].reduce(
      (machine, device, card) =>
        [1, 2, 3].reduce((on, plane) => {
          const address = on.moments[0]?.tree.get(deviceFile(device, 'uevent')) ?? '';
          const pci = /PCI_SLOT_NAME=(\S+)/.exec(address)?.[1] ?? '';
          return alsoWith(on, device, `mlx5_${20 + 4 * card + plane}`, {
            'device/uevent': uevent(pci.replace(/0$/, `${plane}`)),
          });
        }, machine),
      simulated('gb300-nvl72').with({
        [portFile('mlx5_*', 'rate')]: '200 Gb/sec (1X XDR)\n',
      }),
    );
    const snapshot = await judged(planes);
    const compute = Object.values(rolesOf(snapshot)).filter((role) => role === 'compute');
    expect(compute).toHaveLength(16);
    expect(outstanding(snapshot)).toEqual([]);
  });
});

describe('AWS', () => {
  /** EFA: no link layer, no product, no board, counters of its own, no interface. */
  const efa = (count: number): RawMachine => {
    const none = simulated().without(`${CLASS}/**`, 'commands/ibstat.out', 'commands/ethtool_*', 'commands/dcb_*');
    const files = (i: number): Record<string, string> => {
      const device = `${CLASS}/rdmap${100 + i}s0`;
      return {
        [`${device}/fw_ver`]: '0.0.0.0\n',
        [`${device}/node_guid`]: `0000:0000:0000:${(0x1000 + i).toString(16)}\n`,
        [`${device}/device/uevent`]: `DRIVER=efa\nPCI_SLOT_NAME=0000:${(0x40 + i).toString(16)}:00.0\n`,
        [`${device}/device/numa_node`]: '0\n',
        [`${device}/ports/1/state`]: '4: ACTIVE\n',
        [`${device}/ports/1/phys_state`]: '5: LinkUp\n',
        [`${device}/ports/1/rate`]: '100 Gb/sec (4X EDR)\n',
        [`${device}/ports/1/link_layer`]: 'Unknown\n',
        [`${device}/ports/1/hw_counters/rx_drops`]: '0\n',
        [`${device}/ports/1/hw_counters/lifespan`]: '12\n',
      };
    };
    return Array.from({ length: count }, (_, i) => files(i)).reduce((on, device) => on.with(device), none);
  };

  it('with EFA: nothing is said of NICs that the catalogue does not know', async () => {
    const snapshot = await judged(efa(32));
    expect(outstanding(snapshot)).toEqual([
      expect.stringMatching(/^network\/missing-nics INFO missing: Compute NICs: 0; profile \S+ expects 8/),
    ]);
  });

  it('without any RDMA device', async () => {
    const snapshot = await judged(efa(0));
    expect(outstanding(snapshot)).toEqual([
      expect.stringMatching(/^network\/missing-nics INFO missing: Compute NICs: 0; profile \S+ expects 8/),
    ]);
  });
});

describe('Azure', () => {
  it('has an Ethernet device for accelerated networking beside eight InfiniBand ports', async () => {
    const machine = alsoWith(simulated(), 'mlx5_8', 'mlx5_an0', {
      hca_type: 'MT4120\n',
      board_id: 'MT_0000000010\n',
      'device/uevent': uevent('0101:00:02.0'),
      'ports/1/rate': '100 Gb/sec (4X EDR)\n',
      'device/net/enp170s0f0np0': undefined,
      'device/net/enP257p0s2/carrier_down_count': '1\n',
      'device/net/enP257p0s2/mtu': '1500\n',
      'device/hwmon': undefined,
      'device/current_link_width': '0\n',
      'device/current_link_speed': 'Unknown\n',
    })
      .without(`${CLASS}/mlx5_8/**`, `${CLASS}/mlx5_9/**`)
      .with({ [ethtoolOf('enP257p0s2')]: 'NIC statistics:\n     rx_packets: 12\n' });
    const snapshot = await judged(machine);
    expect(outstanding(snapshot)).toEqual([]);
    expect(rolesOf(snapshot)).toMatchObject({ mlx5_an0: 'storage', mlx5_0: 'compute' });
  });
});

describe('interfaces in another network namespace', () => {
  it.each([
    ['all', '*'],
    ['one', 'mlx5_2'],
  ])('%s of them, as of a container with its own NICs', async (_, device) => {
    const roce = simulated('hgx-h100-8-roce').without(deviceFile(device, 'net/**'));
    expect(outstanding(await judged(roce))).toEqual([]);
    const infiniband = simulated().without(deviceFile(device, 'net/**'));
    expect(outstanding(await judged(infiniband))).toEqual([]);
  });
});
