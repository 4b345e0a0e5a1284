import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { absent, type Host, known } from '../../src/api.ts';
import { hwmon } from '../../src/collectors/hwmon.ts';
import { createCollectors } from '../../src/collectors/index.ts';
import { createInventoryCollector } from '../../src/collectors/inventory.ts';
import { createPciCollector } from '../../src/collectors/pci.ts';
import { readInventory } from '../../src/parse/inventory.ts';
import { below, machineOf } from '../support/machine-tree.ts';
import { haveSamples, sample } from '../support/samples.ts';
import { readTtar } from '../support/ttar.ts';

const { signal } = new AbortController();

describe('GPUs on the PCI bus', () => {
  const gpu = (address: string, files: Readonly<Record<string, string>> = {}) =>
    below(`sys/bus/pci/devices/${address}`, {
      vendor: '0x10de\n',
      class: '0x030200\n',
      uevent: 'DRIVER=nvidia\nPCI_CLASS=30200\n',
      current_link_speed: '2.5 GT/s PCIe\n',
      max_link_speed: '32.0 GT/s PCIe\n',
      current_link_width: '16\n',
      max_link_width: '16\n',
      ...files,
    });
  const collect = async (host: Host) => (await createPciCollector().collect(host, signal)).pciGpus;

  test('are told from NVSwitches, audio functions, virtual functions and other devices', async () => {
    const gpus = await collect(
      machineOf({
        ...gpu('0000:1b:00.0'),
        ...gpu('0008:01:00.0', { class: '0x030000\n' }),
        ...gpu('0000:05:00.0', { class: '0x068000\n' }),
        ...gpu('0000:1b:00.1', { class: '0x040300\n' }),
        ...gpu('0000:1b:00.4', { 'physfn/vendor': '0x10de\n' }),
        ...gpu('0000:03:00.0', { vendor: '0x1a03\n', class: '0x030000\n' }),
      }),
    );
    expect(gpus.ok && gpus.value.map(({ ref }) => ref)).toEqual([
      { kind: 'gpu', key: 'gpu:00000000:1B:00.0', pciBusId: '00000000:1B:00.0' },
      { kind: 'gpu', key: 'gpu:00000008:01:00.0', pciBusId: '00000008:01:00.0' },
    ]);
  });

  test('with their driver and link', async () => {
    const gpus = await collect(
      machineOf({ ...gpu('0000:1b:00.0'), ...gpu('0000:2b:00.0', { uevent: 'PCI_CLASS=30200\n' }) }),
    );
    expect(gpus).toMatchObject({
      value: [
        {
          boundDriver: known('nvidia'),
          pcie: {
            generation: known(1),
            maxGeneration: known(5),
            replays: { counter: { ok: false, reason: 'unsupported' } },
          },
        },
        { boundDriver: { ok: false, reason: 'no-device' } },
      ],
    });
  });

  test('with the port above them, whoever made it', async () => {
    const port = (address: string, secondaryBus: string): Record<string, string> => ({
      [`sys/bus/pci/devices/${address}/vendor`]: '0x1000\n',
      [`sys/bus/pci/devices/${address}/class`]: '0x060400\n',
      [`sys/bus/pci/devices/${address}/secondary_bus_number`]: secondaryBus,
    });
    const gpus = await collect(
      machineOf({
        ...gpu('0000:1b:00.0'),
        ...gpu('0008:01:00.0'),
        ...gpu('0000:2b:00.0'),
        ...port('0000:1a:01.0', '27\n'),
        ...port('0008:00:00.0', '1\n'),
        // Of another domain, and of a port that does not say what is behind it.
        ...port('0001:2a:00.0', '43\n'),
        ...port('0000:2a:00.0', 'none\n'),
      }),
    );
    expect(gpus.ok && gpus.value.map(({ upstreamPort }) => upstreamPort)).toMatchObject([
      known('0000:1a:01.0'),
      { ok: false, reason: 'failed' },
      known('0008:00:00.0'),
    ]);
  });

  test('without a port above them', async () => {
    expect(await collect(machineOf(gpu('0000:1b:00.0')))).toMatchObject({
      value: [{ upstreamPort: { ok: false, reason: 'unsupported' } }],
    });
  });

  test.each(['class', 'secondary_bus_number'])(
    'the %s of a port that once did not answer is asked again',
    async (file) => {
      const machine = machineOf({
        ...gpu('0000:1b:00.0'),
        ...below('sys/bus/pci/devices/0000:1a:01.0', {
          vendor: '0x1000\n',
          class: '0x060400\n',
          secondary_bus_number: '27\n',
        }),
      });
      const silent: Host = {
        ...machine,
        read: async (path) =>
          path.endsWith(`0000:1a:01.0/${file}`) ? absent('timeout', `${path}: no answer in 2 s`) : machine.read(path),
      };
      const { collect } = createPciCollector();
      expect(await collect(silent, signal)).toMatchObject({
        pciGpus: { value: [{ upstreamPort: { ok: false, reason: 'timeout' } }] },
      });
      expect(await collect(machine, signal)).toMatchObject({
        pciGpus: { value: [{ upstreamPort: known('0000:1a:01.0') }] },
      });
    },
  );

  test('a GPU that has left the bus shows no link', async () => {
    const gone = gpu('0000:1b:00.0', { current_link_speed: 'Unknown\n', current_link_width: '63\n' });
    expect(await collect(machineOf(gone))).toMatchObject({
      value: [{ pcie: { generation: { ok: false }, width: { ok: false } } }],
    });
  });

  test('no GPU is said so, unless a device would not say what it is', async () => {
    const other = gpu('0000:03:00.0', { vendor: '0x1a03\n' });
    expect(await collect(machineOf(other))).toMatchObject({ ok: false, reason: 'no-device' });
    const host = machineOf(other);
    const why = absent('denied', 'EACCES');
    expect(await collect({ ...host, read: async () => why })).toEqual(why);
  });

  test('what a device is, is asked once; what it does, each time', async () => {
    const collector = createPciCollector();
    const asked: string[] = [];
    const host = machineOf({ ...gpu('0000:1b:00.0'), ...gpu('0000:03:00.0', { vendor: '0x1a03\n' }) });
    const counting: Host = {
      ...host,
      read: (path) => {
        asked.push(path);
        return host.read(path);
      },
    };
    await collector.collect(counting, signal);
    await collector.collect(counting, signal);
    expect(asked.filter((path) => path.endsWith('/vendor'))).toHaveLength(2);
    expect(asked.filter((path) => path.endsWith('/current_link_speed'))).toHaveLength(2);
  });

  test.each(['no-device', 'not-recorded', 'hung'] as const)('a bus that is %s', async (reason) => {
    const why = absent(reason, 'because');
    expect(await collect({ ...machineOf({}), list: async () => why })).toEqual(why);
  });
});

