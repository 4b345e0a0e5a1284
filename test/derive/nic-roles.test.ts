import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { absent, known, type NicRole, type Rail } from '../../src/api.ts';
import { assignRoles, type SeenPort } from '../../src/derive/nic-roles.ts';
import { genericProfile, gpuRef, profileOf, specified, unsaid } from '../support/healthy-gpu.ts';
import { healthyRails } from '../support/healthy-nic.ts';

type Shape = readonly [device: string, model: string, layer: 'ib' | 'eth', gbps: number | 'down', more?: More];
type More = { readonly pci?: string; readonly board?: string };

/** Down ports print 40 Gb/s, as in real captures. */
const seen = (shapes: readonly Shape[]): readonly SeenPort[] =>
  shapes.map(([device, model, layer, gbps, more]) => ({
    ref: {
      kind: 'nic',
      key: `nic:${device}/1`,
      device,
      port: 1,
      model,
      ...(more?.pci === undefined ? {} : { pciBusId: `00000000:${more.pci}` }),
    },
    linkLayer: known(layer === 'ib' ? 'infiniband' : 'ethernet'),
    state: known(gbps === 'down' ? 'DOWN' : 'ACTIVE'),
    physicalState: known(gbps === 'down' ? 'Disabled' : 'LinkUp'),
    rateGbps: known(gbps === 'down' ? 40 : gbps),
    boardId: more?.board === undefined ? absent('not-recorded', 'not in this shape') : known(more.board),
  }));

const numbered = (from: number, to: number, make: (i: number) => Shape): readonly Shape[] =>
  Array.from({ length: to - from + 1 }, (_, i) => make(from + i));

const profileFor = (gpus: number) => profileOf({ gpu: { count: specified(gpus) } });
const hgx = profileFor(8);

const rolesOf = (ports: readonly SeenPort[], hints: Partial<Parameters<typeof assignRoles>[1]> = {}) => {
  const roles = assignRoles(ports, { profile: hgx, ...hints });
  return Object.fromEntries(ports.map(({ ref }) => [ref.device, roles.get(ref.key)]));
};
const devicesWith = (role: NicRole, roles: Readonly<Record<string, NicRole | undefined>>): readonly string[] =>
  Object.keys(roles).filter((device) => roles[device] === role);

const ndr = numbered(0, 7, (i) => [`mlx5_${i}`, 'MT4129', 'ib', 400]);

describe('roles of NIC ports, without a topology', () => {
  it('HGX H100: InfiniBand for compute, Ethernet beside it, unused ports down', () => {
    const roles = rolesOf(
      seen([
        ...ndr,
        ['mlx5_8', 'MT4125', 'eth', 100],
        ['mlx5_9', 'MT4125', 'eth', 'down'],
        ['mlx5_10', 'MT4125', 'eth', 25],
      ]),
    );
    expect(devicesWith('compute', roles)).toHaveLength(8);
    expect(roles).toMatchObject({ mlx5_8: 'storage', mlx5_9: 'unused', mlx5_10: 'management' });
  });

  it('an InfiniBand port that is down stays compute', () => {
    const roles = rolesOf(seen(ndr.map((shape, i) => (i === 3 ? ['mlx5_3', 'MT4129', 'ib', 'down'] : shape))));
    expect(roles.mlx5_3).toBe('compute');
  });

  it('all InfiniBand ports down: all stay compute', () => {
    const roles = rolesOf(seen(numbered(0, 7, (i) => [`mlx5_${i}`, 'MT4129', 'ib', 'down'])));
    expect(devicesWith('compute', roles)).toHaveLength(8);
  });

  it('a slow InfiniBand port stays compute, so that its rate is judged', () => {
    const roles = rolesOf(seen(ndr.map((shape, i) => (i === 3 ? ['mlx5_3', 'MT4129', 'ib', 200] : shape))));
    expect(roles.mlx5_3).toBe('compute');
  });

  it('RoCE only: as many Ethernet ports of one model as GPUs, also those that are down', () => {
    const roles = rolesOf(
      seen([
        ...numbered(0, 7, (i): Shape => [`mlx5_${i}`, 'MT4129', 'eth', i > 5 ? 'down' : 400]),
        ...numbered(8, 11, (i): Shape => [`mlx5_${i}`, 'MT4125', 'eth', 100]),
      ]),
    );
    expect(devicesWith('compute', roles)).toEqual(
      numbered(0, 7, (i) => [`mlx5_${i}`, '', 'eth', 0]).map(([device]) => device),
    );
    expect(devicesWith('storage', roles)).toHaveLength(4);
  });

  it('RoCE compute beside two InfiniBand ports for storage', () => {
    const roles = rolesOf(
      seen([
        ...numbered(0, 7, (i): Shape => [`mlx5_${i}`, 'MT4129', 'eth', 400]),
        ...numbered(8, 9, (i): Shape => [`mlx5_${i}`, 'MT4123', 'ib', 200]),
      ]),
    );
    expect(devicesWith('compute', roles)).toHaveLength(8);
    expect(devicesWith('storage', roles)).toEqual(['mlx5_8', 'mlx5_9']);
  });

  it('A100 virtual machine: virtual functions for compute, one Ethernet port beside', () => {
    const roles = rolesOf(
      seen([...numbered(0, 7, (i): Shape => [`mlx5_ib${i}`, 'MT4126', 'ib', 200]), ['mlx5_an0', 'MT4126', 'eth', 200]]),
    );
    expect(devicesWith('compute', roles)).toHaveLength(8);
    expect(roles.mlx5_an0).toBe('storage');
  });

  it('a BlueField bond is not compute', () => {
    expect(rolesOf(seen([...ndr, ['mlx5_bond_0', 'MT41692', 'eth', 200]])).mlx5_bond_0).toBe('storage');
  });

  it('GB200 tray: four ConnectX-7 for four GPUs, a BlueField beside', () => {
    const roles = rolesOf(seen([...ndr.slice(0, 4), ['mlx5_4', 'MT41692', 'eth', 200]]), { profile: profileFor(4) });
    expect(devicesWith('compute', roles)).toHaveLength(4);
  });

  it('a machine with a few Ethernet ports has none for compute', () => {
    const ports = seen([
      ['mlx5_0', 'MT4117', 'eth', 25],
      ['mlx5_1', 'MT4117', 'eth', 'down'],
    ]);
    expect(rolesOf(ports, { profile: genericProfile() })).toEqual({ mlx5_0: 'management', mlx5_1: 'unused' });
  });

  it('cards with one of two ports in use: the other is unused, also when it is InfiniBand', () => {
    const roles = rolesOf(
      seen(
        numbered(0, 15, (i) => [
          `mlx5_${i}`,
          'MT4129',
          'ib',
          i % 2 === 0 ? 400 : 'down',
          { pci: `${10 + (i >> 1)}:00.${i % 2}` },
        ]),
      ),
    );
    expect(devicesWith('compute', roles)).toHaveLength(8);
    expect(devicesWith('unused', roles)).toHaveLength(8);
  });

  it('cards with both ports in use: the one that is down is missed', () => {
    const roles = rolesOf(
      seen(
        numbered(0, 7, (i) => [
          `mlx5_${i}`,
          'MT4129',
          'ib',
          i === 3 ? 'down' : 200,
          { pci: `${10 + (i >> 1)}:00.${i % 2}` },
        ]),
      ),
      { profile: profileFor(4) },
    );
    expect(devicesWith('compute', roles)).toHaveLength(8);
  });
});

