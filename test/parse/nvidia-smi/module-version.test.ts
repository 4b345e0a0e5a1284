import { expect, test } from 'vitest';
import { atLeast, versionParts } from '../../../src/parse/nvidia-smi/driver-version.ts';
import { procVersion, sysVersion } from '../../../src/parse/nvidia-smi/module-version.ts';

test.each([
  [
    'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.105.08  Release Build  (dvs@host)  Thu Jan 1\nGCC version:  gcc version 13.3.0\n',
    '580.105.08',
  ],
  [
    'NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.74  Mon Sep 13 23:09:15 UTC 2021\nGCC version: 9.4.0',
    '470.74',
  ],
  ['NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  580.173.02  Release Build', '580.173.02'],
])('%s', (text, version) => {
  expect(procVersion(text)).toEqual({ ok: true, value: version });
});

test.each(['', 'GCC version:  gcc version 13.3.0', 'NVRM version: NVIDIA UNIX'])('%j has no version', (text) => {
  expect(procVersion(text)).toMatchObject({ ok: false, reason: 'failed' });
  expect(sysVersion(text)).toMatchObject({ ok: false, reason: 'failed' });
});

test.each([
  ['580.105.08', [580, 105, 8]],
  ['595', [595]],
  ['v580.105', undefined],
  ['580.105.x', undefined],
  ['580.105.08-beta', undefined],
  ['580.', undefined],
  ['', undefined],
])('the parts of %j are %j', (text, parts) => {
  expect(versionParts(text)).toEqual(parts);
});

test.each([
  ['580.105.08', '580.65', true],
  ['580.65', '580.65', true],
  ['580.65.01', '580.65', true],
  ['580', '580.65', false],
  ['580', '580', true],
  ['575.200', '580.65', false],
  ['1000.1', '580.65', true],
  ['newest', '580.65', undefined],
  [undefined, '580.65', undefined],
])('driver %s is of %s or later: %s', (driver, since, isOf) => {
  expect(atLeast(driver, since)).toBe(isOf);
});

test('sysfs has the version alone', () => {
  expect(sysVersion('580.105.08\n')).toEqual({ ok: true, value: '580.105.08' });
});
