import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { known } from '../../src/api.ts';
import { bootTimeOf, uptimeSeconds } from '../../src/parse/boot-time.ts';
import { milliCelsius, temperatureSensors } from '../../src/parse/hwmon.ts';
import { boundDriver, isGpuClass, isNvidia } from '../../src/parse/pci-sysfs.ts';
import { aerTotal, pcieGeneration, pcieWidth } from '../../src/parse/pcie.ts';
import { ueventValue } from '../../src/parse/uevent.ts';

describe('a PCIe link', () => {
  test.each([
    ['2.5 GT/s PCIe\n', 1],
    ['5.0 GT/s PCIe', 2],
    ['8.0 GT/s PCIe', 3],
    ['8 GT/s', 3],
    ['16.0 GT/s PCIe', 4],
    ['32.0 GT/s PCIe\n', 5],
    ['64.0 GT/s PCIe', 6],
  ])('%j is generation %i', (text, generation) => expect(pcieGeneration(text)).toEqual(known(generation)));

  test.each([
    ['Unknown', 'unsupported'],
    ['Unknown speed\n', 'unsupported'],
    ['', 'failed'],
    ['12.0 GT/s PCIe', 'failed'],
    ['fast', 'failed'],
  ])('speed %j is %s', (text, reason) => expect(pcieGeneration(text)).toMatchObject({ ok: false, reason }));

  test('widths, and what is printed where there is none', () => {
    expect(pcieWidth('16\n')).toEqual(known(16));
    for (const none of ['0', '63', '255']) expect(pcieWidth(none)).toMatchObject({ ok: false, reason: 'unsupported' });
    expect(pcieWidth('x16')).toMatchObject({ ok: false, reason: 'failed' });
  });

  test.each([
    ['RxErr 0\nBadTLP 3\nBadDLLP 0\nTOTAL_ERR_COR 3\n', known(3)],
    ['Undefined 0\nTOTAL_ERR_FATAL 0', known(0)],
    ['TOTAL_ERR_NONFATAL 12\n', known(12)],
  ])('AER total of %j', (text, total) => expect(aerTotal(text)).toEqual(total));

  test('a table that was cut off has no total', () => {
    expect(aerTotal('RxErr 0\nBadTLP 3\n')).toMatchObject({ ok: false, reason: 'failed' });
  });
});

test('a uevent gives the value of a name, of the whole name only', () => {
  const uevent = 'DRIVER=mlx5_core\nPCI_CLASS=20700\nPCI_SLOT_NAME=0000:1b:00.0\nMODALIAS=\n';
  expect(ueventValue(uevent, 'PCI_SLOT_NAME')).toBe('0000:1b:00.0');
  expect(ueventValue(uevent, 'SLOT_NAME')).toBeUndefined();
  expect(ueventValue(uevent, 'MODALIAS')).toBeUndefined();
});

describe('a device on the PCI bus', () => {
  test.each([
    ['0x030200\n', true],
    ['0x030000', true],
    ['0x068000', false],
    ['0x040300', false],
    ['', false],
  ])('class %j', (text, gpu) => expect(isGpuClass(text)).toBe(gpu));

  test('vendor and driver', () => {
    expect([isNvidia('0x10de\n'), isNvidia('0x15b3\n')]).toEqual([true, false]);
    expect(boundDriver('DRIVER=vfio-pci\nPCI_ID=10DE:2330\n')).toEqual(known('vfio-pci'));
    expect(boundDriver('PCI_ID=10DE:2330\n')).toMatchObject({ ok: false, reason: 'no-device' });
  });
});

describe('a temperature of hwmon', () => {
  test('is in thousandths of a degree', () => {
    expect(milliCelsius('53500\n')).toEqual(known(53.5));
    expect(milliCelsius('-10000')).toEqual(known(-10));
  });
  test.each(['-2147483648', '4294967295', '', 'N/A'])('%j is none', (text) =>
    expect(milliCelsius(text).ok).toBe(false),
  );
  test('sensors are told from the other files', () => {
    expect(
      temperatureSensors(['fan1_input', 'name', 'temp1_crit', 'temp1_input', 'temp12_input', 'xtemp1_input']),
    ).toEqual(['temp1', 'temp12']);
  });
});

test('boot time, from /proc/stat or /proc/uptime', () => {
  expect(bootTimeOf('cpu 1 2\nbtime 1740000000\nprocesses 9\n')).toBe(1_740_000_000_000);
  expect(uptimeSeconds('350735.47 234388.90\n')).toBe(350735.47);
  for (const text of ['', 'btime 0', 'btime x', 'xbtime 17']) expect(bootTimeOf(text)).toBeUndefined();
  for (const text of ['', '0 0', 'x 1']) expect(uptimeSeconds(text)).toBeUndefined();
});

it('none of them throws on any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      for (const parse of [pcieGeneration, pcieWidth, aerTotal, milliCelsius, boundDriver, bootTimeOf, uptimeSeconds])
        parse(text);
      ueventValue(text, 'DRIVER');
    }),
  );
});