describe('temperature sensors', () => {
  const collect = async (host: Host) => (await hwmon.collect(host, signal)).sensors;

  test('with chip and label, without those of single cores', async () => {
    const sensors = await collect(
      machineOf({
        ...below('sys/class/hwmon/hwmon0', {
          name: 'coretemp\n',
          temp1_input: '63000\n',
          temp1_label: 'Package id 0\n',
          temp2_input: '61000\n',
          temp2_label: 'Core 0\n',
        }),
        ...below('sys/class/hwmon/hwmon1', { name: 'nvme\n', temp1_input: 'N/A\n', fan1_input: '3\n' }),
      }),
    );
    expect(sensors).toMatchObject({
      value: [
        { ref: { kind: 'node', key: 'node' }, chip: 'coretemp', label: 'Package id 0', celsius: { signal: known(63) } },
        { chip: 'nvme', label: 'temp1', celsius: { signal: { ok: false, reason: 'unsupported' } } },
      ],
    });
  });

  test('none at all', async () => {
    expect(await collect(machineOf({}))).toMatchObject({ ok: false, reason: 'no-device' });
  });

  test.skipIf(!haveSamples('sysfs'))('of the tree of node_exporter (skipped without the shared samples)', async () => {
    const sensors = await collect(machineOf(readTtar(sample('sysfs', 'node_exporter-sys-subset.ttar'))));
    expect(sensors.ok && sensors.value.length).toBeGreaterThan(0);
    for (const { celsius } of sensors.ok ? sensors.value : []) {
      if (celsius.signal.ok) expect(celsius.signal.value).toBeLessThan(130);
    }
  });
});

