import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { absent, known } from '../../../src/api.ts';
import { readIbstat } from '../../../src/parse/infiniband/ibstat.ts';
import { haveSamples, sample } from '../../support/samples.ts';

const ca = (device: string, port: string, type = 'MT4129'): string => `CA '${device}'
	CA type: ${type}
	Number of ports: 1
	Firmware version: 28.39.2048
	Hardware version: 0
	Node GUID: 0xa088c20300adeab8
	System image GUID: 0xa088c20300adeab8
	Port 1:
${port}`;
const port = (state: string, physical: string, rate: number, layer = 'InfiniBand'): string => `		State: ${state}
		Physical state: ${physical}
		Rate: ${rate}
		Base lid: 771
		LMC: 0
		SM lid: 334
		Capability mask: 0xa751e848
		Port GUID: 0xa288c203fe4eab80
		Link layer: ${layer}
`;
const printed = (stdout: string, o: { exitCode?: number; stderr?: string } = {}) =>
  readIbstat({ stdout, stderr: o.stderr ?? '', exitCode: o.exitCode ?? 0 });
const portsOf = (reading: ReturnType<typeof readIbstat>) => (reading.ok ? reading.value : []);

describe('ibstat', () => {
  test('gives each port with its device', () => {
    const text =
      ca('mlx5_0', port('Active', 'LinkUp', 400)) + ca('rocep1s0f0', port('Active', 'LinkUp', 100, 'Ethernet'));
    expect(portsOf(printed(text))).toMatchObject([
      {
        ref: { kind: 'nic', key: 'nic:mlx5_0/1', device: 'mlx5_0', port: 1, model: 'MT4129', guid: 'a288c203fe4eab80' },
        role: 'unknown',
        linkLayer: known('infiniband'),
        state: known('ACTIVE'),
        physicalState: known('LinkUp'),
        rateGbps: known(400),
        firmwareVersion: known('28.39.2048'),
        counters: {},
      },
      { ref: { key: 'nic:rocep1s0f0/1' }, linkLayer: known('ethernet'), rateGbps: known(100) },
    ]);
  });

  test.each([
    ['Initializing', 'INIT'],
    ['Armed', 'ARMED'],
    ['Active', 'ACTIVE'],
    ['Down', 'DOWN'],
  ])('%s is %s, as in sysfs', (state, word) => {
    expect(portsOf(printed(ca('mlx5_0', port(state, 'LinkUp', 400))))[0]?.state).toEqual(known(word));
  });

  test('the rate of a port that is down is a placeholder', () => {
    expect(portsOf(printed(ca('mlx5_0', port('Down', 'Disabled', 40))))[0]?.rateGbps).toMatchObject({
      ok: false,
      reason: 'unsupported',
    });
  });

  test('what ibstat does not know is absent, not 0', () => {
    const [only] = portsOf(printed(ca('mlx5_0', port('Active', 'LinkUp', 400))));
    expect(only?.pcie.width).toMatchObject({ ok: false, reason: 'unsupported' });
    expect(only?.carrierDowns.counter).toMatchObject({ ok: false, reason: 'unsupported' });
  });

  test('a device that fails does not hide the good ones before it', () => {
    const stderr = "ibpanic: [1234] main: stat of IB device 'mlx5_8' failed: Invalid argument\n";
    const ports = portsOf(printed(ca('mlx5_0', port('Active', 'LinkUp', 400)), { exitCode: 255, stderr }));
    expect(ports).toMatchObject([
      { ref: { device: 'mlx5_0' }, state: known('ACTIVE') },
      { ref: { key: 'nic:mlx5_8/1', device: 'mlx5_8' }, state: { ok: false, reason: 'failed' } },
    ]);
  });

  test('nothing printed and exit 0 is a machine without devices', () => {
    expect(printed('')).toEqual(absent('no-device', 'ibstat lists no device'));
  });

  test.each([
    ['', { exitCode: 1, stderr: 'ibpanic: [9] main: can’t list devices' }],
    ['nonsense', { exitCode: 0 }],
    ['', { exitCode: 139 }],
  ])('%j with %j is a failure', (text, o) => expect(printed(text, o)).toMatchObject({ ok: false, reason: 'failed' }));

  test('a failure is told in the first line of what was said', () => {
    expect(printed('', { exitCode: 1, stderr: 'ibpanic: cannot list\nmore of it\n' })).toEqual(
      absent('failed', 'ibstat exited with 1: ibpanic: cannot list'),
    );
  });

  test('a port may have a number of two digits', () => {
    const text = ca('mlx5_0', port('Active', 'LinkUp', 400)).replace('Port 1:', 'Port 12:');
    expect(portsOf(printed(text))).toMatchObject([{ ref: { key: 'nic:mlx5_0/12', port: 12 }, state: known('ACTIVE') }]);
  });

  test('is read however it is indented', () => {
    const text = ca('mlx5_0', port('Active', 'LinkUp', 400));
    expect(printed(text.replaceAll('\t', '        '))).toEqual(printed(text));
  });

  test('a software device has no type, and is a port all the same', () => {
    const [rxe] = portsOf(printed(ca('rxe0', port('Active', 'LinkUp', 2, 'Ethernet'), '')));
    expect(rxe?.ref).toEqual({ kind: 'nic', key: 'nic:rxe0/1', device: 'rxe0', port: 1, guid: 'a288c203fe4eab80' });
  });

  test('lines of a parallel shell between the devices are passed over', () => {
    const text = `VM_hostname vma414\n${ca('mlx5_0', port('Active', 'LinkUp', 400))}VM_hostname vma415\n0ff08c43\n`;
    expect(portsOf(printed(text))).toHaveLength(1);
  });

  it('never throws, and a text that was cut off claims no state that it did not print', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer(), (text, exitCode) => void printed(text, { exitCode })),
    );
    const text = ca('mlx5_0', port('Active', 'LinkUp', 400));
    for (let length = 0; length <= text.length; length += 1) {
      for (const { state } of portsOf(printed(text.slice(0, length)))) {
        if (state.ok) expect(state.value).toBe('ACTIVE');
      }
    }
  });
});

const FOLDER = 'ib-ibstat';

describe.skipIf(!haveSamples(FOLDER))('real ibstat (skipped without the shared samples)', () => {
  test.each([
    ['ibstat-47.0.a100-all.active.0.txt', 9, 0],
    ['ibstat-47.0.h100-all.active.0.txt', 12, 0],
    ['ibstat-47.0.h100-some.down.0.txt', 12, 3],
    ['ibstat-47.0.h100-some.down.1.txt', 12, 2],
  ])('%s', (name, count, down) => {
    const text = sample(FOLDER, name);
    const ports = portsOf(printed(text));
    expect(ports).toHaveLength(text.match(/Port \d+:/g)?.length ?? 0);
    expect(ports).toHaveLength(count);
    const downPorts = ports.filter(({ state }) => state.ok && state.value === 'DOWN');
    expect(downPorts).toHaveLength(down);
    for (const { rateGbps } of downPorts) expect(rateGbps.ok).toBe(false);
    for (const { ref, linkLayer } of ports)
      expect([ref.model, linkLayer.ok]).toEqual([expect.stringMatching(/^MT/), true]);
  });

  test('host names and GUIDs alone are no device list', () => {
    expect(printed(sample(FOLDER, 'sb-ib_traffic_topo_aware_ibstat.txt'))).toMatchObject({
      ok: false,
      reason: 'failed',
    });
  });
});