describe('bridge functions of HGX B200 and B300 are never compute', () => {
  const bridges = numbered(0, 3, (i) => [
    `ibp198s0f${i}`,
    'MT4129',
    'ib',
    400,
    { pci: `C6:00.${i}`, board: 'MT_bridge' },
  ]);
  const nics = ndr.map(
    ([device, model, layer, gbps], i): Shape => [
      device,
      model,
      layer,
      gbps,
      { pci: `${10 + i}:00.0`, board: 'MT_nic' },
    ],
  );

  it.each([
    { name: 'beside eight NICs', ports: seen([...bridges, ...nics]), compute: 8, rails: undefined },
    {
      name: 'beside eight NICs, with a topology',
      ports: seen([...bridges, ...nics]),
      compute: 8,
      rails: healthyRails(8),
    },
    { name: 'alone, where the NICs are of another kind', ports: seen(bridges), compute: 0, rails: undefined },
    {
      name: 'as four cards, by their board id',
      ports: seen([
        ...bridges.map(
          ([device, model, layer, gbps], i): Shape => [
            device,
            model,
            layer,
            gbps,
            { pci: `C${i}:00.0`, board: 'MT_bridge' },
          ],
        ),
        ...nics,
      ]),
      compute: 8,
      rails: undefined,
    },
  ])('$name', ({ ports, compute, rails }) => {
    const roles = rolesOf(ports, rails === undefined ? {} : { rails });
    expect(devicesWith('compute', roles)).toHaveLength(compute);
    expect(devicesWith('compute', roles).some((device) => device.startsWith('ibp'))).toBe(false);
  });

  it('a replaced NIC with another board id is not taken for a bridge', () => {
    const replaced = nics.map(
      ([device, model, layer, gbps, more], i): Shape => [
        device,
        model,
        layer,
        gbps,
        i === 2 ? { ...more, board: 'MT_new' } : (more ?? {}),
      ],
    );
    expect(devicesWith('compute', rolesOf(seen(replaced)))).toHaveLength(8);
  });
});