describe('the inventory', () => {
  const SAID = {
    manufacturer: 'Supermicro',
    model: 'SYS-821GE-TNHR',
    serial: 'A123456X4',
    biosVersion: '2.1',
    cpu: 'Intel Xeon Platinum 8480C',
    kernel: '6.8.0-60-generic',
    distribution: 'Ubuntu 22.04.5 LTS',
    memoryBytes: 2_164_000_000_000,
  };
  const noFile = absent('no-device', 'no product_name');
  const printed = (stdout: string, exitCode = 0, stderr = '') => readInventory({ stdout, stderr, exitCode }, noFile);

  test('is what the child printed', () => {
    expect(printed(`${JSON.stringify(SAID)}\n`)).toMatchObject({
      value: { manufacturer: known('Supermicro'), serial: known('A123456X4'), memoryBytes: known(2_164_000_000_000) },
    });
  });

  test.each(['', '-', 'Default string', 'To Be Filled By O.E.M.', '0000000', undefined, 7])(
    'a serial number of %j is none',
    (serial) => {
      expect(printed(JSON.stringify({ ...SAID, serial }))).toMatchObject({
        value: { serial: { ok: false, reason: 'unsupported' } },
      });
    },
  );

  // /.dockerenv is there in virtual machines that were made from a container image, too.
  test.each(['Docker Container', 'Computer'])('%j is no model, which the kernel names where it can', async (model) => {
    const said = `${JSON.stringify({ ...SAID, model })}\n`;
    const collect = (files: Readonly<Record<string, string>>) =>
      createInventoryCollector({ file: 'muster', args: ['inventory-child'] }).collect(
        machineOf({ 'commands/muster_inventory-child.out': said, ...files }),
        signal,
      );
    expect(await collect({ 'sys/class/dmi/id/product_name': 'DGXH100\n' })).toMatchObject({
      inventory: { value: { model: known('DGXH100') } },
    });
    expect(await collect({})).toMatchObject({
      inventory: { value: { model: { ok: false, reason: 'unsupported', detail: expect.stringContaining(model) } } },
    });
  });

  test.each(['', 'Error: boom', '[1]', '{"model":'])('%j is a failure', (stdout) => {
    expect(printed(stdout, 1, 'boom\nat …')).toMatchObject({
      ok: false,
      reason: 'failed',
      detail: expect.stringContaining('boom'),
    });
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (stdout) => void printed(stdout)));
  });

  test('is asked of the command that was given', async () => {
    const command = { file: '/usr/bin/node', args: ['main.js', 'inventory-child'] };
    const calls: unknown[] = [];
    const host: Host = {
      ...machineOf({}),
      run: async (tool, args) => {
        calls.push([tool, args]);
        return absent('timeout', 'no answer in 10 s');
      },
    };
    expect(await createInventoryCollector(command).collect(host, signal)).toMatchObject({
      inventory: { reason: 'timeout' },
    });
    expect(calls).toEqual([[command.file, command.args]]);
  });
});

describe('the list of collectors', () => {
  const all = createCollectors({ inventoryCommand: { file: 'inventory', args: [] } });

  test('is in the order in which they run', () => {
    expect(all.map(({ id }) => id)).toEqual([
      'nvidia-smi',
      'nvidia-smi-nvlink',
      'nvidia-smi-topo',
      'driver-module',
      'pci',
      'system-identity',
      'infiniband',
      'ethernet-statistics',
      'roce',
      'kernel-log',
      'hwmon',
      'host-pressure',
      'tasks',
      'host-memory',
      'cpus',
      'clock',
      'mounts',
      'filesystems',
      'nvme',
      'raid',
      'host-versions',
      'edac',
      'services',
      'kernel-modules',
      'pci-acs',
      'inventory',
    ]);
  });

  test('no fact comes from two of them', () => {
    const provided = all.flatMap(({ provides }) => provides);
    expect(new Set(provided).size).toBe(provided.length);
  });

  test.each(all.map((collector) => [collector.id, collector] as const))(
    '%s answers on a machine that has nothing',
    async (_id, collector) => {
      const collected: Record<string, unknown> = await collector.collect(machineOf({}), signal);
      for (const name of collector.provides)
        expect(collected[name]).toMatchObject(name === 'kernelLog' ? {} : { ok: false });
    },
  );
});
