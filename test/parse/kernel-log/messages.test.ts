import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { parseAer } from '../../../src/parse/kernel-log/aer.ts';
import { parseMlx5 } from '../../../src/parse/kernel-log/mlx5.ts';
import { parseOom } from '../../../src/parse/kernel-log/oom.ts';
import { parseSxid } from '../../../src/parse/kernel-log/sxid.ts';

describe('an SXid message', () => {
  test.each([
    ['20034, Fatal, Link 30 LTSSM Fault Up', 20034, { fatal: 'true', link: '30' }],
    ['12028, Non-fatal, Link 32 egress non-posted PRIV error (First)', 12028, { fatal: 'false', link: '32' }],
    ['12028, Non-fatal', 12028, { fatal: 'false' }],
  ])('%s', (rest, code, fields) => {
    expect(parseSxid(`nvidia-nvswitch3: SXid (PCI:0000:05:00.0): ${rest}`)).toMatchObject({
      kind: 'sxid',
      code,
      component: { kind: 'nvswitch', key: 'nvswitch:00000000:05:00.0', device: 'nvidia-nvswitch3', index: 3 },
      fields,
    });
  });

  test('links and severities are counted apart', () => {
    const variants = ['Fatal, Link 30', 'Fatal, Link 31', 'Non-fatal, Link 30', 'Fatal', 'Unknown error'].map(
      (rest) => parseSxid(`nvidia-nvswitch3: SXid (PCI:0000:05:00.0): 20034, ${rest}`)?.variant,
    );
    expect(variants).toEqual(['true 30', 'true 31', 'false 30', 'true', '']);
  });

  test('severity is not invented where none is printed', () => {
    expect(parseSxid('nvidia-nvswitch3: SXid (PCI:0000:05:00.0): 20123, Unknown error')?.fields.fatal).toBeUndefined();
  });

  test.each([
    'nvidia-nvswitch0: SXid (PCI:0000:a9:00.0): 20034, Data {0x50610002, 0x10100030}',
    'nvidia-nvswitch0: SXid (PCI:0000:a9:00.0): 20034, Severity 1 Engine instance 30 Sub-engine instance 00',
    'nvidia-nvswitch0: SXid (PCI:0000:00:00.0): xyz, Fatal error',
    'nvidia-nvswitch0: SXid (invalid): some error',
    'name nvidia-nvswitch3: SXid (PCI:0000:05:00.0): 12028, Non-fatal',
  ])('%s is not a fault of its own', (text) => expect(parseSxid(text)).toBeUndefined());
});

describe('a PCIe error', () => {
  test.each([
    [
      'pcieport 0000:00:06.0: PCIe Bus Error: severity=Corrected, type=Physical Layer, (Receiver ID)',
      'node',
      'correctable',
    ],
    [
      'pcieport 0000:00:03.0: PCIe Bus Error: severity=Corrected, type=Data Link Layer, id=0018 (Receiver ID)',
      'node',
      'correctable',
    ],
    ['pcieport 0000:50:00.0: AER: PCIe Bus Error: severity=Uncorrectable (Fatal)', 'node', 'fatal'],
    [
      'nvidia 0000:1b:00.0: PCIe Bus Error: severity=Uncorrected (Non-Fatal), type=Transaction Layer, (Requester ID)',
      'gpu:00000000:1B:00.0',
      'nonfatal',
    ],
    [
      'mlx5_core 0000:3b:00.0: AER: PCIe Bus Error: severity=Uncorrected (Fatal), type=Inaccessible',
      'nic:00000000:3B:00.0',
      'fatal',
    ],
  ])('%s', (text, key, severity) => {
    expect(parseAer(text)).toMatchObject({ kind: 'aer', component: { key }, fields: { severity } });
  });

  test('names the device, its severity and the layer, also behind the name of an interface', () => {
    const parsed = parseAer(
      'mlx5_core 0000:3b:00.0 eth0: PCIe Bus Error: severity=Corrected, type=Data Link Layer, (Transmitter ID)',
    );
    expect(parsed).toMatchObject({
      component: { key: 'nic:00000000:3B:00.0' },
      fields: { driver: 'mlx5_core', device: '0000:3b:00.0', severity: 'correctable', layer: 'Data Link Layer' },
      variant: '0000:3b:00.0 correctable',
    });
  });

  test('old kernels print the function after a colon', () => {
    const text =
      'pcieport 0000:00:03:0: PCIe Bus Error: severity=Corrected, type=Data Link Layer, id=0018 (Receiver ID)';
    expect(parseAer(text)?.fields).toMatchObject({ device: '0000:00:03.0' });
  });

  test("the root port's announcement of the same error is not counted", () => {
    expect(parseAer('pcieport 0000:00:06.0: AER: Corrected error received: 0000:00:06.0')).toBeUndefined();
  });
});