describe('roles of NIC ports, with a topology', () => {
  const beside: Shape = ['mlx5_8', 'MT4129', 'ib', 400];
  const withNode = (device: string, path: string): readonly Rail[] => [
    ...healthyRails(8),
    ...Array.from({ length: 8 }, (_, g) => ({
      gpu: gpuRef(g),
      nic: { kind: 'nic', key: `nic:${device}`, device } as const,
      path,
    })),
  ];

  it('a NIC of the same model far from every GPU serves storage', () => {
    expect(rolesOf(seen([...ndr, beside]), { rails: withNode('mlx5_8', 'NODE') })).toMatchObject({
      mlx5_0: 'compute',
      mlx5_8: 'storage',
    });
  });

  it('a BlueField below the switch of a GPU is not compute', () => {
    const roles = rolesOf(seen([...ndr, ['mlx5_8', 'MT41692', 'eth', 200]]), { rails: withNode('mlx5_8', 'PXB') });
    expect(roles.mlx5_8).toBe('storage');
    expect(devicesWith('compute', roles)).toHaveLength(8);
  });

  it('a close port that is down stays compute', () => {
    const ports = seen(ndr.map((shape, i) => (i === 3 ? ['mlx5_3', 'MT4129', 'ib', 'down'] : shape)));
    expect(rolesOf(ports, { rails: healthyRails(8) }).mlx5_3).toBe('compute');
  });

  it.each([
    { name: 'Grace: SYS everywhere', rails: healthyRails(8).map((rail) => ({ ...rail, path: 'SYS' })) },
    {
      name: 'close NICs for two of eight GPUs',
      rails: healthyRails(8).map((rail) => ((rail.gpu.index ?? 0) < 2 ? rail : { ...rail, path: 'NODE' })),
    },
  ])('a matrix that says nothing is not asked: $name', ({ rails }) => {
    expect(devicesWith('compute', rolesOf(seen(ndr), { rails }))).toHaveLength(8);
  });

  it('counts GPUs in the matrix where no profile says how many there are', () => {
    const roce = seen(numbered(0, 2, (i) => [`mlx5_${i}`, 'MT4129', 'eth', 400]));
    const rails = healthyRails(3).map((rail) => ({ ...rail, path: 'NODE' }));
    const profile = genericProfile({ gpu: { count: unsaid } });
    expect(devicesWith('compute', rolesOf(roce, { profile, rails }))).toHaveLength(3);
    expect(devicesWith('compute', rolesOf(roce, { profile }))).toHaveLength(0);
  });
});

describe('what the configuration says', () => {
  it('wins, first match first, with * for anything', () => {
    const overrides = [
      { match: 'mlx5_3', role: 'storage' },
      { match: 'mlx5_*', role: 'compute' },
    ] as const;
    const roles = rolesOf(seen([...ndr, ['mlx5_9', 'MT4125', 'eth', 'down'], ['irdma0', 'x', 'eth', 25]]), {
      overrides,
    });
    expect(roles).toMatchObject({ mlx5_3: 'storage', mlx5_0: 'compute', mlx5_9: 'compute', irdma0: 'management' });
  });

  it('takes a dot for a dot', () => {
    expect(
      rolesOf(seen([['mlx5x0', 'x', 'eth', 25]]), { overrides: [{ match: 'mlx5.0', role: 'compute' }] }).mlx5x0,
    ).toBe('management');
  });
});

it('says unknown where the state or the rate of a side port is not known', () => {
  const [port] = seen([['mlx5_8', 'MT4125', 'eth', 100]]);
  if (port === undefined) throw new Error('one port was asked for');
  const unreadable = absent('denied', 'EACCES');
  expect(rolesOf([{ ...port, state: unreadable }]).mlx5_8).toBe('unknown');
  expect(rolesOf([{ ...port, rateGbps: unreadable }]).mlx5_8).toBe('unknown');
});

const samples = process.env.MUSTER_SAMPLES ?? resolve(import.meta.dirname, '../../../shared/samples');
const ibstat = resolve(samples, 'ib-ibstat');

describe.skipIf(!existsSync(ibstat))('real ibstat captures (skipped: no samples folder)', () => {
  /** Only what roles need; the product has a parser of its own. */
  const read = (file: string): readonly SeenPort[] =>
    readFileSync(resolve(ibstat, file), 'utf8')
      .split(/^CA /m)
      .slice(1)
      .flatMap((block) => {
        const field = (name: string): string => block.match(new RegExp(`${name}: (.*)`))?.[1]?.trim() ?? '';
        const up = field('State') === 'Active';
        const layer = field('Link layer') === 'InfiniBand' ? 'ib' : 'eth';
        const device = block.match(/^'(.*)'/)?.[1] ?? '';
        return seen([[device, field('CA type'), layer, up ? Number(field('Rate')) : 'down']]);
      });

  it.each([
    { file: 'ibstat-47.0.a100-all.active.0.txt', compute: 8, unused: 0 },
    { file: 'ibstat-47.0.h100-all.active.0.txt', compute: 8, unused: 0 },
    { file: 'ibstat-47.0.h100-some.down.0.txt', compute: 8, unused: 3 },
    { file: 'ibstat-47.0.h100-some.down.1.txt', compute: 8, unused: 0 },
  ])('$file', ({ file, compute, unused }) => {
    for (const profile of [hgx, genericProfile()]) {
      const roles = rolesOf(read(file), { profile });
      expect(devicesWith('compute', roles)).toHaveLength(compute);
      expect(devicesWith('unused', roles)).toHaveLength(unused);
    }
  });
});
