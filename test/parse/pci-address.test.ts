import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kernelPciAddress, normalizePciBusId } from '../../src/parse/pci-address.ts';

describe('PCI addresses', () => {
  test.each([
    ['0000:1b:00.0', '00000000:1B:00.0'],
    ['00000000:1B:00.0', '00000000:1B:00.0'],
    ['PCI:0000:05:00', '00000000:05:00.0'],
    ['PCI:0000:b3:00.0', '00000000:B3:00.0'],
    ['0000:53:00', '00000000:53:00.0'],
    ['00000008:06:00.0', '00000008:06:00.0'],
    ['0000:00:03:0', '00000000:00:03.0'],
    ['GPU0000:17:00.0', '00000000:17:00.0'],
    ['1b:00.0', '00000000:1B:00.0'],
    ['10000:e1:00.0', '00010000:E1:00.0'],
    [' 0000:1b:00.1\n', '00000000:1B:00.1'],
  ])('%s', (text, address) => {
    expect(normalizePciBusId(text)).toBe(address);
  });

  test.each(['', 'N/A', '000:BA:80.0', '0000:1b', '0000:1b:00.8', '0000:1b:00.0 x', 'gpu', '000000000:1b:00.0'])(
    '%s is none',
    (text) => {
      expect(normalizePciBusId(text)).toBeUndefined();
    },
  );

  test.each([
    ['00000000:1B:00.0', '0000:1b:00.0'],
    ['00000008:06:00.0', '0008:06:00.0'],
    ['00010000:E1:00.0', '10000:e1:00.0'],
  ])('%s as the kernel writes it', (address, kernel) => {
    expect(kernelPciAddress(address)).toBe(kernel);
    expect(normalizePciBusId(kernel)).toBe(address);
  });

  test('no text throws; what is recognised is in one spelling', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const address = normalizePciBusId(text);
        if (address !== undefined) {
          expect(address).toMatch(/^[0-9A-F]{8}:[0-9A-F]{2}:[0-1][0-9A-F]\.[0-7]$/);
          expect(normalizePciBusId(kernelPciAddress(address))).toBe(address);
        }
      }),
    );
  });
});