describe('a line of the ConnectX driver', () => {
  test.each([
    [
      'mlx5_core 0000:03:00.0: wait_func:1195:(pid 19): ENABLE_HCA(0x104) timeout. Will cause a leak of a command resource',
      'command-timeout',
    ],
    [
      "mlx5_core 0000:03:00.0: poll_health:825: device's health compromised - reached miss count.",
      'health-compromised',
    ],
    ['mlx5_core 0000:03:00.0: print_health_info:424: synd 0x8: unrecoverable hardware error', 'unrecoverable-error'],
    ['mlx5_core 0000:03:00.0: Port module event[error]: module 0, Cable error, High Temperature', 'high-temperature'],
    ['mlx5_core 0000:03:00.0: Port module event: module 1, Cable unplugged', 'cable-unplugged'],
    ['mlx5_core 0000:03:00.0 eth0: NETDEV WATCHDOG: CPU: 3: transmit queue 5 timed out 5123 ms', 'transmit-timeout'],
  ])('%s', (text, event) => {
    expect(parseMlx5(text)).toMatchObject({
      kind: 'mlx5',
      component: { key: 'nic:00000000:03:00.0' },
      fields: { event },
      // What is repeated is counted by event and interface.
      variant: text.includes(' eth0: ') ? `${event} eth0` : event,
    });
  });

  test.each(['27W', '27.5W', '27 W'])('insufficient power of %s', (power) => {
    const text = `mlx5_core 0000:5c:00.0: mlx5_pcie_event:299: Detected insufficient power on the PCIe slot (${power}).`;
    expect(parseMlx5(text)?.fields).toEqual({ event: 'insufficient-power', watts: power.replace(/ ?W/, '') });
  });

  test('the watchdog of older kernels names the interface only', () => {
    expect(parseMlx5('NETDEV WATCHDOG: eth0 (mlx5_core): transmit queue 0 timed out')).toMatchObject({
      component: { key: 'node' },
      fields: { event: 'transmit-timeout', netdev: 'eth0' },
    });
  });

  test.each([
    'mlx5_core 0000:5c:00.0: mlx5_cmd_out_err:838:(pid 1): ACCESS_REG(0x805) op_mod(0x1) failed, status bad operation(0x2)',
    'mlx5_core 0000:5c:00.0 eth0: Link up',
    'NETDEV WATCHDOG: eth0 (e1000e): transmit queue 0 timed out',
  ])('%s is no complaint of the hardware', (text) => expect(parseMlx5(text)).toBeUndefined());
});

describe('an out-of-memory kill', () => {
  test.each([
    ['Out of memory: Killed process 123, UID 48, (httpd)', 'system', 'httpd'],
    [
      'Out of memory: Kill process 1234 (Plex Media Server) score 1000 or sacrifice child',
      'system',
      'Plex Media Server',
    ],
    ['Memory cgroup out of memory: Killed process 99 (python3) total-vm:1kB, anon-rss:1kB', 'cgroup', 'python3'],
  ])('%s', (text, scope, name) => {
    expect(parseOom(text)).toMatchObject({ kind: 'oom', component: { kind: 'node' }, fields: { scope, name } });
  });

  test.each([
    'postgres invoked oom-killer: gfp_mask=0x280da, order=0, oom_score_adj=0',
    'oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),task=postgres,pid=12345,uid=1000',
    'oom_reaper: reaped process 345646 (vector), now anon-rss:0kB',
    'agent: saw "Out of memory: Killed process 123 (httpd)"',
  ])('%s is no kill, or belongs to one that is counted already', (text) => expect(parseOom(text)).toBeUndefined());
});

it('none of them throws on any text', () => {
  const begins = fc.constantFrom(
    '',
    'nvidia-nvswitch0: SXid (',
    'pcieport 0000:00:06.0: ',
    'mlx5_core ',
    'Out of memory: ',
  );
  fc.assert(
    fc.property(begins, fc.string({ unit: 'binary' }), (begin, rest) => {
      for (const parse of [parseSxid, parseAer, parseMlx5, parseOom]) parse(begin + rest);
    }),
  );
});
